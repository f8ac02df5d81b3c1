import { sql, type SQL } from 'drizzle-orm';
import type { Database, Executor } from '../postgres/database.ts';
import type { FileQuery, StoredFile } from './stored-file.ts';

interface FileRow extends Record<string, unknown> {
  id: string;
  tenant_id: string;
  key_id: string;
  filename: string;
  purpose: string;
  bytes: string;
  created_at: string;
  expires_at: string | null;
}

/** A file whose bytes are to go, or are on their way in. */
export interface FileKey {
  readonly tenantId: string;
  readonly id: string;
}

export interface RowTimes {
  readonly nowMs: number;
  /** How long nobody else may take the row. */
  readonly leaseUntilMs: number;
}

/** What an upload is called once it has been read. */
export interface FileLabel {
  readonly filename: string;
  readonly purpose: string;
  readonly expiresAt: Date | null;
}

const columns = sql`id, tenant_id, key_id, filename, purpose, bytes, created_at, expires_at`;

function instant(ms: number): SQL {
  return sql`${new Date(ms).toISOString()}::timestamptz`;
}

function fromRow(row: FileRow): StoredFile {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    keyId: row.key_id,
    filename: row.filename,
    purpose: row.purpose,
    bytes: Number(row.bytes),
    createdAt: new Date(row.created_at),
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
  };
}

/**
 * The table of files and the sums of their bytes. A statement that changes both locks the file first, then the sum.
 * Every method may throw AppError DATABASE_UNAVAILABLE.
 */
export class FileRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(file: FileKey & { readonly keyId: string }, times: RowTimes): Promise<void> {
    await this.#database.transaction(async (executor) => {
      await executor.execute(sql`INSERT INTO file_totals (tenant_id) VALUES (${file.tenantId}) ON CONFLICT DO NOTHING`);
      await executor.execute(sql`
        INSERT INTO files (id, tenant_id, key_id, state, lease_until, created_at)
        VALUES (${file.id}, ${file.tenantId}, ${file.keyId}, 'uploading', ${instant(times.leaseUntilMs)}, ${instant(times.nowMs)})`);
    });
  }

  /**
   * Counts bytes of a running upload against the tenant's space, in one step however many uploads run.
   * @returns `full` when they do not fit: nothing is counted then; `lost` when the upload has been given up
   */
  grow(file: FileKey, bytes: number, maxTenantBytes: number): Promise<'counted' | 'full' | 'lost'> {
    return this.#database
      .transaction(async (executor) => {
        const { rows } = await executor.execute(sql`
          UPDATE files SET bytes = bytes + ${bytes}
          WHERE id = ${file.id} AND tenant_id = ${file.tenantId} AND state = 'uploading' RETURNING id`);
        if (rows.length === 0) return 'lost' as const;
        const { rows: totals } = await executor.execute(sql`
          UPDATE file_totals SET bytes = bytes + ${bytes}
          WHERE tenant_id = ${file.tenantId} AND bytes + ${bytes} <= ${maxTenantBytes} RETURNING tenant_id`);
        if (totals.length === 0) throw new Full();
        return 'counted' as const;
      })
      .catch((error: unknown) => {
        if (error instanceof Full) return 'full' as const;
        throw error;
      });
  }

  /** Shows an upload to its tenant. @returns undefined when it has been given up */
  async finish(file: FileKey, { filename, purpose, expiresAt }: FileLabel): Promise<StoredFile | undefined> {
    const expires = expiresAt === null ? sql`NULL::timestamptz` : instant(expiresAt.getTime());
    return this.#one(sql`
      UPDATE files SET state = 'ready', filename = ${filename}, purpose = ${purpose}, expires_at = ${expires}, lease_until = NULL
      WHERE id = ${file.id} AND tenant_id = ${file.tenantId} AND state = 'uploading' RETURNING ${columns}`);
  }

  find({ tenantId, id }: FileKey, nowMs: number): Promise<StoredFile | undefined> {
    return this.#one(sql`
      SELECT ${columns} FROM files
      WHERE id = ${id} AND tenant_id = ${tenantId} AND state = 'ready' AND (expires_at IS NULL OR expires_at > ${instant(nowMs)})`);
  }

  /** One more than `limit` when there are more. */
  async list({ tenantId, purpose, after, limit, order }: FileQuery, nowMs: number): Promise<StoredFile[]> {
    const isRising = order === 'asc';
    const beyond = after === undefined ? sql`` : isRising ? sql`AND id > ${after}` : sql`AND id < ${after}`;
    const { rows } = await this.#database.query((executor) =>
      executor.execute<FileRow>(sql`
        SELECT ${columns} FROM files
        WHERE tenant_id = ${tenantId} AND state = 'ready' AND (expires_at IS NULL OR expires_at > ${instant(nowMs)})
          ${purpose === undefined ? sql`` : sql`AND purpose = ${purpose}`} ${beyond}
        ORDER BY id ${isRising ? sql`ASC` : sql`DESC`} LIMIT ${limit + 1}`),
    );
    return rows.map(fromRow);
  }

  /** Hides a file. @returns whether it was there to be seen */
  async hide({ tenantId, id }: FileKey, times: RowTimes): Promise<boolean> {
    const { rows } = await this.#database.query((executor) =>
      executor.execute<{ seen: boolean }>(sql`
        UPDATE files SET state = 'deleting', lease_until = ${instant(times.leaseUntilMs)}
        WHERE id = ${id} AND tenant_id = ${tenantId} AND state = 'ready'
        RETURNING expires_at IS NULL OR expires_at > ${instant(times.nowMs)} AS seen`),
    );
    return rows[0]?.seen === true;
  }

  /**
   * Ends an upload that has failed.
   * @returns whether its bytes are to go: not when it has been finished after all, though the answer was lost
   */
  async giveUp({ tenantId, id }: FileKey, times: RowTimes): Promise<boolean> {
    const { rows } = await this.#database.query((executor) =>
      executor.execute(sql`
        UPDATE files SET state = 'deleting', lease_until = ${instant(times.leaseUntilMs)}
        WHERE id = ${id} AND tenant_id = ${tenantId} AND state = 'uploading' RETURNING id`),
    );
    if (rows.length > 0) return true;
    const { rows: left } = await this.#database.query((executor) =>
      executor.execute(sql`SELECT id FROM files WHERE id = ${id} AND tenant_id = ${tenantId} AND state = 'ready'`),
    );
    return left.length === 0;
  }

  /** The storage holds it no more: its row goes, and its bytes are free again. */
  async remove({ tenantId, id }: FileKey): Promise<void> {
    await this.#database.transaction(async (executor) => {
      const { rows } = await executor.execute<{ bytes: string }>(sql`
        DELETE FROM files WHERE id = ${id} AND tenant_id = ${tenantId} AND state = 'deleting' RETURNING bytes`);
      const bytes = Number(rows[0]?.bytes ?? 0);
      if (bytes > 0) await release(executor, tenantId, bytes);
    });
  }

  async renew(ids: readonly string[], leaseUntilMs: number): Promise<void> {
    await this.#database.query((executor) =>
      executor.execute(sql`
        UPDATE files SET lease_until = ${instant(leaseUntilMs)}
        WHERE state = 'uploading' AND id IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`),
    );
  }

  /** Takes files that nobody works on any more and expired ones, so that no other process takes them too. */
  async takeDead(times: RowTimes, limit: number): Promise<FileKey[]> {
    const now = instant(times.nowMs);
    const { rows } = await this.#database.query((executor) =>
      executor.execute<{ id: string; tenant_id: string }>(sql`
        UPDATE files SET state = 'deleting', lease_until = ${instant(times.leaseUntilMs)}
        WHERE id IN (
          SELECT id FROM files
          WHERE (state <> 'ready' AND lease_until <= ${now}) OR (state = 'ready' AND expires_at IS NOT NULL AND expires_at <= ${now})
          LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        RETURNING id, tenant_id`),
    );
    return rows.map(({ id, tenant_id: tenantId }) => ({ id, tenantId }));
  }

  async #one(statement: SQL): Promise<StoredFile | undefined> {
    const { rows } = await this.#database.query((executor) => executor.execute<FileRow>(statement));
    return rows[0] === undefined ? undefined : fromRow(rows[0]);
  }
}

/** Takes back what a transaction has done. */
class Full extends Error {}

async function release(executor: Executor, tenantId: string, bytes: number): Promise<void> {
  await executor.execute(sql`UPDATE file_totals SET bytes = bytes - ${bytes} WHERE tenant_id = ${tenantId}`);
}
