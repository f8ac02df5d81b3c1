import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';

/** An object of the Responses API: an item of input or output, or a whole response. */
export type ResponseJson = Record<string, unknown>;

/** What is kept of one response. */
export interface StoredResponse {
  /** As it was answered, in the shape of today's contract. */
  readonly response: ResponseJson;
  /** The items of this request alone, not those of the responses before it. */
  readonly input: readonly ResponseJson[];
}

export interface NewResponse extends StoredResponse {
  readonly id: string;
  readonly tenantId: string;
  /** The response it goes on from. */
  readonly previousId: string | undefined;
}

/** The responses a conversation consists of so far, or why they cannot all be had. */
export type Chain =
  | { readonly kind: 'found'; readonly responses: readonly StoredResponse[] }
  /** `id` was deleted, has expired, was never stored, or is another tenant's. */
  | { readonly kind: 'missing'; readonly id: string }
  | { readonly kind: 'too-long' };

/** Every method may throw AppError DATABASE_UNAVAILABLE. A tenant sees its own responses only. */
export interface ResponseStore {
  /** @returns false when it is larger than what is kept */
  save(response: NewResponse): Promise<boolean>;
  get(tenantId: string, id: string): Promise<StoredResponse | undefined>;
  /** @returns false when there was none */
  delete(tenantId: string, id: string): Promise<boolean>;
  /** The response `id` and all those before it, the oldest first. */
  chain(tenantId: string, id: string): Promise<Chain>;
  /**
   * Stored items by their ids; those that are not there are left out.
   * @returns undefined when the responses that hold them are too much to read for one request
   */
  findItems(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, ResponseJson> | undefined>;
  /** Deletes what is past its time. Runs by itself. @returns how many */
  expire(): Promise<number>;
  close(): Promise<void>;
}

export interface ResponseStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
  readonly logger: Logger;
  readonly settings: {
    readonly retention_days: number;
    /** Of one response with its input; larger ones are not kept. */
    readonly max_stored_bytes: number;
  };
}

interface Row extends Record<string, unknown> {
  id: string;
  payload: Buffer;
}

interface Link extends Record<string, unknown> {
  id: string;
  previous_id: string | null;
  bytes: number;
}

const dayMs = 86_400_000;
const expireEveryMs = 10 * 60_000;
const expireBatch = 200;
/** Far beyond the context of any model: what is longer is no conversation but a burden. */
const maxChainLinks = 2_000;
const maxChainBytes = 32 * 1024 * 1024;
/** Ids are callers' own where they send items back: only sane ones can be found again. */
const findableId = /^[\w.:-]{1,128}$/;

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** Binds a sealed payload to its row. */
function contextOf(tenantId: string, id: string): string {
  return `${tenantId}/${id}`;
}

/** Input and output items in their order. */
export function itemsOf({ input, response }: StoredResponse): ResponseJson[] {
  const { output } = response as { output?: unknown };
  return [...input, ...(Array.isArray(output) ? (output as ResponseJson[]) : [])];
}

function itemIds(stored: StoredResponse): string[] {
  const ids = itemsOf(stored).flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
  return [...new Set(ids)].filter((id) => findableId.test(id));
}

/** The ids as an SQL array: one parameter whatever their number. */
function textArray(values: readonly string[]) {
  return sql`(SELECT coalesce(array_agg(value), '{}') FROM jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))::text[]`;
}

class PostgresResponseStore implements ResponseStore {
  readonly #options: ResponseStoreOptions;
  readonly #stop: () => void;
  /** Writes and deletions that are not over. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: ResponseStoreOptions) {
    this.#options = options;
    this.#stop = options.clock.every(expireEveryMs, () => {
      void this.#track(this.expire()).catch((error: unknown) => {
        const reason = errorMessage(error instanceof Error ? (error.cause ?? error) : error);
        options.logger.warn({ reason }, 'old responses could not be deleted');
      });
    });
  }

  async save({ id, tenantId, previousId, response, input }: NewResponse): Promise<boolean> {
    const { database, clock, cipher, settings } = this.#options;
    const plain = Buffer.from(JSON.stringify({ response, input } satisfies StoredResponse));
    if (plain.length > settings.max_stored_bytes) return false;
    const nowMs = clock.now();
    const expiresAt = instant(nowMs + settings.retention_days * dayMs);
    const payload = cipher.seal(plain, contextOf(tenantId, id));
    await this.#track(
      database.query((executor) =>
        executor.execute(sql`
          INSERT INTO responses (id, tenant_id, previous_id, item_ids, payload, created_at, expires_at)
          VALUES (${id}, ${tenantId}, ${previousId ?? null}, ${textArray(itemIds({ response, input }))}, ${payload}, ${instant(nowMs)}, ${expiresAt})`),
      ),
    );
    return true;
  }

  async get(tenantId: string, id: string): Promise<StoredResponse | undefined> {
    const [row] = await this.#payloads(tenantId, sql`id = ${id}`);
    return row?.stored;
  }

  async delete(tenantId: string, id: string): Promise<boolean> {
    const { database, clock } = this.#options;
    const { rows } = await this.#track(
      database.query((executor) =>
        executor.execute<{ live: boolean }>(sql`
          DELETE FROM responses WHERE id = ${id} AND tenant_id = ${tenantId}
          RETURNING expires_at > ${instant(clock.now())}::timestamptz AS live`),
      ),
    );
    return rows[0]?.live === true;
  }

  async chain(tenantId: string, id: string): Promise<Chain> {
    const { database, clock } = this.#options;
    // `depth` bounds the walk: a link is written once and names an older one, but a bound costs nothing.
    const { rows: links } = await database.query((executor) =>
      executor.execute<Link>(sql`
        WITH RECURSIVE chain AS (
          SELECT id, previous_id, octet_length(payload) AS bytes, 1 AS depth FROM responses
          WHERE id = ${id} AND tenant_id = ${tenantId} AND expires_at > ${instant(clock.now())}::timestamptz
          UNION ALL
          SELECT r.id, r.previous_id, octet_length(r.payload), c.depth + 1 FROM responses r JOIN chain c ON r.id = c.previous_id
          WHERE r.tenant_id = ${tenantId} AND r.expires_at > ${instant(clock.now())}::timestamptz AND c.depth <= ${maxChainLinks}
        )
        SELECT id, previous_id, bytes FROM chain ORDER BY depth`),
    );
    const oldest = links.at(-1);
    if (oldest === undefined) return { kind: 'missing', id };
    const bytes = links.reduce((sum, link) => sum + link.bytes, 0);
    if (links.length > maxChainLinks || bytes > maxChainBytes) return { kind: 'too-long' };
    if (oldest.previous_id !== null) return { kind: 'missing', id: oldest.previous_id };
    const ids = links.map((link) => link.id);
    const found = new Map(
      (await this.#payloads(tenantId, sql`id = ANY(${textArray(ids)})`)).map((row) => [row.id, row.stored]),
    );
    const responses: StoredResponse[] = [];
    for (const link of ids.toReversed()) {
      const stored = found.get(link);
      // Deleted between the two statements.
      if (stored === undefined) return { kind: 'missing', id: link };
      responses.push(stored);
    }
    return { kind: 'found', responses };
  }

  async findItems(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, ResponseJson> | undefined> {
    const { database, clock } = this.#options;
    const wanted = new Set(ids.filter((id) => findableId.test(id)));
    const items = new Map<string, ResponseJson>();
    if (wanted.size === 0) return items;
    // An item that callers send back again and again is in many responses: the newest one is read.
    const { rows: holders } = await database.query((executor) =>
      executor.execute<{ id: string; bytes: number }>(sql`
        SELECT DISTINCT id, bytes FROM (
          SELECT DISTINCT ON (item) r.id, octet_length(r.payload) AS bytes
          FROM unnest(${textArray([...wanted])}) AS item JOIN responses r ON r.item_ids @> ARRAY[item]
          WHERE r.tenant_id = ${tenantId} AND r.expires_at > ${instant(clock.now())}::timestamptz
          ORDER BY item, r.created_at DESC, r.id DESC
        ) AS newest`),
    );
    if (holders.reduce((sum, { bytes }) => sum + bytes, 0) > maxChainBytes) return undefined;
    const holderIds = holders.map(({ id }) => id);
    for (const { stored } of await this.#payloads(tenantId, sql`id = ANY(${textArray(holderIds)})`)) {
      for (const item of itemsOf(stored)) {
        if (typeof item['id'] === 'string' && wanted.has(item['id'])) items.set(item['id'], item);
      }
    }
    return items;
  }

  async expire(): Promise<number> {
    const { database, clock } = this.#options;
    let deleted = 0;
    for (;;) {
      const { rows } = await database.query((executor) =>
        executor.execute(sql`
          DELETE FROM responses WHERE id IN (SELECT id FROM responses WHERE expires_at <= ${instant(clock.now())}::timestamptz LIMIT ${expireBatch} FOR UPDATE SKIP LOCKED)
          RETURNING id`),
      );
      deleted += rows.length;
      if (rows.length < expireBatch) return deleted;
    }
  }

  async close(): Promise<void> {
    this.#stop();
    await Promise.allSettled(this.#running);
  }

  /** Opened payloads of the tenant's live responses that fulfil the condition. */
  async #payloads(
    tenantId: string,
    condition: ReturnType<typeof sql>,
  ): Promise<{ readonly id: string; readonly stored: StoredResponse }[]> {
    const { database, clock, cipher } = this.#options;
    const { rows } = await database.query((executor) =>
      executor.execute<Row>(sql`
        SELECT id, payload FROM responses
        WHERE tenant_id = ${tenantId} AND expires_at > ${instant(clock.now())}::timestamptz AND ${condition}`),
    );
    return rows.map(({ id, payload }) => ({
      id,
      stored: JSON.parse(cipher.open(payload, contextOf(tenantId, id)).toString('utf8')) as StoredResponse,
    }));
  }

  #track<Result>(work: Promise<Result>): Promise<Result> {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }
}

/** Keeps responses in PostgreSQL, sealed, for as many days as configured. */
export function createResponseStore(options: ResponseStoreOptions): ResponseStore {
  return new PostgresResponseStore(options);
}
