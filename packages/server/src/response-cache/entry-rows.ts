import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';

/** A row of the table response_cache. */
export interface EntryRow {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: 'json' | 'stream';
  /** Sealed. */
  readonly payload: Buffer;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** Deleted at once: a statement stays short whatever there is to do. */
const batch = 500;

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** @throws AppError DATABASE_UNAVAILABLE */
export async function findEntry(
  database: Database,
  { id, youngerThanMs, nowMs }: { readonly id: string; readonly youngerThanMs: number; readonly nowMs: number },
): Promise<Pick<EntryRow, 'kind' | 'payload' | 'createdAtMs'> | undefined> {
  const { rows } = await database.query((executor) =>
    executor.execute<{ kind: EntryRow['kind']; payload: Buffer; created_at_ms: string }>(sql`
      SELECT kind, payload, (extract(epoch FROM created_at) * 1000)::bigint::text AS created_at_ms FROM response_cache
      WHERE id = ${id} AND created_at > ${instant(youngerThanMs)}::timestamptz AND expires_at > ${instant(nowMs)}::timestamptz`),
  );
  const [row] = rows;
  return row === undefined
    ? undefined
    : { kind: row.kind, payload: row.payload, createdAtMs: Number(row.created_at_ms) };
}

/**
 * A newer answer takes the place of the one there is, and stays for the longer of their times: a request that wanted it
 * for a moment does not take it from one that wants it for a day.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function upsertEntry(database: Database, entry: EntryRow): Promise<void> {
  const { id, tenantId, kind, payload, createdAtMs, expiresAtMs } = entry;
  await database.query((executor) =>
    executor.execute(sql`
      INSERT INTO response_cache (id, tenant_id, kind, payload, created_at, expires_at)
      VALUES (${id}, ${tenantId}, ${kind}, ${payload}, ${instant(createdAtMs)}, ${instant(expiresAtMs)})
      ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, payload = excluded.payload, created_at = excluded.created_at,
        expires_at = greatest(response_cache.expires_at, excluded.expires_at)
      WHERE response_cache.tenant_id = excluded.tenant_id`),
  );
}

/** @returns how many @throws AppError DATABASE_UNAVAILABLE */
export async function deleteExpired(database: Database, nowMs: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rows } = await database.query((executor) =>
      executor.execute(sql`
        DELETE FROM response_cache WHERE id IN (
          SELECT id FROM response_cache WHERE expires_at <= ${instant(nowMs)}::timestamptz LIMIT ${batch} FOR UPDATE SKIP LOCKED)
        RETURNING 1`),
    );
    deleted += rows.length;
    if (rows.length < batch) return deleted;
  }
}

/** Tenants with more than `most` entries. @throws AppError DATABASE_UNAVAILABLE */
export async function surplusTenants(database: Database, most: number): Promise<readonly string[]> {
  const { rows } = await database.query((executor) =>
    executor.execute<{ tenant_id: string }>(
      sql`SELECT tenant_id FROM response_cache GROUP BY tenant_id HAVING count(*) > ${most}`,
    ),
  );
  return rows.map((row) => row.tenant_id);
}

/** Drops a tenant's oldest entries beyond `most`. @returns how many @throws AppError DATABASE_UNAVAILABLE */
export async function deleteSurplus(
  database: Database,
  { tenantId, most }: { readonly tenantId: string; readonly most: number },
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rows } = await database.query((executor) =>
      executor.execute(sql`
        DELETE FROM response_cache WHERE id IN (
          SELECT id FROM response_cache WHERE tenant_id = ${tenantId}
          ORDER BY created_at DESC, id OFFSET ${most} LIMIT ${batch} FOR UPDATE SKIP LOCKED)
        RETURNING 1`),
    );
    deleted += rows.length;
    if (rows.length < batch) return deleted;
  }
}
