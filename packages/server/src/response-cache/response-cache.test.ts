import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createCipher } from '../secrets/cipher.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { cacheId, createResponseCache } from './response-cache.ts';

describeEachDatabase('the response cache', (database) => {
  const clock = createManualClock();
  const masterKey = randomBytes(32);
  const open = (more: object = {}) =>
    createResponseCache({
      database: database(),
      clock,
      logger: createRecordingLogger(),
      cipher: createCipher(masterKey, 'response cache'),
      settings: { max_age_seconds: 3_600, max_entry_bytes: 1_000, max_tenant_entries: 3, ...more },
    });
  const answer = (text: string) => ({ kind: 'json' as const, text });

  test('gives an answer again while it is young enough, with its age', async () => {
    const cache = open();
    const id = cacheId(['ten_1', 'a']);
    await cache.store({ id, tenantId: 'ten_1', maxAgeSeconds: 100, answer: answer('{"a":"ü"}') });
    clock.advance(40_000);
    expect(await cache.find(id, 100)).toEqual({ kind: 'json', text: '{"a":"ü"}', ageSeconds: 40 });
    expect(await cache.find(id, 39)).toBeUndefined();
    clock.advance(60_000);
    expect(await cache.find(id, 1_000)).toBeUndefined();
    await cache.close();
  });

  test('renews an answer, keeps none that is too large, and keeps them sealed', async () => {
    const cache = open();
    const id = cacheId(['ten_2', 'a']);
    await cache.store({ id, tenantId: 'ten_2', maxAgeSeconds: 100, answer: answer('first text') });
    await cache.store({ id, tenantId: 'ten_2', maxAgeSeconds: 100, answer: { kind: 'stream', text: 'second text' } });
    await cache.store({ id, tenantId: 'ten_2', maxAgeSeconds: 100, answer: answer('x'.repeat(1_001)) });
    expect(await cache.find(id, 100)).toMatchObject({ kind: 'stream', text: 'second text' });
    const { rows } = await database().query((executor) =>
      executor.execute<{ payload: Buffer }>(sql`SELECT payload FROM response_cache WHERE id = ${id}`),
    );
    expect(rows[0]?.payload.includes('second')).toBe(false);
    await cache.close();
  });

  test('drops what has expired, and the oldest of a tenant with too many', async () => {
    const cache = open();
    await cache.tidy();
    for (let count = 0; count < 5; count += 1) {
      const id = cacheId(['ten_3', String(count)]);
      await cache.store({ id, tenantId: 'ten_3', maxAgeSeconds: 50, answer: answer('x') });
      clock.advance(1_000);
    }
    expect(await cache.tidy()).toBe(2);
    expect(await cache.find(cacheId(['ten_3', '1']), 50)).toBeUndefined();
    expect(await cache.find(cacheId(['ten_3', '2']), 50)).toBeDefined();
    clock.advance(60_000);
    expect(await cache.tidy()).toBeGreaterThanOrEqual(3);
    await cache.close();
  });
});

test('requests that differ in any part have ids that differ, however the parts are cut', () => {
  expect(cacheId(['a', 'bc'])).not.toBe(cacheId(['ab', 'c']));
});
