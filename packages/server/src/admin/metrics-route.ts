import { z } from 'zod';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

interface MetricsText {
  readonly contentType: string;
  render(): Promise<string>;
}

/** GET /metrics, for Prometheus. */
export function metricsRoute(metrics: MetricsText): ApiRoute {
  return jsonRoute({
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Metrics in the Prometheus text format',
    tag: 'admin',
    security: 'admin',
    responses: { 200: { description: 'Metrics', schema: z.string(), contentType: 'text/plain' } },
    handle: async () => ({
      status: 200,
      body: await metrics.render(),
      headers: { 'content-type': metrics.contentType },
    }),
  });
}
