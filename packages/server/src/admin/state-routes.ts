import { serviceState, upstreamState, upstreamTest } from '@turnpike/contract/admin-plans';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/schema.ts';
import { AppError, toAppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { LimitStore } from '../limits/limit.ts';
import type { Database } from '../postgres/database.ts';
import type { Provider } from '../providers/provider.ts';
import type { Router } from '../routing/router.ts';

export interface StateRoutesOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly database: Database;
  readonly databaseKind: 'embedded' | 'server';
  readonly providers: ReadonlyMap<string, Provider>;
  readonly router: Pick<Router, 'states'>;
  readonly limits: Pick<LimitStore, 'health'>;
  readonly version: string;
  readonly activity: () => { readonly requests: number; readonly streams: number; readonly journalPending: number };
}

const testTimeoutMs = 10_000;
const params = z.object({ name: z.string().max(128) });
const common = { tag: 'admin', security: 'admin' } as const;

function upstreamsOf({ settings, router }: StateRoutesOptions): z.output<typeof upstreamState>[] {
  const states = router.states();
  return Object.entries(settings.upstreams).map(([name, { kind, region }]) => ({
    name,
    kind,
    region: region ?? null,
    models: Object.entries(settings.models).flatMap(([model, { targets }]) =>
      targets.some(({ upstream }) => upstream === name) ? [model] : [],
    ),
    targets: states
      .filter(({ target }) => target.startsWith(`${name}/`))
      .map(({ target, circuit, failures, inFlight, queued }) => ({
        ...{ target, circuit, failures, queued },
        in_flight: inFlight,
      })),
  }));
}

async function testUpstream({ providers, clock }: StateRoutesOptions, name: string) {
  const provider = providers.get(name);
  if (provider === undefined)
    throw new AppError('RESOURCE_NOT_FOUND', `There is no upstream ${JSON.stringify(name)}.`, { param: 'name' });
  const startedAtMs = clock.now();
  const ended = (ok: boolean, models: number | null, message: string): z.output<typeof upstreamTest> => ({
    ...{ name, ok, models, message },
    duration_ms: clock.now() - startedAtMs,
  });
  try {
    const models = await provider.listModels(AbortSignal.timeout(testTimeoutMs));
    return ended(true, models.length, 'It answers.');
  } catch (error) {
    return ended(false, null, toAppError(error).message);
  }
}

async function counts(database: Database, statement: ReturnType<typeof sql>): Promise<Record<string, number>> {
  const { rows } = await database.query((executor) => executor.execute<{ name: string; count: number }>(statement));
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

async function stateOf(options: StateRoutesOptions): Promise<z.output<typeof serviceState>> {
  const { database, databaseKind, limits, version, activity } = options;
  const { requests, streams, journalPending } = activity();
  const totals = await counts(
    database,
    sql`SELECT 'tenants' AS name, count(*)::integer AS count FROM tenants
      UNION ALL SELECT 'keys', count(*)::integer FROM api_keys WHERE revoked_at IS NULL
      UNION ALL SELECT 'people', count(*)::integer FROM accounts."user"`,
  );
  return {
    ...{ version, database: databaseKind, counters: limits.health(), requests_in_flight: requests, streams },
    journal_pending: journalPending,
    jobs: await counts(database, sql`SELECT status AS name, count(*)::integer AS count FROM async_jobs GROUP BY 1`),
    batches: await counts(database, sql`SELECT status AS name, count(*)::integer AS count FROM batches GROUP BY 1`),
    ...{ tenants: totals['tenants'] ?? 0, keys: totals['keys'] ?? 0, people: totals['people'] ?? 0 },
  };
}

/** How the service and its upstreams are, for those who run them. */
export function stateRoutes(options: StateRoutesOptions): ApiRoute[] {
  return [
    jsonRoute({
      ...common,
      method: 'GET',
      path: '/admin/v1/state',
      operationId: 'getServiceState',
      summary: 'Queues, journal and counts of this process and the database',
      responses: { 200: { description: 'The state', schema: serviceState } },
      handle: async () => ({ status: 200, body: await stateOf(options) }),
    }),
    jsonRoute({
      ...common,
      method: 'GET',
      path: '/admin/v1/upstreams',
      operationId: 'listUpstreams',
      summary: 'Upstreams, their models and circuits as this process sees them',
      responses: { 200: { description: 'All upstreams', schema: z.object({ data: z.array(upstreamState) }) } },
      handle: () => ({ status: 200, body: { data: upstreamsOf(options) } }),
    }),
    jsonRoute({
      ...{ ...common, params },
      method: 'POST',
      path: '/admin/v1/upstreams/{name}/test',
      operationId: 'testUpstream',
      summary: 'Ask an upstream for its models',
      bodyOptional: true,
      responses: { 200: { description: 'How it ended', schema: upstreamTest } },
      handle: async ({ params: { name } }) => ({ status: 200, body: await testUpstream(options, name) }),
    }),
  ];
}
