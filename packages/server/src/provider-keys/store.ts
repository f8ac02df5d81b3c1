import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';

/** A tenant's key for an upstream as its owner sees it: never the key itself. */
export interface ProviderKey {
  readonly upstream: string;
  /** Last characters. */
  readonly hint: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastTestedAt: Date | null;
  readonly lastTestOk: boolean | null;
}

export interface ProviderKeyStore {
  /** Stores a key, or replaces the one there is. */
  put(tenantId: string, upstream: string, secret: string): Promise<ProviderKey>;
  list(tenantId: string): Promise<readonly ProviderKey[]>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  delete(tenantId: string, upstream: string): Promise<void>;
  /** The key itself, for a call. A change made elsewhere is seen within a second. @returns undefined when there is none */
  secret(tenantId: string, upstream: string): Promise<string | undefined>;
  /** Remembers how a test of the key ended. @throws AppError RESOURCE_NOT_FOUND */
  tested(tenantId: string, upstream: string, ok: boolean): Promise<ProviderKey>;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
}

interface Row extends Record<string, unknown> {
  readonly upstream: string;
  readonly hint: string;
  readonly created_at: string | Date;
  readonly updated_at: string | Date;
  readonly last_tested_at: string | Date | null;
  readonly last_test_ok: boolean | null;
}

const shown = sql.raw('upstream, hint, created_at, updated_at, last_tested_at, last_test_ok');
const hintCharacters = 4;
/** How long a key is used without looking again. */
const freshMs = 1_000;
const maxCached = 10_000;

function toKey(row: Row): ProviderKey {
  return {
    upstream: row.upstream,
    hint: row.hint,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    lastTestedAt: row.last_tested_at === null ? null : new Date(row.last_tested_at),
    lastTestOk: row.last_test_ok,
  };
}

function notStored(upstream: string): AppError {
  return new AppError('RESOURCE_NOT_FOUND', `No key for the upstream ${JSON.stringify(upstream)} is stored.`, {
    param: 'upstream',
  });
}

/** Binds a sealed key to its row: copied to another one it does not open. */
function contextOf(tenantId: string, upstream: string): string {
  return `${tenantId} ${upstream}`;
}

async function readSecret({ database, cipher }: Options, tenantId: string, upstream: string) {
  const { rows } = await database.query((executor) =>
    executor.execute<{ sealed: Buffer }>(
      sql`SELECT sealed FROM provider_keys WHERE tenant_id = ${tenantId} AND upstream = ${upstream}`,
    ),
  );
  const [row] = rows;
  return row === undefined ? undefined : cipher.open(row.sealed, contextOf(tenantId, upstream)).toString('utf8');
}

interface Cached {
  readonly secret: Promise<string | undefined>;
  readonly readAtMs: number;
}

/** What was read a moment ago; bounded. */
class SecretCache {
  readonly #options: Options;
  readonly #cached = new Map<string, Cached>();

  constructor(options: Options) {
    this.#options = options;
  }

  read(tenantId: string, upstream: string): Promise<string | undefined> {
    const id = contextOf(tenantId, upstream);
    const nowMs = this.#options.clock.now();
    const known = this.#cached.get(id);
    if (known !== undefined && nowMs - known.readAtMs < freshMs) return known.secret;
    const secret = readSecret(this.#options, tenantId, upstream);
    secret.catch(() => this.#cached.delete(id));
    if (this.#cached.size >= maxCached) this.#cached.clear();
    this.#cached.set(id, { secret, readAtMs: nowMs });
    return secret;
  }

  forget(tenantId: string, upstream: string): void {
    this.#cached.delete(contextOf(tenantId, upstream));
  }
}

export function createProviderKeyStore(options: Options): ProviderKeyStore {
  const { database, clock, cipher } = options;
  const cache = new SecretCache(options);
  const nowText = () => new Date(clock.now()).toISOString();
  return {
    put: async (tenantId, upstream, secret) => {
      const sealed = cipher.seal(Buffer.from(secret), contextOf(tenantId, upstream));
      const { rows } = await database.query((executor) =>
        executor.execute<Row>(sql`INSERT INTO provider_keys (tenant_id, upstream, sealed, hint, created_at, updated_at)
          VALUES (${tenantId}, ${upstream}, ${sealed}, ${secret.slice(-hintCharacters)}, ${nowText()}, ${nowText()})
          ON CONFLICT (tenant_id, upstream) DO UPDATE SET sealed = excluded.sealed, hint = excluded.hint,
            updated_at = excluded.updated_at, last_tested_at = NULL, last_test_ok = NULL
          RETURNING ${shown}`),
      );
      cache.forget(tenantId, upstream);
      const [row] = rows;
      if (row === undefined) throw notStored(upstream);
      return toKey(row);
    },
    list: async (tenantId) => {
      const { rows } = await database.query((executor) =>
        executor.execute<Row>(sql`SELECT ${shown} FROM provider_keys WHERE tenant_id = ${tenantId} ORDER BY upstream`),
      );
      return rows.map(toKey);
    },
    delete: async (tenantId, upstream) => {
      const { rows } = await database.query((executor) =>
        executor.execute(
          sql`DELETE FROM provider_keys WHERE tenant_id = ${tenantId} AND upstream = ${upstream} RETURNING upstream`,
        ),
      );
      cache.forget(tenantId, upstream);
      if (rows.length === 0) throw notStored(upstream);
    },
    secret: (tenantId, upstream) => cache.read(tenantId, upstream),
    tested: async (tenantId, upstream, ok) => {
      const { rows } = await database.query((executor) =>
        executor.execute<Row>(sql`UPDATE provider_keys SET last_tested_at = ${nowText()}, last_test_ok = ${ok}
          WHERE tenant_id = ${tenantId} AND upstream = ${upstream} RETURNING ${shown}`),
      );
      const [row] = rows;
      if (row === undefined) throw notStored(upstream);
      return toKey(row);
    },
  };
}

/** The tenant's own key for a call. @throws AppError byok_provider_missing, DATABASE_UNAVAILABLE */
export async function credentialFor(
  store: Pick<ProviderKeyStore, 'secret'>,
  tenantId: string,
  upstream: string,
): Promise<string> {
  const secret = await store.secret(tenantId, upstream);
  if (secret !== undefined) return secret;
  throw new AppError(
    'byok_provider_missing',
    `This model is called with your own key for ${JSON.stringify(upstream)}, and none is stored. Store one: PUT /v1/provider-keys/${upstream}.`,
    { param: 'model' },
  );
}
