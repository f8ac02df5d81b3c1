import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import { claimTurn } from '../jobs/claim-turn.ts';
import { windowStart } from '../limits/window.ts';
import type { Logger } from '../logger.ts';
import type { Alert } from './alert.ts';
import { activeTenants, findAlerts, type AlertSources } from './find-alerts.ts';
import { giveAlert, type AlertOutlets } from './give-alert.ts';

export interface AlertSweepOptions extends AlertSources, AlertOutlets {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
}

const hourMs = 3_600_000;
/** Whoever used nothing for so long has reached nothing new. */
const recentMs = 3 * hourMs;
/** Now and then all are looked at: settings and plans change too. */
const everybodyEveryMs = hourMs;
const tenantsAtOnce = 200;
const keptMs = 100 * 24 * hourMs;

/** What was told already, as far as it can be told again. */
async function toldOf({ database }: AlertSweepOptions, alerts: readonly Alert[]): Promise<ReadonlySet<string>> {
  if (alerts.length === 0) return new Set();
  const ids = [...new Set(alerts.map(({ tenantId }) => tenantId))].map((id) => sql`${id}`);
  const start = new Date(Math.min(...alerts.map(({ windowStartMs }) => windowStartMs))).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute<{ told: string }>(sql`SELECT subject || ' ' || limit_name || ' ' || quota || ' ' ||
        (extract(epoch FROM window_start) * 1000)::bigint || ' ' || threshold AS told
      FROM limit_alerts WHERE tenant_id IN (${sql.join(ids, sql`, `)}) AND window_start >= ${start}::timestamptz`),
  );
  return new Set(rows.map((row) => row.told));
}

function isNews(told: ReadonlySet<string>, { limit, windowStartMs, reached }: Alert): boolean {
  return reached.some(
    (threshold) => !told.has(`${limit.subject} ${limit.name} ${limit.quota} ${windowStartMs} ${threshold}`),
  );
}

/** Looks now and then whether a limit has been reached, apart from all requests. */
export class AlertSweep {
  readonly #options: AlertSweepOptions;
  #everybodyAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AlertSweepOptions) {
    this.#options = options;
  }

  /**
   * Tells what is to be told, where it is this process's turn.
   * @returns how many alerts it gave
   * @throws AppError DATABASE_UNAVAILABLE
   */
  async run(): Promise<number> {
    const { clock, everyMs } = this.#options;
    if (!(await claimTurn(this.#options, 'limit alerts', everyMs))) return 0;
    const nowMs = clock.now();
    const isAll = nowMs - this.#everybodyAtMs >= everybodyEveryMs;
    const sinceMs = Math.max(windowStart('month', nowMs), isAll ? 0 : windowStart('hour', nowMs - recentMs));
    let given = 0;
    for (let after = ''; ;) {
      const tenantIds = await activeTenants(this.#options.database, { sinceMs, after, limit: tenantsAtOnce });
      const last = tenantIds.at(-1);
      if (last === undefined) break;
      given += await this.#tell(tenantIds, nowMs);
      after = last;
    }
    if (isAll) await this.#forget(nowMs);
    if (isAll) this.#everybodyAtMs = nowMs;
    return given;
  }

  async #tell(tenantIds: readonly string[], nowMs: number): Promise<number> {
    const { logger } = this.#options;
    const alerts = await findAlerts(this.#options, tenantIds, nowMs);
    const told = await toldOf(this.#options, alerts);
    let given = 0;
    for (const alert of alerts.filter((each) => isNews(told, each))) {
      try {
        if (await giveAlert(this.#options, alert, nowMs)) given += 1;
      } catch (error) {
        // Others are told all the same; this one the next time.
        logger.warn(
          { tenant: alert.tenantId, reason: errorMessage(error instanceof Error ? (error.cause ?? error) : error) },
          'an alert about a limit could not be given',
        );
      }
    }
    return given;
  }

  async #forget(nowMs: number): Promise<void> {
    await this.#options.database.query((executor) =>
      executor.execute(sql`DELETE FROM limit_alerts WHERE window_start < ${new Date(nowMs - keptMs).toISOString()}`),
    );
  }
}
