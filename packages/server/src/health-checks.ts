import { sql } from 'drizzle-orm';
import type { Clock } from './clock.ts';
import type { HealthCheck } from './hub/health.ts';
import type { LimitStore } from './limits/limit.ts';
import type { Database } from './postgres/database.ts';
import type { Provider } from './providers/provider.ts';

interface Options {
  readonly database: Database;
  readonly limitStore: LimitStore;
  readonly usage: {
    health(): { readonly status: HealthCheck['status']; readonly detail: string };
    pendingCount(): number;
  };
  readonly providers: ReadonlyMap<string, Provider>;
  readonly clock: Clock;
  readonly isDraining: () => boolean;
}

const upstreamTimeoutMs = 1_500;
/** Upstreams are asked at most this often, however often health is read. */
const upstreamEveryMs = 10_000;

async function databaseCheck({ database, clock }: Options): Promise<HealthCheck> {
  const startedAtMs = clock.now();
  try {
    await database.query((executor) => executor.execute(sql`SELECT 1`));
    return {
      name: 'database:responseTime',
      status: 'pass',
      componentType: 'datastore',
      observedValue: clock.now() - startedAtMs,
      observedUnit: 'ms',
    };
  } catch {
    return {
      name: 'database:responseTime',
      status: 'fail',
      componentType: 'datastore',
      output: 'the database cannot be reached',
    };
  }
}

async function upstreamCheck(name: string, provider: Provider): Promise<HealthCheck> {
  const check = { name: `upstream/${name}:availability`, componentType: 'component' as const };
  try {
    const models = await provider.listModels(AbortSignal.timeout(upstreamTimeoutMs));
    return { ...check, status: 'pass', observedValue: models.length, observedUnit: 'models' };
  } catch {
    // One model server that is down does not make the service fail: others still answer.
    return { ...check, status: 'warn', output: 'the model server does not answer' };
  }
}

/** The checks of /api/status.php: each names a component and what is measured of it. */
export function createHealthChecks(options: Options): () => Promise<readonly HealthCheck[]> {
  const { limitStore, usage, providers, clock, isDraining } = options;
  let upstreams: Promise<HealthCheck[]> = Promise.resolve([]);
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const checkUpstreams = () => {
    if (clock.now() - askedAtMs < upstreamEveryMs) return upstreams;
    askedAtMs = clock.now();
    upstreams = Promise.all([...providers].map(([name, provider]) => upstreamCheck(name, provider)));
    return upstreams;
  };
  return async () => {
    const counters = limitStore.health();
    const journal = usage.health();
    const runtime: HealthCheck = isDraining()
      ? { name: 'runtime:state', status: 'fail', componentType: 'system', observedValue: 'shutting down' }
      : { name: 'runtime:state', status: 'pass', componentType: 'system', observedValue: 'running' };
    return [
      runtime,
      await databaseCheck(options),
      {
        name: `limits/${counters.kind}:availability`,
        status: counters.ok ? 'pass' : 'warn',
        componentType: 'datastore',
        output: counters.detail,
      },
      {
        name: 'journal:pending',
        status: journal.status,
        componentType: 'component',
        observedValue: usage.pendingCount(),
        observedUnit: 'events',
        output: journal.detail,
      },
      ...(await checkUpstreams()),
    ];
  };
}
