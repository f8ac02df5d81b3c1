import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Database } from '../postgres/database.ts';

const dayMs = 86_400_000;
const batchSize = 1_000;

/** Forgets events of long ago with their deliveries, a few at a time, and secrets that sign no more. @returns how many events */
export async function dropOldEvents(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly retentionDays: number;
}): Promise<number> {
  const { database, clock, retentionDays } = options;
  const nowMs = clock.now();
  const before = new Date(nowMs - retentionDays * dayMs).toISOString();
  await database.query((executor) =>
    executor.execute(sql`DELETE FROM webhook_secrets WHERE expires_at <= ${new Date(nowMs).toISOString()}`),
  );
  let total = 0;
  for (;;) {
    const { rows } = await database.query((executor) =>
      executor.execute(sql`DELETE FROM webhook_events WHERE id IN (
        SELECT id FROM webhook_events WHERE created_at <= ${before} LIMIT ${batchSize} FOR UPDATE SKIP LOCKED) RETURNING id`),
    );
    total += rows.length;
    if (rows.length < batchSize) return total;
  }
}
