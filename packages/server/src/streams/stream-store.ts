import { sql, type SQL } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';

export type StreamState = 'live' | 'complete' | 'failed';

export interface StoredStream {
  readonly state: StreamState;
  /** A live stream whose lease has run out belongs to a process that died. */
  readonly leaseUntilMs: number;
}

/** Recorded streams in the database: sealed events, for readers on any process. */
export interface StreamStore {
  create(stream: { readonly id: string; readonly tenantId: string }): Promise<void>;
  /** Adds events; `firstEvent` is the number of the first, from 0. The same piece twice changes nothing. */
  append(id: string, firstEvent: number, events: readonly string[]): Promise<void>;
  finish(id: string, state: 'complete' | 'failed'): Promise<void>;
  renew(ids: readonly string[]): Promise<void>;
  /** undefined when there is none, or it is another tenant's, or it is older than 24 hours. */
  find(id: string, tenantId: string): Promise<StoredStream | undefined>;
  /** Events from number `from` on, in order; at most some hundred kilobytes a call. */
  read(id: string, from: number): Promise<readonly string[]>;
  expire(): Promise<number>;
}

const streamRetentionMs = 24 * 60 * 60 * 1000;
const streamLeaseMs = 30_000;
const expireBatch = 200;
const piecesPerRead = 50;

interface Piece extends Record<string, unknown> {
  first_event: number;
  payload: Buffer;
}

const instant = (ms: number) => new Date(ms).toISOString();

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
}

class PostgresStreamStore implements StreamStore {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async create({ id, tenantId }: { readonly id: string; readonly tenantId: string }): Promise<void> {
    const nowMs = this.#options.clock.now();
    await this.#run(sql`
      INSERT INTO streams (id, tenant_id, state, lease_until, created_at, expires_at)
      VALUES (${id}, ${tenantId}, 'live', ${this.#lease()}, ${instant(nowMs)}, ${instant(nowMs + streamRetentionMs)})
      ON CONFLICT (id) DO NOTHING`);
  }

  async append(id: string, firstEvent: number, events: readonly string[]): Promise<void> {
    const payload = this.#options.cipher.seal(Buffer.from(JSON.stringify(events)), `${id}:${firstEvent}`);
    await this.#run(sql`
      INSERT INTO stream_pieces (stream_id, first_event, events, payload)
      VALUES (${id}, ${firstEvent}, ${events.length}, ${payload})
      ON CONFLICT (stream_id, first_event) DO NOTHING`);
  }

  async finish(id: string, state: 'complete' | 'failed'): Promise<void> {
    await this.#run(sql`UPDATE streams SET state = ${state} WHERE id = ${id} AND state = 'live'`);
  }

  async renew(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#run(sql`
      UPDATE streams SET lease_until = ${this.#lease()}
      WHERE state = 'live' AND id IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`);
  }

  async find(id: string, tenantId: string): Promise<StoredStream | undefined> {
    const now = instant(this.#options.clock.now());
    const [row] = await this.#run<{ state: StreamState; lease_until: Date | string }>(sql`
      SELECT state, lease_until FROM streams WHERE id = ${id} AND tenant_id = ${tenantId} AND expires_at > ${now}`);
    return row === undefined ? undefined : { state: row.state, leaseUntilMs: new Date(row.lease_until).getTime() };
  }

  async read(id: string, from: number): Promise<readonly string[]> {
    const rows = await this.#run<Piece>(sql`
      SELECT first_event, payload FROM stream_pieces
      WHERE stream_id = ${id} AND first_event + events > ${from} ORDER BY first_event LIMIT ${piecesPerRead}`);
    return rows.flatMap(({ first_event: firstEvent, payload }) => {
      const sealed = this.#options.cipher.open(payload, `${id}:${firstEvent}`);
      const events = JSON.parse(sealed.toString('utf8')) as string[];
      return firstEvent < from ? events.slice(from - firstEvent) : events;
    });
  }

  async expire(): Promise<number> {
    const now = instant(this.#options.clock.now());
    const rows = await this.#run(sql`
      DELETE FROM streams WHERE id IN (
        SELECT id FROM streams WHERE expires_at <= ${now} LIMIT ${expireBatch} FOR UPDATE SKIP LOCKED) RETURNING id`);
    return rows.length;
  }

  #lease(): string {
    return instant(this.#options.clock.now() + streamLeaseMs);
  }

  async #run<Row extends Record<string, unknown>>(statement: SQL): Promise<Row[]> {
    const { rows } = await this.#options.database.query((executor) => executor.execute<Row>(statement));
    return rows as Row[];
  }
}

export function createStreamStore(options: Options): StreamStore {
  return new PostgresStreamStore(options);
}
