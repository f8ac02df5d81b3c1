import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';

const everyMs = 3_600_000;
const batch = 5_000;
const dayMs = 86_400_000;

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Raw events older than this go; the hourly sums stay. */
  readonly retentionDays: number;
}

/** Deletes old raw events in batches; several processes may do it at once. @returns how many */
export async function dropOldEvents({ database, clock, retentionDays }: Omit<Options, 'logger'>): Promise<number> {
  const before = new Date(clock.now() - retentionDays * dayMs).toISOString();
  let dropped = 0;
  for (;;) {
    const { rows } = await database.query((executor) =>
      executor.execute(sql`
        DELETE FROM usage_events WHERE id IN (SELECT id FROM usage_events WHERE started_at < ${before} LIMIT ${batch} FOR UPDATE SKIP LOCKED) RETURNING id`),
    );
    dropped += rows.length;
    if (rows.length < batch) return dropped;
  }
}

export function startRetention(options: Options): { close(): void } {
  const run = async () => {
    try {
      const dropped = await dropOldEvents(options);
      if (dropped > 0) options.logger.info({ dropped }, 'old usage events were dropped');
    } catch (error) {
      options.logger.warn({ reason: errorMessage(error) }, 'old usage events could not be dropped');
    }
  };
  return { close: options.clock.every(everyMs, () => void run()) };
}
