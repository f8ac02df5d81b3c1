import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';

/** A version that a key has really spoken. Times are right to about an hour. */
export interface SpokenVersion {
  readonly version: string;
  readonly firstUsedAt: Date;
  readonly lastUsedAt: Date;
}

/** What a key has spoken, by the names of versions. @throws AppError DATABASE_UNAVAILABLE */
export async function versionsOfKey(database: Database, keyId: string): Promise<ReadonlyMap<string, SpokenVersion>> {
  const { rows } = await database.query((executor) =>
    executor.execute<{ version: string; first_used_at: string; last_used_at: string }>(
      sql`SELECT version, first_used_at, last_used_at FROM version_usage WHERE key_id = ${keyId}`,
    ),
  );
  return new Map(
    rows.map(({ version, first_used_at: first, last_used_at: last }) => [
      version,
      { version, firstUsedAt: new Date(first), lastUsedAt: new Date(last) },
    ]),
  );
}
