import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createCipher } from '../secrets/cipher.ts';
import { createTenantStore } from '../tenants/store.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createProviderKeyStore, credentialFor } from './store.ts';

describeEachDatabase('provider keys', (database) => {
  const masterKey = randomBytes(32);
  const clock = createManualClock();
  const open = () =>
    createProviderKeyStore({ database: database(), clock, cipher: createCipher(masterKey, 'provider-keys') });
  const tenant = async () =>
    (await createTenantStore({ database: database(), clock }).create({ name: 'x', plan: 'p' })).id;

  test('are kept sealed, shown by their end, and read back for calls', async () => {
    const store = open();
    const id = await tenant();
    const key = await store.put(id, 'mistral', 'secret-provider-key-1234');
    expect(key).toMatchObject({ upstream: 'mistral', hint: '1234', lastTestedAt: null });
    expect(await store.secret(id, 'mistral')).toBe('secret-provider-key-1234');
    const { rows } = await database().query((executor) =>
      executor.execute<{ sealed: Buffer }>(sql`SELECT sealed FROM provider_keys WHERE tenant_id = ${id}`),
    );
    expect(rows[0]?.sealed.includes('secret')).toBe(false);
    expect(JSON.stringify(await store.list(id))).not.toContain('secret');
  });

  test('belong to one tenant, and a sealed one moved to another does not open', async () => {
    const store = open();
    const [first, second] = [await tenant(), await tenant()];
    await store.put(first, 'mistral', 'key-of-the-first');
    expect(await store.secret(second, 'mistral')).toBeUndefined();
    expect(await store.list(second)).toEqual([]);
    await expect(store.delete(second, 'mistral')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    clock.advance(2_000);
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO provider_keys SELECT ${second}, upstream, sealed, hint, created_at, updated_at
        FROM provider_keys WHERE tenant_id = ${first}`),
    );
    await expect(store.secret(second, 'mistral')).rejects.toThrow();
  });

  test('that are replaced or deleted by another process are seen to be within a second', async () => {
    const [one, other] = [open(), open()];
    const id = await tenant();
    await one.put(id, 'mistral', 'first-key');
    expect(await one.secret(id, 'mistral')).toBe('first-key');
    await other.put(id, 'mistral', 'second-key');
    expect(await other.secret(id, 'mistral')).toBe('second-key');
    clock.advance(1_000);
    expect(await one.secret(id, 'mistral')).toBe('second-key');
    await other.delete(id, 'mistral');
    clock.advance(1_000);
    await expect(credentialFor(one, id, 'mistral')).rejects.toMatchObject({ code: 'byok_provider_missing' });
  });

  test('remember their last test until they are replaced', async () => {
    const store = open();
    const id = await tenant();
    await store.put(id, 'mistral', 'first-key');
    expect(await store.tested(id, 'mistral', false)).toMatchObject({ lastTestOk: false });
    expect(await store.put(id, 'mistral', 'second-key')).toMatchObject({ lastTestOk: null });
    await expect(store.tested(id, 'nothing', true)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  });
});
