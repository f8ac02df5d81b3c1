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

function createInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['model'], buckets: secondsBuckets, registers });
  return {
    requests: counter('turnpike_requests_total', 'Metered requests by how they ended', ['surface', 'model', 'status']),
    refused: counter('turnpike_refused_total', 'Requests answered with an error, by code', ['surface', 'code']),
    tokens: counter('turnpike_tokens_total', 'Tokens by kind', ['model', 'kind']),
    duration: histogram('turnpike_request_duration_seconds', 'From arrival to the last byte'),
    firstByte: histogram('turnpike_first_byte_seconds', 'From arrival to the first streamed byte'),
    http: counter('turnpike_http_responses_total', 'HTTP responses by route', ['route', 'method', 'status']),
  };
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { requests, refused, tokens, duration, firstByte, http } = createInstruments(registry);
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
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
