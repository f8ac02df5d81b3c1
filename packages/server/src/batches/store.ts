import { sql, type SQL } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { recordEvent } from '../webhooks/record-event.ts';
import type { Batch, BatchError, BatchLine, BatchQuery, BatchStatus, LineOutcome } from './batch.ts';

type Instant = `${Exclude<BatchStatus, 'validating'>}_at`;

type Row = Record<string, unknown> &
  Readonly<Record<Instant, string | null>> & {
    readonly id: string;
    readonly tenant_id: string;
    readonly key_id: string;
    readonly input_file_id: string;
    readonly endpoint: string;
    readonly metadata: Record<string, string> | null;
    readonly output_expires_after_seconds: number | null;
    readonly status: BatchStatus;
    readonly errors: BatchError[] | null;
    readonly output_file_id: string | null;
    readonly error_file_id: string | null;
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
    readonly created_at: string;
    readonly expires_at: string;
  };

const statuses = ['failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled'] as const;

function toBatch(row: Row): Batch {
  const reached = statuses.flatMap((status) => {
    const at = row[`${status}_at`];
    return at === null ? [] : [[status, new Date(at)] as const];
  });
  return {
    id: row.id,
    tenantId: row.tenant_id,
    keyId: row.key_id,
    inputFileId: row.input_file_id,
    endpoint: row.endpoint,
    metadata: row.metadata,
    outputExpiresAfterSeconds: row.output_expires_after_seconds,
    status: row.status,
    errors: row.errors,
    outputFileId: row.output_file_id,
    errorFileId: row.error_file_id,
    counts: { total: row.total, completed: row.completed, failed: row.failed },
    createdAt: new Date(row.created_at),
    expiresAt: new Date(row.expires_at),
    reachedAt: Object.fromEntries(reached),
  };
}

function notFound(id: string): AppError {
  return new AppError('RESOURCE_NOT_FOUND', `There is no batch ${JSON.stringify(id.slice(0, 64))}.`, {
    param: 'batch_id',
  });
}

/** What webhooks are told of a batch that is over. */
async function tell(executor: Executor, batch: Batch, nowMs: number): Promise<void> {
  const { id, tenantId, status, endpoint, counts, outputFileId, errorFileId, metadata } = batch;
  if (status !== 'completed' && status !== 'failed' && status !== 'expired' && status !== 'cancelled') return;
  const data = {
    ...{ batch_id: id, status, endpoint, metadata },
    request_counts: counts,
    output_file_id: outputFileId,
    error_file_id: errorFileId,
  };
  await recordEvent(executor, { type: `batch.${status}`, tenantId, nowMs, data });
}

export type NewBatch = Pick<
  Batch,
  'id' | 'tenantId' | 'keyId' | 'inputFileId' | 'endpoint' | 'metadata' | 'outputExpiresAfterSeconds' | 'expiresAt'
>;

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
}

/** Batches and their lines in PostgreSQL. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class BatchStore {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async create(input: NewBatch): Promise<Batch> {
    const metadata = input.metadata === null ? null : JSON.stringify(input.metadata);
    const row = await this.#one(sql`INSERT INTO batches
        (id, tenant_id, key_id, input_file_id, endpoint, metadata, output_expires_after_seconds, status, created_at, expires_at)
      VALUES (${input.id}, ${input.tenantId}, ${input.keyId}, ${input.inputFileId}, ${input.endpoint}, ${metadata}::jsonb,
        ${input.outputExpiresAfterSeconds}, 'validating', ${this.#now()}::timestamptz, ${input.expiresAt.toISOString()}::timestamptz)
      RETURNING *`);
    if (row === undefined) throw notFound(input.id);
    return row;
  }

  /** @throws AppError RESOURCE_NOT_FOUND */
  async get(tenantId: string, id: string): Promise<Batch> {
    const found = await this.#one(sql`SELECT * FROM batches WHERE id = ${id} AND tenant_id = ${tenantId}`);
    if (found === undefined) throw notFound(id);
    return found;
  }

  /** For the worker, who acts for whoever ordered the batch. */
  async find(id: string): Promise<Batch | undefined> {
    return this.#one(sql`SELECT * FROM batches WHERE id = ${id}`);
  }

  /** Newest first; one more than `limit` when there are more. */
  async list(query: BatchQuery): Promise<Batch[]> {
    const wanted = query.status === undefined ? sql`` : sql`AND status = ${query.status}`;
    const after = query.after === undefined ? sql`` : sql`AND id < ${query.after}`;
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<Row>(sql`SELECT * FROM batches WHERE tenant_id = ${query.tenantId} ${wanted} ${after}
        ORDER BY id DESC LIMIT ${query.limit + 1}`),
    );
    return rows.map(toBatch);
  }

  /** Is there a batch that somebody has to carry out? */
  async hasUnfinished(): Promise<boolean> {
    const found = await this.#one(
      sql`SELECT * FROM batches WHERE status IN ('validating', 'in_progress', 'finalizing', 'cancelling') LIMIT 1`,
    );
    return found !== undefined;
  }

  /** Moves a batch on, if it is where it is thought to be. @returns undefined when it is elsewhere by now */
  async advance(
    id: string,
    from: readonly BatchStatus[],
    to: Exclude<BatchStatus, 'validating'>,
    changes: {
      readonly errors?: readonly BatchError[];
      readonly outputFileId?: string | null;
      readonly errorFileId?: string | null;
    } = {},
  ): Promise<Batch | undefined> {
    const { errors, outputFileId, errorFileId } = changes;
    const sets: SQL[] = [sql`status = ${to}`, sql`${sql.raw(`${to}_at`)} = ${this.#now()}::timestamptz`];
    if (errors !== undefined) sets.push(sql`errors = ${JSON.stringify(errors)}::jsonb`);
    if (outputFileId !== undefined) sets.push(sql`output_file_id = ${outputFileId}`);
    if (errorFileId !== undefined) sets.push(sql`error_file_id = ${errorFileId}`);
    const expected = sql.join(
      from.map((status) => sql`${status}`),
      sql`, `,
    );
    return this.#options.database.transaction(async (executor) => {
      const { rows } = await executor.execute<Row>(
        sql`UPDATE batches SET ${sql.join(sets, sql`, `)} WHERE id = ${id} AND status IN (${expected}) RETURNING *`,
      );
      const batch = rows[0] === undefined ? undefined : toBatch(rows[0]);
      if (batch !== undefined) await tell(executor, batch, this.#options.clock.now());
      return batch;
    });
  }

  /** @returns the custom ids of those that were there already under another line */
  async addLines(id: string, lines: readonly BatchLine[]): Promise<void> {
    if (lines.length === 0) return;
    const { database } = this.#options;
    const values = lines.map(
      ({ lineNo, customId, body }) => sql`(${id}, ${lineNo}, ${customId}, ${this.#seal(id, lineNo, 'request', body)})`,
    );
    await database.query((executor) =>
      executor.execute(sql`INSERT INTO batch_lines (batch_id, line_no, custom_id, request)
        VALUES ${sql.join(values, sql`, `)} ON CONFLICT (batch_id, line_no) DO NOTHING`),
    );
  }

  /** Lines that have no answer yet, in order. */
  async pending(id: string, afterLine: number, limit: number): Promise<BatchLine[]> {
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<{ line_no: number; custom_id: string; request: Buffer }>(sql`SELECT line_no, custom_id, request
        FROM batch_lines WHERE batch_id = ${id} AND answer IS NULL AND line_no > ${afterLine} ORDER BY line_no LIMIT ${limit}`),
    );
    return rows.map(({ line_no: lineNo, custom_id: customId, request }) => ({
      lineNo,
      customId,
      body: this.#open(id, lineNo, 'request', request),
    }));
  }

  /** Writes how a line ended, once: a later one changes nothing. */
  async answer(id: string, lineNo: number, { isOk, record }: LineOutcome): Promise<void> {
    await this.#options.database.query((executor) =>
      executor.execute(sql`UPDATE batch_lines SET is_ok = ${isOk}, answer = ${this.#seal(id, lineNo, 'answer', record)}, request = NULL
        WHERE batch_id = ${id} AND line_no = ${lineNo} AND answer IS NULL`),
    );
  }

  /** Brings the counts to what the lines say. */
  async count(id: string): Promise<void> {
    await this.#options.database.query((executor) =>
      executor.execute(sql`UPDATE batches SET total = counted.total, completed = counted.completed, failed = counted.failed
        FROM (SELECT count(*)::integer AS total, (count(*) FILTER (WHERE is_ok))::integer AS completed,
            (count(*) FILTER (WHERE is_ok = false))::integer AS failed
          FROM batch_lines WHERE batch_id = ${id}) AS counted
        WHERE id = ${id}`),
    );
  }

  /** Answers in order of the lines, read a few at a time. */
  async *answers(id: string, isOk: boolean): AsyncGenerator<Record<string, unknown>> {
    const { database } = this.#options;
    for (let after = 0; ;) {
      const { rows } = await database.query((executor) =>
        executor.execute<{ line_no: number; answer: Buffer }>(sql`SELECT line_no, answer FROM batch_lines
          WHERE batch_id = ${id} AND is_ok = ${isOk} AND line_no > ${after} ORDER BY line_no LIMIT 100`),
      );
      for (const row of rows) {
        after = row.line_no;
        yield this.#open(id, row.line_no, 'answer', row.answer);
      }
      if (rows.length < 100) return;
    }
  }

  async dropLines(id: string): Promise<void> {
    await this.#options.database.query((executor) =>
      executor.execute(sql`DELETE FROM batch_lines WHERE batch_id = ${id}`),
    );
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }

  async #one(statement: SQL): Promise<Batch | undefined> {
    const { rows } = await this.#options.database.query((executor) => executor.execute<Row>(statement));
    return rows[0] === undefined ? undefined : toBatch(rows[0]);
  }

  #seal(id: string, lineNo: number, what: string, value: object): Buffer {
    return this.#options.cipher.seal(Buffer.from(JSON.stringify(value)), `${id} ${lineNo} ${what}`);
  }

  #open(id: string, lineNo: number, what: string, sealed: Buffer): Record<string, unknown> {
    const text = this.#options.cipher.open(sealed, `${id} ${lineNo} ${what}`).toString('utf8');
    return JSON.parse(text) as Record<string, unknown>;
  }
}
