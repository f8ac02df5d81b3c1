import { and, asc, desc, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError, errorCode } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { tenants } from '../tenants/tables.ts';
import { termsOf, type TermsRow } from '../tenants/terms.ts';
import { recordEvent } from '../webhooks/record-event.ts';
import { generateSecret, hashSecret, secretHint } from './key-format.ts';
import type { ApiKey, KeyLimits, KeyMode, Principal, Scope } from './key.ts';
import { apiKeys, apiKeySecrets } from './tables.ts';

export interface NewKey {
  readonly tenantId: string;
  readonly name: string;
  readonly mode: KeyMode;
  readonly scopes: readonly Scope[];
  readonly models: readonly string[] | null;
  readonly expiresAt: Date | null;
  readonly cacheSeconds?: number | null;
  readonly limits?: KeyLimits | null;
}

/** What of a key can be changed; absent: left as it is. */
export interface KeyChangeRequest {
  readonly pinnedVersion?: string | undefined;
  readonly cacheSeconds?: number | null | undefined;
  readonly name?: string | undefined;
  readonly limits?: KeyLimits | null | undefined;
}

/** What a secret stands for, with the instants after which it no longer does. */
export interface KeyRecord {
  readonly principal: Principal;
  readonly revoked: boolean;
  readonly keyExpiresAtMs: number;
  readonly secretExpiresAtMs: number;
}

/** A key or tenant that changed lately; `version` differs at each change. */
export interface KeyChange {
  readonly kind: 'key' | 'tenant';
  readonly id: string;
  readonly version: string;
}

export interface KeyStore {
  create(input: NewKey): Promise<{ readonly key: ApiKey; readonly secret: string }>;
  /** A new secret for the same key; the older ones go on for `overlapSeconds`. @throws AppError RESOURCE_NOT_FOUND, CONFLICT */
  rotate(keyId: string, overlapSeconds: number): Promise<{ readonly key: ApiKey; readonly secret: string }>;
  /** Idempotent. @throws AppError RESOURCE_NOT_FOUND */
  revoke(keyId: string): Promise<ApiKey>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  get(keyId: string): Promise<ApiKey>;
  listOfTenant(input: {
    readonly tenantId: string;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<ApiKey[]>;
  findByHash(hash: string): Promise<KeyRecord | undefined>;
  /** A key of a tenant as of now, for work it ordered earlier. */
  findById(tenantId: string, keyId: string): Promise<KeyRecord | undefined>;
  /** Pins a key that has no pin yet: what its first call spoke is what it goes on speaking. */
  readonly pinIfUnpinned: (keyId: string, version: string) => Promise<void>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  update(keyId: string, change: KeyChangeRequest): Promise<ApiKey>;
  /** Keys and tenants changed within the last `seconds` by the database's clock. */
  changedWithin(seconds: number): Promise<KeyChange[]>;
}

export interface KeyPrefixes {
  readonly live: string;
  readonly test: string;
}

interface Dependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly prefixes: KeyPrefixes;
}

const newestHint = sql<string>`coalesce((SELECT s.hint FROM api_key_secrets s WHERE s.key_id = api_keys.id ORDER BY s.created_at DESC LIMIT 1), '')`;

const columns = {
  id: apiKeys.id,
  tenantId: apiKeys.tenantId,
  name: apiKeys.name,
  mode: apiKeys.mode,
  scopes: apiKeys.scopes,
  models: apiKeys.models,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  createdAt: apiKeys.createdAt,
  pinnedVersion: apiKeys.pinnedVersion,
  cacheSeconds: apiKeys.cacheSeconds,
  limits: apiKeys.limits,
  lastUsedAt: sql<Date | null>`(SELECT u.last_used_at FROM key_uses u WHERE u.key_id = api_keys.id)`.mapWith(
    (value: unknown) => (value === null ? null : new Date(value as string)),
  ),
  lastUsedAddress: sql<string | null>`(SELECT u.address FROM key_uses u WHERE u.key_id = api_keys.id)`,
  hint: newestHint,
};

function notFound(keyId: string): AppError {
  return new AppError(
    'RESOURCE_NOT_FOUND',
    `There is no key ${JSON.stringify(keyId)}. GET /admin/v1/tenants/{id}/keys lists a tenant's keys.`,
    { param: 'id' },
  );
}

function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && errorCode(error.cause) === '23503';
}

async function readKey(executor: Executor, keyId: string): Promise<ApiKey> {
  const [key] = await executor.select(columns).from(apiKeys).where(eq(apiKeys.id, keyId));
  if (key === undefined) throw notFound(keyId);
  return key;
}

/** What webhooks are told of a key: never the secret. */
async function tell(
  executor: Executor,
  type: 'key.created' | 'key.rotated' | 'key.revoked',
  { id, tenantId, name, mode, hint }: ApiKey,
  nowMs: number,
): Promise<void> {
  await recordEvent(executor, { tenantId, type, nowMs, data: { key_id: id, name, mode, hint } });
}

async function insertSecret(executor: Executor, prefix: string, keyId: string): Promise<string> {
  const secret = generateSecret(prefix);
  await executor
    .insert(apiKeySecrets)
    .values({ hash: hashSecret(secret), keyId, hint: secretHint(prefix, secret), createdAt: sql`clock_timestamp()` });
  return secret;
}

const recordColumns = {
  keyId: apiKeys.id,
  tenantId: apiKeys.tenantId,
  mode: apiKeys.mode,
  scopes: apiKeys.scopes,
  models: apiKeys.models,
  keyExpiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  plan: tenants.plan,
  suspended: tenants.suspended,
  overage: tenants.overage,
  region: tenants.region,
  trialEndsAt: tenants.trialEndsAt,
  creditTokens: tenants.creditTokens,
  creditUntil: tenants.creditUntil,
  keptBodiesDays: tenants.keptBodiesDays,
  limits: apiKeys.limits,
  pinnedVersion: apiKeys.pinnedVersion,
  cacheSeconds: apiKeys.cacheSeconds,
};

interface RecordRow extends TermsRow {
  readonly keyId: string;
  readonly tenantId: string;
  readonly mode: KeyMode;
  readonly scopes: readonly Scope[];
  readonly models: readonly string[] | null;
  readonly keyExpiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly limits: KeyLimits | null;
  readonly pinnedVersion: string | null;
  readonly cacheSeconds: number | null;
}

function toRecord(row: RecordRow, secretExpiresAt: Date | null): KeyRecord {
  return {
    principal: {
      tenantId: row.tenantId,
      keyId: row.keyId,
      mode: row.mode,
      scopes: new Set(row.scopes),
      models: row.models === null ? null : new Set(row.models),
      ...termsOf(row),
      keyLimits: row.limits ?? undefined,
      pinnedVersion: row.pinnedVersion ?? undefined,
      cacheSeconds: row.cacheSeconds ?? undefined,
    },
    revoked: row.revokedAt !== null,
    keyExpiresAtMs: row.keyExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
    secretExpiresAtMs: secretExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}

async function findByHash(database: Database, hash: string): Promise<KeyRecord | undefined> {
  const [row] = await database.query((executor) =>
    executor
      .select({ ...recordColumns, secretExpiresAt: apiKeySecrets.expiresAt })
      .from(apiKeySecrets)
      .innerJoin(apiKeys, eq(apiKeys.id, apiKeySecrets.keyId))
      .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
      .where(eq(apiKeySecrets.hash, hash)),
  );
  return row === undefined ? undefined : toRecord(row, row.secretExpiresAt);
}

async function findById(database: Database, tenantId: string, keyId: string): Promise<KeyRecord | undefined> {
  const [row] = await database.query((executor) =>
    executor
      .select(recordColumns)
      .from(apiKeys)
      .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
      .where(and(eq(apiKeys.id, keyId), eq(apiKeys.tenantId, tenantId))),
  );
  return row === undefined ? undefined : toRecord(row, null);
}

function createKey(
  { database, clock, prefixes }: Dependencies,
  input: NewKey,
): Promise<{ key: ApiKey; secret: string }> {
  const id = newId('key', clock.now());
  return database
    .transaction(async (executor) => {
      const models = input.models === null ? null : [...input.models];
      await executor.insert(apiKeys).values({ ...input, id, scopes: [...input.scopes], models });
      const secret = await insertSecret(executor, prefixes[input.mode], id);
      const key = await readKey(executor, id);
      await tell(executor, 'key.created', key, clock.now());
      return { key, secret };
    })
    .catch((error: unknown) => {
      if (!isForeignKeyViolation(error)) throw error;
      throw new AppError('RESOURCE_NOT_FOUND', `There is no tenant ${JSON.stringify(input.tenantId)}.`, {
        param: 'id',
      });
    });
}

function rotateKey(
  { database, clock, prefixes }: Dependencies,
  keyId: string,
  overlapSeconds: number,
): Promise<{ key: ApiKey; secret: string }> {
  return database.transaction(async (executor) => {
    const [key] = await executor
      .select({ mode: apiKeys.mode, revokedAt: apiKeys.revokedAt })
      .from(apiKeys)
      .where(eq(apiKeys.id, keyId))
      .for('update');
    if (key === undefined) throw notFound(keyId);
    if (key.revokedAt !== null)
      throw new AppError('CONFLICT', 'A revoked key cannot be rotated. Create a new one.', { param: 'id' });
    const until = new Date(clock.now() + overlapSeconds * 1000);
    const stillOpen = or(isNull(apiKeySecrets.expiresAt), gt(apiKeySecrets.expiresAt, until));
    await executor
      .update(apiKeySecrets)
      .set({ expiresAt: until })
      .where(and(eq(apiKeySecrets.keyId, keyId), stillOpen));
    const secret = await insertSecret(executor, prefixes[key.mode], keyId);
    await executor
      .update(apiKeys)
      .set({ updatedAt: sql`clock_timestamp()` })
      .where(eq(apiKeys.id, keyId));
    const rotated = await readKey(executor, keyId);
    await tell(executor, 'key.rotated', rotated, clock.now());
    return { key: rotated, secret };
  });
}

function revokeKey({ database, clock }: Dependencies, keyId: string): Promise<ApiKey> {
  return database.transaction(async (executor) => {
    const revoked = await executor
      .update(apiKeys)
      .set({ revokedAt: sql`clock_timestamp()`, updatedAt: sql`clock_timestamp()` })
      .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt)))
      .returning({ id: apiKeys.id });
    const key = await readKey(executor, keyId);
    if (revoked.length > 0) await tell(executor, 'key.revoked', key, clock.now());
    return key;
  });
}

async function changedWithin(database: Database, seconds: number): Promise<KeyChange[]> {
  const since = sql`now() - make_interval(secs => ${seconds})`;
  const keys = await database.query((executor) =>
    executor
      .select({ id: apiKeys.id, version: sql<string>`${apiKeys.updatedAt}::text` })
      .from(apiKeys)
      .where(gt(apiKeys.updatedAt, since))
      .orderBy(desc(apiKeys.updatedAt)),
  );
  const changedTenants = await database.query((executor) =>
    executor
      .select({ id: tenants.id, version: sql<string>`${tenants.updatedAt}::text` })
      .from(tenants)
      .where(gt(tenants.updatedAt, since))
      .orderBy(desc(tenants.updatedAt)),
  );
  return [
    ...keys.map((row) => ({ kind: 'key' as const, ...row })),
    ...changedTenants.map((row) => ({ kind: 'tenant' as const, ...row })),
  ];
}

/** Changes a key; it must still be there for the change to be read back. */
async function changeKey(
  executor: Executor,
  keyId: string,
  { pinnedVersion, cacheSeconds, name, limits }: KeyChangeRequest,
): Promise<void> {
  await executor
    .update(apiKeys)
    .set({
      ...(pinnedVersion === undefined ? {} : { pinnedVersion }),
      ...(cacheSeconds === undefined ? {} : { cacheSeconds }),
      ...(name === undefined ? {} : { name }),
      ...(limits === undefined ? {} : { limits }),
      updatedAt: sql`clock_timestamp()`,
    })
    .where(eq(apiKeys.id, keyId));
}

async function pinIfUnpinned(executor: Executor, keyId: string, version: string): Promise<void> {
  await executor
    .update(apiKeys)
    .set({ pinnedVersion: version, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.pinnedVersion)));
}

export function createKeyStore(dependencies: Dependencies): KeyStore {
  const { database } = dependencies;
  return {
    create: (input) => createKey(dependencies, input),
    rotate: (keyId, overlapSeconds) => rotateKey(dependencies, keyId, overlapSeconds),
    revoke: (keyId) => revokeKey(dependencies, keyId),
    get: (keyId) => database.query((executor) => readKey(executor, keyId)),
    listOfTenant: ({ tenantId, after, limit }) =>
      database.query((executor) =>
        executor
          .select(columns)
          .from(apiKeys)
          .where(and(eq(apiKeys.tenantId, tenantId), after === undefined ? undefined : gt(apiKeys.id, after)))
          .orderBy(asc(apiKeys.id))
          .limit(limit + 1),
      ),
    findByHash: (hash) => findByHash(database, hash),
    findById: (tenantId, keyId) => findById(database, tenantId, keyId),
    pinIfUnpinned: (keyId, version) => database.query((executor) => pinIfUnpinned(executor, keyId, version)),
    update: (keyId, change) =>
      database.transaction(async (executor) => {
        await changeKey(executor, keyId, change);
        return readKey(executor, keyId);
      }),
    changedWithin: (seconds) => changedWithin(database, seconds),
  };
}
