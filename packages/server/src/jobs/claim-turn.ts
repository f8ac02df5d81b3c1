import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Database } from '../postgres/database.ts';

/**
 * Of all processes one does a piece of work within a while; should it die on the way, another does it the next time.
 * @returns whether it is this one's turn
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function claimTurn(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  name: string,
  everyMs: number,
): Promise<boolean> {
  const nowMs = clock.now();
  const now = new Date(nowMs).toISOString();
  // Timers are not exact: who comes a little early must not skip a turn.
  const next = new Date(nowMs + everyMs * 0.9).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute(sql`INSERT INTO sweeps AS s (name, next_at) VALUES (${name}, ${next})
      ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at WHERE s.next_at <= ${now} RETURNING 1`),
  );
  return rows.length > 0;
}
