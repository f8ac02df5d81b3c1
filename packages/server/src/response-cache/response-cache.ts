import { hash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/schema.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';

/** An answer as it went to the client. */
export interface CachedAnswer {
  readonly kind: 'json' | 'stream';
  readonly text: string;
}

export interface FoundAnswer extends CachedAnswer {
  readonly ageSeconds: number;
}

export interface ResponseCache {
  /** An answer no older than `maxAgeSeconds`. A cache that cannot be read has none. */
  find(id: string, maxAgeSeconds: number): Promise<FoundAnswer | undefined>;
  /** Keeps an answer for `maxAgeSeconds`, unless it is too large. Never rejects. */
  store(entry: {
    readonly id: string;
    readonly tenantId: string;
    readonly maxAgeSeconds: number;
    readonly answer: CachedAnswer;
  }): Promise<void>;
  /** Drops what has expired, and the oldest of tenants that have too many. Runs by itself. @returns how many */
  tidy(): Promise<number>;
  close(): Promise<void>;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: Cipher;
  readonly settings: Settings['response_cache'];
}

interface Row extends Record<string, unknown> {
  readonly kind: CachedAnswer['kind'];
  readonly payload: Buffer;
  readonly created_at_ms: string;
}

const tidyEveryMs = 5 * 60_000;

/** Equal for equal requests of one tenant, and for nothing else. @param parts what makes the request what it is */
export function cacheId(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex');
}

/** What a driver says of a failed statement has the answer in it. */
function reasonOf(error: unknown): string {
  return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

async function find({ database, clock, cipher }: Options, id: string, maxAgeSeconds: number) {
  const nowMs = clock.now();
  const oldest = new Date(nowMs - maxAgeSeconds * 1_000).toISOString();
  const now = new Date(nowMs).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute<Row>(sql`SELECT kind, payload, (extract(epoch FROM created_at) * 1000)::bigint::text AS created_at_ms
      FROM response_cache WHERE id = ${id} AND created_at > ${oldest}::timestamptz AND expires_at > ${now}::timestamptz`),
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const text = cipher.open(row.payload, id).toString('utf8');
  return { kind: row.kind, text, ageSeconds: Math.max(0, Math.floor((nowMs - Number(row.created_at_ms)) / 1_000)) };
}

async function tidy({ database, clock, settings }: Options): Promise<number> {
  const now = new Date(clock.now()).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute<{ dropped: number }>(sql`WITH ranked AS (
        SELECT id, expires_at, row_number() OVER (PARTITION BY tenant_id ORDER BY created_at DESC) AS place FROM response_cache
      ), dropped AS (
        DELETE FROM response_cache WHERE id IN (
          SELECT id FROM ranked WHERE expires_at <= ${now}::timestamptz OR place > ${settings.max_tenant_entries}
        ) RETURNING 1
      ) SELECT count(*)::integer AS dropped FROM dropped`),
  );
  return rows[0]?.dropped ?? 0;
}

/** Exact-match answers in PostgreSQL, each sealed and bound to its request. */
export function createResponseCache(options: Options): ResponseCache {
  const { database, clock, logger, cipher, settings } = options;
  let running: Promise<unknown> | undefined;
  const warn = (what: string) => (error: unknown) => {
    logger.warn({ reason: reasonOf(error) }, what);
    return undefined;
  };
  const stop = clock.every(tidyEveryMs, () => {
    running ??= tidy(options)
      .catch(warn('the response cache could not be tidied'))
      .finally(() => {
        running = undefined;
      });
  });
  return {
    find: (id, maxAgeSeconds) => find(options, id, maxAgeSeconds).catch(warn('the response cache could not be read')),
    store: async ({ id, tenantId, maxAgeSeconds, answer }) => {
      const bytes = Buffer.from(answer.text);
      if (bytes.length > settings.max_entry_bytes) return;
      const now = new Date(clock.now()).toISOString();
      const until = new Date(clock.now() + maxAgeSeconds * 1_000).toISOString();
      await database
        .query((executor) =>
          executor.execute(sql`INSERT INTO response_cache (id, tenant_id, kind, payload, created_at, expires_at)
            VALUES (${id}, ${tenantId}, ${answer.kind}, ${cipher.seal(bytes, id)}, ${now}, ${until})
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, payload = excluded.payload,
              created_at = excluded.created_at, expires_at = excluded.expires_at`),
        )
        .catch(warn('an answer could not be cached'));
    },
    tidy: () => tidy(options),
    close: async () => {
      stop();
      await running;
    },
  };
}
