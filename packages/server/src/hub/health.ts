import { z } from 'zod';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

export type HealthLevel = 'pass' | 'warn' | 'fail';

export interface HealthCheck {
  /** `component:measurement`, e.g. `database:responseTime`. */
  readonly name: string;
  readonly status: HealthLevel;
  readonly componentType: 'datastore' | 'component' | 'system';
  readonly observedValue?: number | string;
  readonly observedUnit?: string;
  readonly output?: string;
}

export interface HealthOptions {
  readonly version: string;
  readonly serviceId: string;
  readonly description: string;
  readonly now: () => number;
  readonly checks: () => Promise<readonly HealthCheck[]>;
}

const levels: readonly HealthLevel[] = ['pass', 'warn', 'fail'];

/** The worst of its parts. */
function overall(checks: readonly HealthCheck[]): HealthLevel {
  return levels[Math.max(0, ...checks.map((check) => levels.indexOf(check.status)))] ?? 'pass';
}

const healthStatus = z
  .object({
    status: z.enum(['pass', 'warn', 'fail']),
    version: z.string().optional(),
    serviceId: z.string().optional(),
    description: z.string().optional(),
    checks: z.record(z.string(), z.array(z.looseObject({ status: z.enum(['pass', 'warn', 'fail']) }))).optional(),
    response_time_ms: z.int().optional(),
  })
  .meta({ id: 'HealthStatus' });

function body(options: HealthOptions, checks: readonly HealthCheck[], startedAtMs: number) {
  const time = new Date(options.now()).toISOString();
  return {
    status: overall(checks),
    version: options.version,
    serviceId: options.serviceId,
    description: options.description,
    checks: Object.fromEntries(checks.map(({ name, ...check }) => [name, [{ ...check, time }]])),
    response_time_ms: Math.round(options.now() - startedAtMs),
  };
}

function route(options: HealthOptions, path: string, operationId: string): ApiRoute {
  return jsonRoute({
    method: 'GET',
    path,
    operationId,
    summary: 'Is the service healthy?',
    description: 'IETF draft "Health Check Response Format for HTTP APIs". 503 when it is not.',
    tag: 'health',
    security: 'none',
    unversioned: true,
    query: z.object({ simple: z.string().optional().describe('Only the status') }),
    responses: {
      200: { description: 'pass or warn', schema: healthStatus },
      503: { description: 'fail', schema: healthStatus },
    },
    handle: async ({ query, accept }) => {
      const startedAtMs = options.now();
      const whole = body(options, await options.checks(), startedAtMs);
      const simple = query.simple !== undefined && query.simple !== 'false' && query.simple !== '0';
      const contentType = accept.includes('application/health+json')
        ? 'application/health+json; charset=utf-8'
        : 'application/json; charset=utf-8';
      return {
        status: whole.status === 'fail' ? 503 : 200,
        body: simple ? { status: whole.status } : whole,
        headers: { 'content-type': contentType, 'cache-control': 'no-store', vary: 'Accept' },
      };
    },
  });
}

export function healthRoutes(options: HealthOptions): ApiRoute[] {
  return [route(options, '/api/status.php', 'health_status'), route(options, '/.well-known/health', 'wellKnownHealth')];
}
