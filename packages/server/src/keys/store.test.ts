import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { createTenantStore, type TenantStore } from '../tenants/store.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { hashSecret, isWellFormedSecret } from './key-format.ts';
import { createKeyStore, type KeyStore, type NewKey } from './store.ts';

describeEachDatabase('keys', (database) => {
  let clock: ManualClock;
  let keys: KeyStore;
  let tenants: TenantStore;
  let tenantId: string;

  beforeEach(async () => {
    clock = createManualClock(Date.now());
    tenants = createTenantStore({ database: database(), clock });
    keys = createKeyStore({ database: database(), clock, prefixes: { live: 'sk_live_', test: 'sk_test_' } });
    tenantId = (await tenants.create({ name: 'Example', plan: 'free' })).id;
  });

  const newKey = (change: Partial<NewKey> = {}): NewKey => ({
    tenantId,
    name: 'a key',
    mode: 'live',
    scopes: ['chat'],
    models: null,
    expiresAt: null,
    ...change,
  });

  test('are found by the hash of their secret, with tenant and plan', async () => {
    const expiresAt = new Date(clock.now() + 60_000);
    const { key, secret } = await keys.create(newKey({ scopes: ['chat', 'models'], models: ['m1'], expiresAt }));
    expect(secret.startsWith('sk_live_')).toBe(true);
    expect(isWellFormedSecret(secret)).toBe(true);
    expect(key).toMatchObject({
      tenantId,
      name: 'a key',
      mode: 'live',
      scopes: ['chat', 'models'],
      models: ['m1'],
      expiresAt,
      revokedAt: null,
      hint: `sk_live_…${secret.slice(-4)}`,
    });
    const record = await keys.findByHash(hashSecret(secret));
    expect(record).toEqual({
      principal: {
        tenantId,
        keyId: key.id,
        mode: 'live',
        scopes: new Set(['chat', 'models']),
        models: new Set(['m1']),
        plan: 'free',
        suspended: false,
      },
      revoked: false,
      keyExpiresAtMs: expiresAt.getTime(),
      secretExpiresAtMs: Number.POSITIVE_INFINITY,
    });
  });

  test('of mode test have their own prefix', async () => {
    const { secret } = await keys.create(newKey({ mode: 'test' }));
    expect(secret.startsWith('sk_test_')).toBe(true);
  });

  test('never leave their secret in the database', async () => {
    const { secret } = await keys.create(newKey());
    const { rows } = await database().query((executor) =>
      executor.execute(
        sql`SELECT to_jsonb(k)::text || coalesce(to_jsonb(s)::text, '') AS row FROM api_keys k LEFT JOIN api_key_secrets s ON s.key_id = k.id`,
      ),
    );
    expect(JSON.stringify(rows)).not.toContain(secret.slice(8, -4));
  });

  test('cannot be made for a tenant that is not there', async () => {
    await expect(keys.create(newKey({ tenantId: 'ten_nobody' }))).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
      param: 'id',
    });
  });

  test('that were rotated answer to both secrets until the overlap ends', async () => {
    const { key, secret: old } = await keys.create(newKey());
    const { key: rotated, secret: fresh } = await keys.rotate(key.id, 60);
    expect(rotated.id).toBe(key.id);
    expect(rotated.hint).toBe(`sk_live_…${fresh.slice(-4)}`);
    expect(fresh).not.toBe(old);
    expect(await keys.findByHash(hashSecret(old))).toMatchObject({ secretExpiresAtMs: clock.now() + 60_000 });
    expect(await keys.findByHash(hashSecret(fresh))).toMatchObject({ secretExpiresAtMs: Number.POSITIVE_INFINITY });
  });

  test('that are rotated twice never give an older secret a longer life', async () => {
    const { key, secret: first } = await keys.create(newKey());
    await keys.rotate(key.id, 60);
    await keys.rotate(key.id, 3600);
    expect(await keys.findByHash(hashSecret(first))).toMatchObject({ secretExpiresAtMs: clock.now() + 60_000 });
    await keys.rotate(key.id, 0);
    expect(await keys.findByHash(hashSecret(first))).toMatchObject({ secretExpiresAtMs: clock.now() });
  });

  test('are revoked once and for all', async () => {
    const { key, secret } = await keys.create(newKey());
    const first = await keys.revoke(key.id);
    const second = await keys.revoke(key.id);
    expect(first.revokedAt).not.toBeNull();
    expect(second.revokedAt).toEqual(first.revokedAt);
    expect(await keys.findByHash(hashSecret(secret))).toMatchObject({ revoked: true });
    await expect(keys.rotate(key.id, 0)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('that are not there are 404 to every operation', async () => {
    for (const work of [() => keys.get('key_x'), () => keys.revoke('key_x'), () => keys.rotate('key_x', 1)]) {
      await expect(work()).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    }
    expect(await keys.findByHash('0'.repeat(64))).toBeUndefined();
    await expect(keys.get('key_\u0000')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('are listed page by page, oldest first, of their own tenant only', async () => {
    const other = await tenants.create({ name: 'Other', plan: 'free' });
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      clock.advance(1);
      made.push((await keys.create(newKey({ name: `k${String(index)}` }))).key.id);
      await keys.create(newKey({ tenantId: other.id }));
    }
    const first = await keys.listOfTenant({ tenantId, limit: 2 });
    expect(first.map((key) => key.id)).toEqual(made.slice(0, 3));
    const rest = await keys.listOfTenant({ tenantId, after: made[1], limit: 10 });
    expect(rest.map((key) => key.id)).toEqual(made.slice(2));
    expect(await keys.listOfTenant({ tenantId: 'ten_nobody', limit: 10 })).toEqual([]);
  });

  test('and tenants that change are told with a version that differs each time', async () => {
    const { key } = await keys.create(newKey());
    const versionOf = async (id: string) => (await keys.changedWithin(60)).find((change) => change.id === id)?.version;
    const created = await versionOf(key.id);
    await keys.rotate(key.id, 60);
    const rotated = await versionOf(key.id);
    await keys.revoke(key.id);
    const revoked = await versionOf(key.id);
    expect(new Set([created, rotated, revoked, undefined]).size).toBe(4);
    const before = await versionOf(tenantId);
    await tenants.update(tenantId, { suspended: true });
    expect(await versionOf(tenantId)).not.toBe(before);
    await database().query((executor) =>
      executor.execute(sql`UPDATE api_keys SET updated_at = now() - interval '1 hour' WHERE id = ${key.id}`),
    );
    expect(await versionOf(key.id)).toBeUndefined();
    expect((await keys.changedWithin(7200)).map((change) => change.id)).toContain(key.id);
  });
});
