import type { JobType } from '@turnpike/contract/hub-jobs';
import { sql, type SQL } from 'drizzle-orm';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { recordEvent } from '../webhooks/record-event.ts';
import type { AsyncJob, JobFailure, JobQuery, JobStatus } from './async-job.ts';

type Row = Record<string, unknown> & {
  readonly id: string;
  readonly owner_id: string;
  readonly key_id: string | null;
  readonly type: JobType;
  readonly status: JobStatus;
  readonly progress: number;
  readonly attempts: number;
  readonly input: Uint8Array;
  readonly result: Uint8Array | null;
  readonly error: JobFailure | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly expires_at: string | null;
};

export interface NewJob {
  readonly ownerId: string;
  readonly keyId: string | null;
  readonly type: JobType;
  readonly input: JsonObject;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
}

/** How long a job that is over can be asked for (S4). */
const lifeMs = 30 * 60_000;
/** A worker that is silent for so long is taken for dead. */
const leaseMs = 15_000;
/** A job that waits for so long may have been lost on its way into the queue. */
const longWaitMs = 5_000;

/** What webhooks are told of a job that is over: not what was asked, nor what came of it. */
async function tell(executor: Executor, job: AsyncJob, nowMs: number): Promise<void> {
  const { id, ownerId: tenantId, type, status, error, createdAt } = job;
  if (status === 'queued' || status === 'running') return;
  const data = {
    ...{ job_id: id, type, status, key_id: job.keyId },
    created_at: createdAt.toISOString(),
    error: error === null ? null : { code: error.code, message: error.message },
  };
  await recordEvent(executor, { type: `job.${status}`, tenantId, nowMs, data });
}

/** Jobs in PostgreSQL. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class AsyncJobStore {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async create({ ownerId, keyId, type, input }: NewJob): Promise<AsyncJob> {
    const id = `job_${randomBytes(8).toString('hex')}`;
    const [job] = await this
      .#jobs(sql`INSERT INTO async_jobs (id, owner_id, key_id, type, status, input, created_at, updated_at)
      VALUES (${id}, ${ownerId}, ${keyId}, ${type}, 'queued', ${this.#seal(id, input)}, ${this.#at()}, ${this.#at()})
      RETURNING *`);
    if (job === undefined) throw new TypeError('an inserted row was not returned');
    return job;
  }

  /** undefined: there is none of that id that is the owner's, or its life is over. */
  async find(ownerId: string, id: string): Promise<AsyncJob | undefined> {
    const [job] = await this.#jobs(sql`SELECT * FROM async_jobs WHERE id = ${id} AND owner_id = ${ownerId}
      AND (expires_at IS NULL OR expires_at > ${this.#at()})`);
    return job;
  }

  /** One more than `limit` when there are more. */
  async list({ ownerId, status, after, limit }: JobQuery): Promise<AsyncJob[]> {
    const behind =
      after === undefined ? sql`` : sql`AND (created_at, id) < (${after.createdAt}::timestamptz, ${after.id})`;
    const wanted = status === undefined ? sql`` : sql`AND status = ${status}`;
    return this.#jobs(sql`SELECT * FROM async_jobs WHERE owner_id = ${ownerId} ${wanted}
      AND (expires_at IS NULL OR expires_at > ${this.#at()}) ${behind} ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`);
  }

  /** Begins a job, also one whose worker has died. undefined: it is over, gone, or somebody is at it. */
  async begin(id: string): Promise<AsyncJob | undefined> {
    const [job] = await this.#jobs(sql`UPDATE async_jobs
      SET status = 'running', attempts = attempts + 1, progress = 0, updated_at = ${this.#at()}, lease_until = ${this.#at(leaseMs)}
      WHERE id = ${id} AND (status = 'queued' OR (status = 'running' AND lease_until <= ${this.#at()})) RETURNING *`);
    return job;
  }

  /** @returns whether it still is this attempt's to carry out */
  async progress({ id, attempts }: Attempt, percent: number): Promise<boolean> {
    const rows = await this.#jobs(sql`UPDATE async_jobs SET progress = ${percent}, updated_at = ${this.#at()}
      WHERE id = ${id} AND attempts = ${attempts} AND status = 'running' RETURNING *`);
    return rows.length > 0;
  }

  /** A sign of life. @returns whether it still is this attempt's to carry out */
  async renew({ id, attempts }: Attempt): Promise<boolean> {
    const { rows } = await this.#execute(sql`UPDATE async_jobs SET lease_until = ${this.#at(leaseMs)}
      WHERE id = ${id} AND attempts = ${attempts} AND status = 'running' RETURNING id`);
    return rows.length > 0;
  }

  /** Nothing happens where the job was cancelled or given to another. */
  async succeed({ id, attempts }: Attempt, result: JsonObject): Promise<void> {
    await this.#end(sql`UPDATE async_jobs SET status = 'succeeded', progress = 100, result = ${this.#seal(id, result)},
        updated_at = ${this.#at()}, expires_at = ${this.#at(lifeMs)}
      WHERE id = ${id} AND attempts = ${attempts} AND status = 'running' RETURNING *`);
  }

  async fail({ id, attempts }: Attempt, error: JobFailure): Promise<void> {
    await this.#end(sql`UPDATE async_jobs SET status = 'failed', error = ${JSON.stringify(error)}::jsonb,
        updated_at = ${this.#at()}, expires_at = ${this.#at(lifeMs)}
      WHERE id = ${id} AND attempts = ${attempts} AND status = 'running' RETURNING *`);
  }

  /** A worker that stops in good order gives its job back: that was no attempt. */
  async putBack({ id, attempts }: Attempt): Promise<void> {
    await this.#execute(sql`UPDATE async_jobs SET status = 'queued', progress = 0, attempts = attempts - 1,
        updated_at = ${this.#at()}
      WHERE id = ${id} AND attempts = ${attempts} AND status = 'running'`);
  }

  /** @returns the job as it is afterwards; undefined: not the owner's, over, or gone */
  async cancel(ownerId: string, id: string): Promise<AsyncJob | undefined> {
    return this.#end(sql`UPDATE async_jobs SET status = 'cancelled', updated_at = ${this.#at()},
        expires_at = ${this.#at(lifeMs)}
      WHERE id = ${id} AND owner_id = ${ownerId} AND status IN ('queued', 'running') RETURNING *`);
  }

  async hasUnfinished(): Promise<boolean> {
    const { rows } = await this.#execute(sql`SELECT 1 FROM async_jobs WHERE status IN ('queued', 'running') LIMIT 1`);
    return rows.length > 0;
  }

  /** Jobs that nobody seems to be at, oldest first. */
  async forgotten(limit: number): Promise<readonly string[]> {
    const { rows } = await this.#execute(sql`SELECT id FROM async_jobs
      WHERE (status = 'queued' AND updated_at <= ${this.#at(-longWaitMs)})
        OR (status = 'running' AND lease_until <= ${this.#at()})
      ORDER BY created_at LIMIT ${limit}`);
    return rows.map((row) => String(row['id']));
  }

  async dropExpired(): Promise<number> {
    const { rows } = await this.#execute(sql`DELETE FROM async_jobs WHERE expires_at <= ${this.#at()} RETURNING id`);
    return rows.length;
  }

  #at(laterMs = 0): string {
    return new Date(this.#options.clock.now() + laterMs).toISOString();
  }

  #seal(id: string, value: JsonObject): Buffer {
    return this.#options.cipher.seal(Buffer.from(JSON.stringify(value)), id);
  }

  #open(id: string, sealed: Uint8Array): JsonObject {
    return JSON.parse(this.#options.cipher.open(Buffer.from(sealed), id).toString('utf8')) as JsonObject;
  }

  #execute(statement: SQL) {
    return this.#options.database.query((executor) => executor.execute(statement));
  }

  /** Ends a job, and has its owner's webhooks told. @returns undefined: it was not to be ended */
  #end(statement: SQL): Promise<AsyncJob | undefined> {
    return this.#options.database.transaction(async (executor) => {
      const [job] = await this.#read(executor, statement);
      if (job !== undefined) await tell(executor, job, this.#options.clock.now());
      return job;
    });
  }

  #jobs(statement: SQL): Promise<AsyncJob[]> {
    return this.#options.database.query((executor) => this.#read(executor, statement));
  }

  async #read(executor: Executor, statement: SQL): Promise<AsyncJob[]> {
    const { rows } = await executor.execute(statement);
    return (rows as Row[]).map((row) => ({
      id: row.id,
      ownerId: row.owner_id,
      keyId: row.key_id,
      type: row.type,
      status: row.status,
      progress: row.progress,
      attempts: row.attempts,
      input: this.#open(row.id, row.input),
      result: row.result === null ? null : this.#open(row.id, row.result),
      error: row.error,
      createdAt: new Date(row.created_at),
      updatedAt: new Date(row.updated_at),
      expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    }));
  }
}

/** One carrying out of a job. */
export type Attempt = Pick<AsyncJob, 'id' | 'attempts'>;
