import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { failureReason } from './ledger.ts';

export interface RetentionOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Events older than this are dropped; the hourly sums stay. */
  readonly retentionDays: number;
  /** Events dropped by one statement; default 2000. */
  readonly batchSize?: number | undefined;
}

const everyMs = 3_600_000;
const dayMs = 86_400_000;
const defaultBatchSize = 2_000;

/**
 * Deletes old events in batches, each its own statement, so that others get their turn. Several processes may do it at
 * once: none waits for what another is deleting. @returns how many
 */
export async function dropOldEvents({
  database,
  clock,
  retentionDays,
  batchSize = defaultBatchSize,
}: Omit<RetentionOptions, 'logger'>): Promise<number> {
  const before = new Date(clock.now() - retentionDays * dayMs).toISOString();
  const statement = sql`
    WITH old AS (SELECT id FROM usage_events WHERE started_at < ${before}::timestamptz LIMIT ${batchSize} FOR UPDATE SKIP LOCKED),
    dropped AS (DELETE FROM usage_events WHERE id IN (SELECT id FROM old) RETURNING 1)
    SELECT count(*)::integer AS dropped FROM dropped`;
  let total = 0;
  for (;;) {
    const { rows } = await database.query((executor) => executor.execute<{ dropped: number }>(statement));
    const dropped = rows[0]?.dropped ?? 0;
    total += dropped;
    if (dropped < batchSize) return total;
  }
}

/** Drops old events every hour until it is closed. A failure is logged and tried again an hour later. */
export function startRetention(options: RetentionOptions): { close(): Promise<void> } {
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    try {
      const dropped = await dropOldEvents(options);
      if (dropped > 0) options.logger.info({ dropped }, 'old usage events were dropped');
    } catch (error) {
      options.logger.warn({ reason: failureReason(error) }, 'old usage events could not be dropped');
    }
  };
  const stop = options.clock.every(everyMs, () => {
    running ??= run().finally(() => {
      running = undefined;
    });
  });
  return {
    close: async () => {
      stop();
      await running;
    },
  };
}
