import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RequestMetrics } from './gateway/request-metrics.ts';

export interface Metrics extends RequestMetrics {
  http(entry: {
    readonly route: string;
    readonly method: string;
    readonly status: number;
    readonly durationMs: number;
  }): void;
  /** A value read when metrics are scraped. */
  gauge(name: string, help: string, read: () => number): void;
  /** The Prometheus text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'turnpike_requests_total',
    help: 'Metered requests by how they ended',
    labelNames: ['surface', 'model', 'status'],
    registers,
  });
  const refused = new Counter({
    name: 'turnpike_refused_total',
    help: 'Requests answered with an error, by code',
    labelNames: ['surface', 'code'],
    registers,
  });
  const tokens = new Counter({
    name: 'turnpike_tokens_total',
    help: 'Tokens by kind',
    labelNames: ['model', 'kind'],
    registers,
  });
  const duration = new Histogram({
    name: 'turnpike_request_duration_seconds',
    help: 'From arrival to the last byte',
    labelNames: ['model'],
    buckets: secondsBuckets,
    registers,
  });
  const firstByte = new Histogram({
    name: 'turnpike_first_byte_seconds',
    help: 'From arrival to the first streamed byte',
    labelNames: ['model'],
    buckets: secondsBuckets,
    registers,
  });
  const http = new Counter({
    name: 'turnpike_http_responses_total',
    help: 'HTTP responses by route',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  return {
    settled: (request) => {
      requests.inc({ surface: request.surface, model: request.model, status: request.status });
      if (request.promptTokens > 0) tokens.inc({ model: request.model, kind: 'prompt' }, request.promptTokens);
      if (request.completionTokens > 0)
        tokens.inc({ model: request.model, kind: 'completion' }, request.completionTokens);
      duration.observe({ model: request.model }, request.durationMs / 1000);
      if (request.firstByteMs !== null) firstByte.observe({ model: request.model }, request.firstByteMs / 1000);
    },
    refused: (surface, code) => {
      refused.inc({ surface, code });
    },
    http: ({ route, method, status }) => {
      http.inc({ route, method, status: String(status) });
    },
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
