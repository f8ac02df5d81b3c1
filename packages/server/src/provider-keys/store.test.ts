import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createCipher } from '../secrets/cipher.ts';
import { createTenantStore } from '../tenants/store.ts';
import { createBreakableDatabase } from '../testing/breakable-database.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
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
    await expect(store.secret(second, 'mistral')).rejects.toMatchObject({ code: 'byok_provider_missing' });
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
    const { secret, writing } = await store.keyUnderTest(id, 'mistral');
    expect(secret).toBe('first-key');
    const result = { writing, ok: false };
    expect(await store.tested(id, 'mistral', result)).toMatchObject({
      lastTestOk: false,
      lastTestedAt: new Date(clock.now()),
    });
    expect(await store.get(id, 'mistral')).toMatchObject({ lastTestOk: false });
    expect(await store.put(id, 'mistral', 'second-key')).toMatchObject({ lastTestOk: null, lastTestedAt: null });
    // The test of the first one ends only now.
    expect(await store.tested(id, 'mistral', result)).toMatchObject({ lastTestOk: null, lastTestedAt: null });
    await store.delete(id, 'mistral');
    await expect(store.tested(id, 'mistral', result)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  });

  test('that are not there are told of by name', async () => {
    const store = open();
    const id = await tenant();
    for (const ask of [
      () => store.get(id, 'none'),
      () => store.keyUnderTest(id, 'none'),
      () => store.delete(id, 'none'),
    ])
      await expect(ask()).rejects.toMatchObject({
        code: 'RESOURCE_NOT_FOUND',
        message: 'No key for the upstream "none" is stored.',
      });
    await expect(credentialFor(store, id, 'none')).rejects.toMatchObject({
      code: 'byok_provider_missing',
      message: expect.stringContaining('PUT /v1/provider-keys/none') as string,
    });
  });

  test('that are short show less of themselves', async () => {
    const store = open();
    const id = await tenant();
    expect((await store.put(id, 'a', '12345678')).hint).toBe('78');
    expect((await store.put(id, 'a', 'x')).hint).toBe('');
    expect((await store.put(id, 'a', 'x'.repeat(12) + 'abcd')).hint).toBe('abcd');
  });

  test('sealed with another master key are as good as missing; the operator is told, without the key', async () => {
    const id = await tenant();
    await open().put(id, 'mistral', 'secret-provider-key-1234');
    const logger = createRecordingLogger();
    const cipher = createCipher(randomBytes(32), 'provider-keys');
    const store = createProviderKeyStore({ database: database(), clock, cipher, logger });
    for (const ask of [() => credentialFor(store, id, 'mistral'), () => store.keyUnderTest(id, 'mistral')])
      await expect(ask()).rejects.toMatchObject({
        code: 'byok_provider_missing',
        message: expect.stringContaining('Store it again') as string,
      });
    expect(logger.lines).toHaveLength(2);
    expect(JSON.stringify(logger.lines)).not.toContain('1234');
    await store.put(id, 'mistral', 'stored-again-1234');
    expect(await store.secret(id, 'mistral')).toBe('stored-again-1234');
  });

  test('cannot be opened by what else the master key seals', async () => {
    const id = await tenant();
    await open().put(id, 'mistral', 'secret-provider-key-1234');
    const cipher = createCipher(masterKey, 'idempotency');
    const store = createProviderKeyStore({ database: database(), clock, cipher });
    await expect(store.secret(id, 'mistral')).rejects.toMatchObject({ code: 'byok_provider_missing' });
  });

  test('written at once by many leave one that is whole', async () => {
    const [one, other] = [open(), open()];
    const id = await tenant();
    const secrets = Array.from({ length: 20 }, (_, index) => `provider-key-number-${index}`);
    await Promise.all(secrets.map((secret, index) => (index % 2 === 0 ? one : other).put(id, 'mistral', secret)));
    const [first, second] = await Promise.all([one.secret(id, 'mistral'), other.secret(id, 'mistral')]);
    expect(secrets).toContain(first);
    expect(second).toBe(first);
    const [key, ...others] = await open().list(id);
    expect([key?.hint, others]).toEqual([first?.slice(-4), []]);
  });

  test('without a database are neither changed nor made up, and come back with it', async () => {
    const gone = createBreakableDatabase(database());
    const cipher = createCipher(masterKey, 'provider-keys');
    const store = createProviderKeyStore({ database: gone, clock, cipher });
    const id = await tenant();
    await store.put(id, 'mistral', 'first-key');
    expect(await store.secret(id, 'mistral')).toBe('first-key');
    gone.isGone = true;
    const outage = { code: 'DATABASE_UNAVAILABLE' };
    await expect(store.put(id, 'mistral', 'second-key')).rejects.toMatchObject(outage);
    // Whether it was changed is not known: the first one must not be used any more.
    await expect(credentialFor(store, id, 'mistral')).rejects.toMatchObject(outage);
    await expect(store.delete(id, 'mistral')).rejects.toMatchObject(outage);
    await expect(store.list(id)).rejects.toMatchObject(outage);
    await expect(store.keyUnderTest(id, 'mistral')).rejects.toMatchObject(outage);
    gone.isGone = false;
    expect(await credentialFor(store, id, 'mistral')).toBe('first-key');
  });
});
