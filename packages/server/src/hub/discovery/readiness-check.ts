import type { Clock } from '../../clock.ts';
import type { HealthCheck } from '../health.ts';
import { auditReadiness, type FetchOwn, type Readiness } from './readiness.ts';

/** The audit is made anew so often at most. */
const goodForMs = 10 * 60_000;
const goodScore = 90;

/** The check `orank-score` of the status: how ready this server is for agents, seen by auditing it. */
export function createReadinessCheck(options: {
  readonly fetchOwn: FetchOwn;
  readonly clock: Clock;
  readonly isDraining: () => boolean;
}): () => Promise<readonly HealthCheck[]> {
  const { fetchOwn, clock, isDraining } = options;
  let latest: Promise<Readiness> | undefined;
  let auditedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    // A server that refuses everything while it stops would be found wanting.
    if (isDraining()) return [];
    if (latest === undefined || clock.now() - auditedAtMs >= goodForMs) {
      auditedAtMs = clock.now();
      latest = auditReadiness(fetchOwn);
    }
    const { score, checks } = await latest;
    const missed = checks.filter(({ passed }) => !passed);
    return [
      {
        name: 'agents:orank-score',
        status: score >= goodScore ? 'pass' : 'warn',
        componentType: 'component',
        observedValue: score,
        observedUnit: 'percent',
        output:
          missed.length === 0
            ? `${checks.length} checks passed`
            : missed.map(({ id, detail }) => `${id}: ${detail}`).join('; '),
      },
    ];
  };
}
