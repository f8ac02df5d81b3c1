import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { SecretCache } from './secret-cache.ts';

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

/** A key to be tested. */
export interface KeyUnderTest {
  readonly secret: string;
  /** Which writing of the key this is: another after each `put`. */
  readonly writing: Buffer;
}

/** Every method may throw AppError DATABASE_UNAVAILABLE. A tenant sees its own keys only. */
export interface ProviderKeyStore {
  /** Stores a key, or replaces the one there is. */
  put(tenantId: string, upstream: string, secret: string): Promise<ProviderKey>;
  list(tenantId: string): Promise<readonly ProviderKey[]>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  get(tenantId: string, upstream: string): Promise<ProviderKey>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  delete(tenantId: string, upstream: string): Promise<void>;
  /**
   * The key itself, for a call. A change made elsewhere is seen within a second.
   * @returns undefined when there is none
   * @throws AppError byok_provider_missing when what is stored does not open
   */
  secret(tenantId: string, upstream: string): Promise<string | undefined>;
  /** The key as it is stored now. @throws AppError RESOURCE_NOT_FOUND, byok_provider_missing when it does not open */
  keyUnderTest(tenantId: string, upstream: string): Promise<KeyUnderTest>;
  /**
   * Remembers how a test ended, unless the key has been replaced since: the new one is untested.
   * @throws AppError RESOURCE_NOT_FOUND
   */
  tested(
    tenantId: string,
    upstream: string,
    result: { readonly writing: Buffer; readonly ok: boolean },
  ): Promise<ProviderKey>;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
  /** Told of keys that no longer open. */
  readonly logger?: Logger;
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

/** Of a short key less is shown: never more than a quarter. */
function hintOf(secret: string): string {
  const characters = Math.min(hintCharacters, Math.floor(secret.length / 4));
  return characters === 0 ? '' : secret.slice(-characters);
}

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

class PostgresProviderKeyStore implements ProviderKeyStore {
  readonly #options: Options;
  readonly #cache: SecretCache;

  constructor(options: Options) {
    this.#options = options;
    const read = async (tenantId: string, upstream: string) => (await this.#read(tenantId, upstream))?.secret;
    this.#cache = new SecretCache({ clock: options.clock, read });
  }

  async put(tenantId: string, upstream: string, secret: string): Promise<ProviderKey> {
    const sealed = this.#options.cipher.seal(Buffer.from(secret), contextOf(tenantId, upstream));
    const now = this.#now();
    return this.#changing(tenantId, upstream, async () => {
      const row = await this
        .#row(sql`INSERT INTO provider_keys (tenant_id, upstream, sealed, hint, created_at, updated_at)
          VALUES (${tenantId}, ${upstream}, ${sealed}, ${hintOf(secret)}, ${now}, ${now})
          ON CONFLICT (tenant_id, upstream) DO UPDATE SET sealed = excluded.sealed, hint = excluded.hint,
            updated_at = excluded.updated_at, last_tested_at = NULL, last_test_ok = NULL
          RETURNING ${shown}`);
      if (row === undefined) throw notStored(upstream);
      return toKey(row);
    });
  }

  async list(tenantId: string): Promise<readonly ProviderKey[]> {
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<Row>(sql`SELECT ${shown} FROM provider_keys WHERE tenant_id = ${tenantId} ORDER BY upstream`),
    );
    return rows.map(toKey);
  }

  async get(tenantId: string, upstream: string): Promise<ProviderKey> {
    const row = await this.#row(
      sql`SELECT ${shown} FROM provider_keys WHERE tenant_id = ${tenantId} AND upstream = ${upstream}`,
    );
    if (row === undefined) throw notStored(upstream);
    return toKey(row);
  }

  async delete(tenantId: string, upstream: string): Promise<void> {
    await this.#changing(tenantId, upstream, async () => {
      const row = await this.#row(
        sql`DELETE FROM provider_keys WHERE tenant_id = ${tenantId} AND upstream = ${upstream} RETURNING ${shown}`,
      );
      if (row === undefined) throw notStored(upstream);
    });
  }

  secret(tenantId: string, upstream: string): Promise<string | undefined> {
    return this.#cache.read(tenantId, upstream);
  }

  async keyUnderTest(tenantId: string, upstream: string): Promise<KeyUnderTest> {
    const key = await this.#read(tenantId, upstream);
    if (key === undefined) throw notStored(upstream);
    return key;
  }

  async tested(
    tenantId: string,
    upstream: string,
    { writing, ok }: { readonly writing: Buffer; readonly ok: boolean },
  ): Promise<ProviderKey> {
    const row = await this.#row(sql`UPDATE provider_keys SET
        last_tested_at = CASE WHEN sealed = ${writing} THEN ${this.#now()}::timestamptz ELSE last_tested_at END,
        last_test_ok = CASE WHEN sealed = ${writing} THEN ${ok} ELSE last_test_ok END
      WHERE tenant_id = ${tenantId} AND upstream = ${upstream} RETURNING ${shown}`);
    if (row === undefined) throw notStored(upstream);
    return toKey(row);
  }

  /** What this process has changed it must not go on using, even where it does not know whether it was changed. */
  async #changing<Result>(tenantId: string, upstream: string, change: () => Promise<Result>): Promise<Result> {
    try {
      return await change();
    } finally {
      this.#cache.forget(tenantId, upstream);
    }
  }

  async #row(statement: ReturnType<typeof sql>): Promise<Row | undefined> {
    const { rows } = await this.#options.database.query((executor) => executor.execute<Row>(statement));
    return rows[0];
  }

  async #read(tenantId: string, upstream: string): Promise<KeyUnderTest | undefined> {
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<{ sealed: Buffer }>(
        sql`SELECT sealed FROM provider_keys WHERE tenant_id = ${tenantId} AND upstream = ${upstream}`,
      ),
    );
    const [row] = rows;
    return row === undefined ? undefined : { secret: this.#open(row.sealed, tenantId, upstream), writing: row.sealed };
  }

  /** A key of another master key helps nobody: to its owner it is as good as missing, and the operator is told. */
  #open(sealed: Buffer, tenantId: string, upstream: string): string {
    const { cipher, logger } = this.#options;
    try {
      return cipher.open(sealed, contextOf(tenantId, upstream)).toString('utf8');
    } catch (error) {
      const reason = errorMessage(error);
      logger?.error({ tenant: tenantId, upstream, reason }, 'a stored provider key does not open with the master key');
      throw new AppError(
        'byok_provider_missing',
        `Your key for ${JSON.stringify(upstream)} is stored but can no longer be read. Store it again: PUT /v1/provider-keys/${upstream}.`,
        { param: 'model', cause: error },
      );
    }
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

/** Keys in PostgreSQL, sealed with the master key and bound to their tenant and upstream. */
export function createProviderKeyStore(options: Options): ProviderKeyStore {
  return new PostgresProviderKeyStore(options);
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
