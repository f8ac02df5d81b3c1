import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createKeyStore } from '../keys/store.ts';
import type { Database } from '../postgres/database.ts';
import { createTenantStore } from '../tenants/store.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createVersionUsage, type VersionUsage } from './version-usage.ts';

const hourMs = 3_600_000;
const latest = '2026-05-18';

interface UsageRow extends Record<string, unknown> {
  version: string;
  first_used_at: Date | string;
  last_used_at: Date | string;
}

async function usageOf(database: Database, keyId: string) {
  const { rows } = await database.query((executor) =>
    executor.execute<UsageRow>(
      sql`SELECT version, first_used_at, last_used_at FROM version_usage WHERE key_id = ${keyId} ORDER BY version`,
    ),
  );
  return rows.map((row) => ({
    version: row.version,
    first: new Date(row.first_used_at).getTime(),
    last: new Date(row.last_used_at).getTime(),
  }));
}

describeEachDatabase('the record of who speaks which version', (database) => {
  let clock: ManualClock;
  let usage: VersionUsage;
  let isDown: boolean;
  const keys = () => createKeyStore({ database: database(), clock, prefixes: { live: 'sk_', test: 'sk_test_' } });
  const createKey = async () => {
    const tenant = await createTenantStore({ database: database(), clock }).create({ name: 'Example', plan: 'free' });
    const settings = { mode: 'live', scopes: ['chat'], models: null, expiresAt: null } as const;
    return (await keys().create({ ...settings, tenantId: tenant.id, name: 'first' })).key.id;
  };
  const open = () =>
    createVersionUsage({
      database: {
        ...database(),
        query: (work) =>
          isDown ? Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'down')) : database().query(work),
      },
      clock,
      logger: createRecordingLogger(),
      latest,
      pin: (keyId, version) => keys().pinIfUnpinned(keyId, version),
    });
  beforeEach(() => {
    clock = createManualClock();
    isDown = false;
    usage = open();
  });
  afterEach(() => usage.close());

  test('has a row a key and version, with the first and the last use', async () => {
    const [one, two] = [await createKey(), await createKey()];
    const startMs = clock.now();
    usage.note({ keyId: one, pinnedVersion: latest }, latest);
    usage.note({ keyId: one, pinnedVersion: latest }, '2026-01-15');
    usage.note({ keyId: two, pinnedVersion: latest }, latest);
    await usage.flush();
    clock.advance(2 * hourMs);
    usage.note({ keyId: one, pinnedVersion: latest }, latest);
    await usage.flush();
    expect(await usageOf(database(), one)).toEqual([
      { version: '2026-01-15', first: startMs, last: startMs },
      { version: latest, first: startMs, last: startMs + 2 * hourMs },
    ]);
    expect(await usageOf(database(), two)).toEqual([{ version: latest, first: startMs, last: startMs }]);
  });

  test('is written within seconds, by itself', async () => {
    const key = await createKey();
    usage.note({ keyId: key, pinnedVersion: latest }, latest);
    clock.advance(5_000);
    await usage.flush();
    expect(await usageOf(database(), key)).toHaveLength(1);
  });

  test('pins a key at its first call to the latest, whatever the call named, and once', async () => {
    const key = await createKey();
    usage.note({ keyId: key, pinnedVersion: undefined }, '2026-01-15');
    await usage.flush();
    expect((await keys().get(key)).pinnedVersion).toBe(latest);
    await keys().update(key, { pinnedVersion: '2026-01-15' });
    // A process that has not heard of the pin yet.
    usage.note({ keyId: key, pinnedVersion: undefined }, latest);
    await usage.flush();
    expect((await keys().get(key)).pinnedVersion).toBe('2026-01-15');
  });

  test('survives an outage of the database', async () => {
    const key = await createKey();
    const startMs = clock.now();
    isDown = true;
    usage.note({ keyId: key, pinnedVersion: undefined }, latest);
    await usage.flush();
    clock.advance(2 * hourMs);
    usage.note({ keyId: key, pinnedVersion: undefined }, latest);
    await usage.flush();
    isDown = false;
    await usage.flush();
    expect(await usageOf(database(), key)).toMatchObject([{ version: latest, last: startMs + 2 * hourMs }]);
    expect((await keys().get(key)).pinnedVersion).toBe(latest);
  });

  test('keeps what was noted while a write failed', async () => {
    const key = await createKey();
    const startMs = clock.now();
    isDown = true;
    usage.note({ keyId: key, pinnedVersion: latest }, latest);
    const failing = usage.flush();
    clock.advance(hourMs);
    usage.note({ keyId: key, pinnedVersion: latest }, latest);
    await failing;
    isDown = false;
    await usage.flush();
    expect(await usageOf(database(), key)).toMatchObject([{ last: startMs + hourMs }]);
  });

  test('passes over keys that are no longer there, and keeps the others', async () => {
    const key = await createKey();
    usage.note({ keyId: 'key_gone', pinnedVersion: latest }, latest);
    usage.note({ keyId: key, pinnedVersion: latest }, latest);
    await usage.flush();
    expect(await usageOf(database(), key)).toHaveLength(1);
    expect(await usageOf(database(), 'key_gone')).toEqual([]);
  });

  test('is complete when the process closes', async () => {
    const key = await createKey();
    usage.note({ keyId: key, pinnedVersion: latest }, latest);
    await usage.close();
    expect(await usageOf(database(), key)).toHaveLength(1);
  });
});

describe('a key that calls often', () => {
  test('costs the database one write an hour', async () => {
    const clock = createManualClock();
    let writes = 0;
    const refuse = () => Promise.reject(new Error('not used'));
    const query: Database['query'] = () => {
      writes += 1;
      return Promise.reject(new Error('the result is not looked at'));
    };
    const usage = createVersionUsage({
      database: { query, transaction: refuse } as unknown as Database,
      clock,
      logger: createRecordingLogger(),
      latest,
      pin: () => Promise.resolve(),
    });
    for (let minute = 0; minute < 59; minute += 1) usage.note({ keyId: 'key_1', pinnedVersion: latest }, latest);
    await usage.flush();
    expect(writes).toBe(1);
  });
});
