import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import { ulid } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';

/** An answer kept for replay. */
export interface StoredResponse {
  readonly status: number;
  /** Flat name, value pairs, without those that belong to one request only. */
  readonly headers: readonly string[];
  readonly body: string;
}

export type Claim =
  /** The caller executes, then completes or releases. */
  | { readonly kind: 'claimed'; readonly claim: ClaimHandle }
  | { readonly kind: 'replay'; readonly response: StoredResponse }
  /** The answer is, or was, a stream: follow it. */
  | { readonly kind: 'stream'; readonly streamId: string; readonly running: boolean }
  | { readonly kind: 'running' }
  /** The same key with another request. */
  | { readonly kind: 'conflict' }
  /** The first answer was too large to keep. */
  | { readonly kind: 'too-large' };

export interface ClaimHandle {
  readonly id: string;
  readonly token: string;
}

export interface ClaimRequest {
  readonly id: string;
  readonly tenantId: string;
  readonly fingerprint: string;
  /** Given when the answer will be a stream that others may follow. */
  readonly streamId?: string | undefined;
}

export interface IdempotencyStore {
  /** One statement when the key is new. @throws AppError DATABASE_UNAVAILABLE */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Keeps the answer for 24 hours. */
  complete(claim: ClaimHandle, response: StoredResponse): Promise<void>;
  /** The stream has ended well: its record is the answer. */
  completeStream(claim: ClaimHandle): Promise<void>;
  /** Nothing is kept: the key is free again. */
  release(claim: ClaimHandle): Promise<void>;
  /** Deletes what is older than 24 hours. Runs by itself. @returns how many */
  expire(): Promise<number>;
  close(): Promise<void>;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: Cipher;
  /** Larger answers are not kept. */
  readonly maxBodyBytes: number;
  /** A claim whose process died is free after this long. */
  readonly leaseMs?: number;
}

interface Row extends Record<string, unknown> {
  fingerprint: string;
  state: 'running' | 'done' | 'too-large';
  stream_id: string | null;
  payload: Buffer | null;
}

const retentionMs = 24 * 60 * 60 * 1000;
const defaultLeaseMs = 30_000;
const expireEveryMs = 10 * 60_000;
const expireBatch = 500;

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function judge(row: Row, request: ClaimRequest, cipher: Cipher): Claim {
  if (row.fingerprint !== request.fingerprint) return { kind: 'conflict' };
  if (row.stream_id !== null && row.state !== 'too-large')
    return { kind: 'stream', streamId: row.stream_id, running: row.state === 'running' };
  if (row.state === 'running') return { kind: 'running' };
  if (row.state === 'too-large' || row.payload === null) return { kind: 'too-large' };
  return {
    kind: 'replay',
    response: JSON.parse(cipher.open(row.payload, request.id).toString('utf8')) as StoredResponse,
  };
}

class PostgresIdempotencyStore implements IdempotencyStore {
  readonly #options: Options;
  readonly #leaseMs: number;
  /** Claims of this process: their leases are renewed while they run. */
  readonly #held = new Map<string, ClaimHandle>();
  readonly #stops: (() => void)[];
  /** What the timers have begun and is not over. */
  readonly #background = new Set<Promise<void>>();

  constructor(options: Options) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs;
    this.#stops = [
      options.clock.every(this.#leaseMs / 3, () => {
        this.#inBackground(this.#renew(), 'leases could not be renewed');
      }),
      options.clock.every(expireEveryMs, () => {
        this.#inBackground(this.expire(), 'old records could not be deleted');
      }),
    ];
  }

  async claim(request: ClaimRequest): Promise<Claim> {
    const { database, clock, cipher } = this.#options;
    // Between losing the insert and reading the row, the row may be released: then the next try wins it.
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const nowMs = clock.now();
      const token = ulid(nowMs);
      const inserted = await database.query((executor) =>
        executor.execute(sql`
          INSERT INTO idempotency_records AS r (id, tenant_id, fingerprint, state, token, lease_until, stream_id, created_at, expires_at)
          VALUES (${request.id}, ${request.tenantId}, ${request.fingerprint}, 'running', ${token}, ${instant(nowMs + this.#leaseMs)}, ${request.streamId ?? null}, ${instant(nowMs)}, ${instant(nowMs + retentionMs)})
          ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id, fingerprint = excluded.fingerprint, state = 'running', token = excluded.token,
            lease_until = excluded.lease_until, stream_id = excluded.stream_id, payload = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at
          WHERE r.expires_at <= ${instant(nowMs)} OR (r.state = 'running' AND r.lease_until <= ${instant(nowMs)})
          RETURNING id`),
      );
      if (inserted.rows.length > 0) {
        const claim = { id: request.id, token };
        this.#held.set(token, claim);
        return { kind: 'claimed', claim };
      }
      const { rows } = await database.query((executor) =>
        executor.execute<Row>(
          sql`SELECT fingerprint, state, stream_id, payload FROM idempotency_records WHERE id = ${request.id}`,
        ),
      );
      const row = rows[0];
      if (row !== undefined) return judge(row, request, cipher);
    }
    return { kind: 'running' };
  }

  async complete(claim: ClaimHandle, response: StoredResponse): Promise<void> {
    const { cipher, maxBodyBytes } = this.#options;
    const plain = Buffer.from(JSON.stringify(response));
    if (plain.length > maxBodyBytes) await this.#finish(claim, 'too-large', null);
    else await this.#finish(claim, 'done', cipher.seal(plain, claim.id));
  }

  completeStream(claim: ClaimHandle): Promise<void> {
    return this.#finish(claim, 'done', null);
  }

  async release(claim: ClaimHandle): Promise<void> {
    this.#held.delete(claim.token);
    await this.#options.database.query((executor) =>
      executor.execute(
        sql`DELETE FROM idempotency_records WHERE id = ${claim.id} AND token = ${claim.token} AND state = 'running'`,
      ),
    );
  }

  async expire(): Promise<number> {
    const { database, clock } = this.#options;
    let deleted = 0;
    for (;;) {
      const { rows } = await database.query((executor) =>
        executor.execute(sql`
          DELETE FROM idempotency_records WHERE id IN (SELECT id FROM idempotency_records WHERE expires_at <= ${instant(clock.now())} LIMIT ${expireBatch} FOR UPDATE SKIP LOCKED)
          RETURNING id`),
      );
      deleted += rows.length;
      if (rows.length < expireBatch) return deleted;
    }
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all(this.#background);
  }

  async #finish(claim: ClaimHandle, state: Row['state'], payload: Buffer | null): Promise<void> {
    this.#held.delete(claim.token);
    await this.#options.database.query((executor) =>
      executor.execute(
        sql`UPDATE idempotency_records SET state = ${state}, payload = ${payload} WHERE id = ${claim.id} AND token = ${claim.token} AND state = 'running'`,
      ),
    );
  }

  async #renew(): Promise<void> {
    const { database, clock } = this.#options;
    const tokens = [...this.#held.keys()];
    if (tokens.length === 0) return;
    await database.query((executor) =>
      executor.execute(
        sql`UPDATE idempotency_records SET lease_until = ${instant(clock.now() + this.#leaseMs)} WHERE state = 'running' AND token IN (SELECT jsonb_array_elements_text(${JSON.stringify(tokens)}::jsonb))`,
      ),
    );
  }

  #inBackground(work: Promise<unknown>, message: string): void {
    const quiet = work.then(
      () => undefined,
      (error: unknown) => {
        const reason = errorMessage(error instanceof Error ? (error.cause ?? error) : error);
        this.#options.logger.warn({ reason }, message);
      },
    );
    const running = quiet.finally(() => this.#background.delete(running));
    this.#background.add(running);
  }
}

export function createIdempotencyStore(options: Options): IdempotencyStore {
  return new PostgresIdempotencyStore(options);
}
