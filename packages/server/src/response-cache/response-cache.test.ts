import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { newId } from '../ids.ts';
import type { Database } from '../postgres/database.ts';
import { createCipher } from '../secrets/cipher.ts';
import { createBreakableDatabase } from '../testing/breakable-database.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { cacheId, createResponseCache } from './response-cache.ts';

describeEachDatabase('the response cache', (database) => {
  const clock = createManualClock();
  const masterKey = randomBytes(32);
  const logger = createRecordingLogger();
  const open = (more: object = {}, over: object = {}) =>
    createResponseCache({
      database: database(),
      clock,
      logger,
      cipher: createCipher(masterKey, 'response cache'),
      settings: { max_age_seconds: 3_600, max_entry_bytes: 1_000, max_tenant_entries: 3, ...more },
      ...over,
    });
  const answer = (text: string) => ({ kind: 'json' as const, text });
  const newTenant = () => newId('ten', clock.now());
  const entriesOf = async (tenantId: string) => {
    const { rows } = await database().query((executor) =>
      executor.execute<{ id: string; payload: Buffer }>(
        sql`SELECT id, payload FROM response_cache WHERE tenant_id = ${tenantId}`,
      ),
    );
    return rows;
  };

  test('gives an answer again while it is young enough, with its age', async () => {
    const cache = open();
    const id = cacheId(['ten_1', 'a']);
    await cache.store({ id, tenantId: 'ten_1', maxAgeSeconds: 100, answer: answer('{"a":"ü"}') });
    clock.advance(40_000);
    expect(await cache.find(id, 100)).toEqual({ kind: 'json', text: '{"a":"ü"}', ageSeconds: 40 });
    expect(await cache.find(id, 41)).toBeDefined();
    expect(await cache.find(id, 40)).toBeUndefined();
    clock.advance(59_999);
    expect(await cache.find(id, 1_000)).toMatchObject({ ageSeconds: 99 });
    clock.advance(1);
    expect(await cache.find(id, 1_000)).toBeUndefined();
    await cache.close();
  });

  test('keeps nothing longer than the operator allows', async () => {
    const cache = open({ max_age_seconds: 10 });
    const id = cacheId([newTenant()]);
    await cache.store({ id, tenantId: 'ten_long', maxAgeSeconds: 1_000_000, answer: answer('x') });
    clock.advance(10_000);
    expect(await cache.find(id, 1_000_000)).toBeUndefined();
    await cache.close();
  });

  test('renews an answer, keeps none that is too large, and keeps them sealed', async () => {
    const cache = open();
    const tenantId = newTenant();
    const id = cacheId([tenantId, 'a']);
    await cache.store({ id, tenantId, maxAgeSeconds: 100, answer: answer('first text') });
    await cache.store({ id, tenantId, maxAgeSeconds: 100, answer: { kind: 'stream', text: 'second text' } });
    await cache.store({ id, tenantId, maxAgeSeconds: 100, answer: answer('x'.repeat(1_001)) });
    // Bytes are what counts.
    await cache.store({ id, tenantId, maxAgeSeconds: 100, answer: answer('ü'.repeat(501)) });
    expect(await cache.find(id, 100)).toMatchObject({ kind: 'stream', text: 'second text' });
    const [row] = await entriesOf(tenantId);
    expect(row?.payload.length).toBeGreaterThan(0);
    expect(row?.payload.includes('second')).toBe(false);
    await cache.close();
  });

  test('renewed for a moment it stays as long as was asked before, and tells its new age', async () => {
    const cache = open();
    const id = cacheId([newTenant()]);
    await cache.store({ id, tenantId: 'ten_r', maxAgeSeconds: 100, answer: answer('old') });
    clock.advance(20_000);
    await cache.store({ id, tenantId: 'ten_r', maxAgeSeconds: 5, answer: answer('new') });
    clock.advance(50_000);
    expect(await cache.find(id, 100)).toEqual({ kind: 'json', text: 'new', ageSeconds: 50 });
    expect(await cache.find(id, 5)).toBeUndefined();
    await cache.close();
  });

  test('an entry moved to another request, or sealed with another master key, is none', async () => {
    const cache = open();
    const tenantId = newTenant();
    const [id, moved] = [cacheId([tenantId, 'a']), cacheId([tenantId, 'b'])];
    await cache.store({ id, tenantId, maxAgeSeconds: 100, answer: answer('a secret answer') });
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO response_cache SELECT ${moved}, tenant_id, kind, payload, created_at, expires_at
        FROM response_cache WHERE id = ${id}`),
    );
    expect(await cache.find(moved, 100)).toBeUndefined();
    const stranger = open({}, { cipher: createCipher(randomBytes(32), 'response cache') });
    expect(await stranger.find(id, 100)).toBeUndefined();
    expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', message: 'the response cache could not be read' });
    // What cannot be opened is written anew.
    await stranger.store({ id, tenantId, maxAgeSeconds: 100, answer: answer('again') });
    expect(await stranger.find(id, 100)).toMatchObject({ text: 'again' });
    await Promise.all([cache.close(), stranger.close()]);
  });

  test('equal requests that end at once leave one entry, which opens', async () => {
    const [one, other] = [open(), open()];
    const tenantId = newTenant();
    const id = cacheId([tenantId]);
    const texts = Array.from({ length: 20 }, (_, index) => `answer ${index}`);
    await Promise.all(
      texts.map((text, index) =>
        (index % 2 === 0 ? one : other).store({ id, tenantId, maxAgeSeconds: 100, answer: answer(text) }),
      ),
    );
    expect(await entriesOf(tenantId)).toHaveLength(1);
    expect(texts).toContain((await one.find(id, 100))?.text);
    await Promise.all([one.close(), other.close()]);
  });

  test('drops the oldest of a tenant with too many while it is written, and nobody else’s', async () => {
    const cache = open();
    const [tenantId, other] = [newTenant(), newTenant()];
    await cache.store({ id: cacheId([other]), tenantId: other, maxAgeSeconds: 50, answer: answer('x') });
    for (let count = 0; count < 5; count += 1) {
      clock.advance(1_000);
      await cache.store({ id: cacheId([tenantId, String(count)]), tenantId, maxAgeSeconds: 50, answer: answer('x') });
    }
    const left = (await entriesOf(tenantId)).map(({ id }) => id);
    expect(left.toSorted()).toEqual([2, 3, 4].map((count) => cacheId([tenantId, String(count)])).toSorted());
    expect(await entriesOf(other)).toHaveLength(1);
    await cache.close();
  });

  test('a tenant never has much more than its room between two tidyings', async () => {
    const cache = open({ max_tenant_entries: 40 });
    const tenantId = newTenant();
    for (let count = 0; count < 100; count += 1)
      await cache.store({ id: cacheId([tenantId, String(count)]), tenantId, maxAgeSeconds: 50, answer: answer('x') });
    expect((await entriesOf(tenantId)).length).toBeLessThanOrEqual(42);
    await cache.close();
  });

  test('tidies by itself what has expired, and what other settings left too much of', async () => {
    const roomy = open({ max_tenant_entries: 1_000 });
    const [tenantId, expired] = [newTenant(), newTenant()];
    const store = (tenant: string, count: number, maxAgeSeconds: number) =>
      roomy.store({ id: cacheId([tenant, String(count)]), tenantId: tenant, maxAgeSeconds, answer: answer('x') });
    for (let count = 0; count < 6; count += 1) await store(tenantId, count, 3_600);
    for (let count = 0; count < 2; count += 1) await store(expired, count, 10);
    await roomy.close();
    const cache = open();
    clock.advance(5 * 60_000);
    await cache.close();
    expect(await entriesOf(tenantId)).toHaveLength(3);
    expect(await entriesOf(expired)).toEqual([]);
    expect(await cache.tidy()).toBe(0);
  });

  test('drops more than one batch at a time', async () => {
    const cache = open();
    const tenantId = newTenant();
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO response_cache SELECT ${tenantId} || n, ${tenantId}, 'json', '', now(), '1999-01-01'
        FROM generate_series(1, 1201) AS n`),
    );
    expect(await cache.tidy()).toBe(1_201);
    await cache.close();
  });

  test('without a database there is no hit and no failure, and nothing of the answer in the log', async () => {
    const lines = createRecordingLogger();
    const gone = createBreakableDatabase(database());
    const cache = open({}, { database: gone, logger: lines });
    gone.isGone = true;
    const id = cacheId([newTenant()]);
    await cache.store({ id, tenantId: 'ten_g', maxAgeSeconds: 100, answer: answer('the words of a user') });
    expect(await cache.find(id, 100)).toBeUndefined();
    expect(lines.lines.map(({ message }) => message)).toEqual([
      'an answer could not be cached',
      'the response cache could not be read',
    ]);
    expect(JSON.stringify(lines.lines)).not.toContain('words');
    gone.isGone = false;
    await cache.store({ id, tenantId: 'ten_g', maxAgeSeconds: 100, answer: answer('back') });
    expect(await cache.find(id, 100)).toMatchObject({ text: 'back' });
    await cache.close();
  });

  test('a statement that fails is logged by its reason alone', async () => {
    const lines = createRecordingLogger();
    const cache = open({}, { logger: lines });
    const id = cacheId([newTenant()]);
    await cache.store({ id, tenantId: 'zero \0 character', maxAgeSeconds: 100, answer: answer('the words of a user') });
    await cache.find('zero \0 character', 100);
    expect(lines.lines).toHaveLength(2);
    expect(JSON.stringify(lines.lines)).not.toMatch(/words|INSERT|SELECT|Failed query/);
    await cache.close();
  });

  /** A database that does nothing until the test lets it. */
  const openStuck = () => {
    const held = Promise.withResolvers<undefined>();
    let statements = 0;
    const stuck: Database = {
      ...database(),
      query: async (work) => {
        statements += 1;
        await held.promise;
        return database().query(work);
      },
    };
    const lines = createRecordingLogger();
    const cache = open({ max_tenant_entries: 1_000 }, { database: stuck, logger: lines });
    const letGo = () => {
      held.resolve(undefined);
    };
    return { cache, lines, letGo, statements: () => statements };
  };

  test('a database that does not answer holds nobody up for longer than a second', async () => {
    const { cache, lines, letGo } = openStuck();
    const found = cache.find(cacheId(['a']), 100);
    clock.advance(1_000);
    expect(await found).toBeUndefined();
    expect(lines.lines).toMatchObject([{ message: 'the response cache did not answer in time' }]);
    letGo();
    await cache.close();
  });

  test('answers do not pile up before a database that is stuck, and closing waits for those under way', async () => {
    const { cache, lines, letGo, statements } = openStuck();
    const tenantId = newTenant();
    const stores = Array.from({ length: 40 }, (_, index) =>
      cache.store({ id: cacheId([tenantId, String(index)]), tenantId, maxAgeSeconds: 9, answer: answer('x') }),
    );
    expect(statements()).toBe(32);
    expect(lines.lines).toHaveLength(8);
    let isClosed = false;
    const closing = cache.close().then(() => {
      isClosed = true;
    });
    await setImmediate();
    expect(isClosed).toBe(false);
    letGo();
    await closing;
    expect(await entriesOf(tenantId)).toHaveLength(32);
    await Promise.all(stores);
  });
});

test('requests that differ in any part have ids that differ, however the parts are cut', () => {
  expect(cacheId(['a', 'bc'])).not.toBe(cacheId(['ab', 'c']));
  expect(cacheId(['a","b'])).not.toBe(cacheId(['a', 'b']));
});
