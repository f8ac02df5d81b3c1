import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/test-database.ts';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { closeLine } from './journal-record.ts';
import { insertEvents } from './ledger.ts';
import { listUsageEvents } from './list-usage-events.ts';
import { encodeCursor } from './page-cursor.ts';
import type { UsageEvent } from './usage-event.ts';
import { createWindowSeed, decimalOfNanos, queryUsage, type UsageDimension } from './usage-query.ts';

const hour = (index: number) => Date.UTC(2026, 10, 1, index);
const whole = { from: new Date(hour(0)), to: new Date(hour(24 * 30)), limit: 200 };

test('nanos are shown as an exact decimal', () => {
  expect([0n, 1n, 1_500_000n, 1_000_000_000n, 123_456_789_012n, -1_500_000_000n].map(decimalOfNanos)).toEqual([
    '0',
    '0.000000001',
    '0.0015',
    '1',
    '123.456789012',
    '-1.5',
  ]);
});

describeEachDatabase('usage', (database) => {
  beforeEach(() =>
    database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups, usage_days`)),
  );
  const write = (events: readonly UsageEvent[]) => insertEvents(database(), events.map(closeLine));

  test('pages of sums hold every row once, in order, whatever their size and grouping', async () => {
    const models = ['Ä-model', 'b-model', 'a"\\%_model', 'B-model', ''];
    await write(
      Array.from({ length: 60 }, (_, index) =>
        usageEvent(
          usageOpen({
            startedAtMs: hour((index * 7) % 50),
            keyId: `key_${index % 4}`,
            model: models[index % 5] ?? '',
            currency: index % 3 === 0 ? 'USD' : 'EUR',
          }),
        ),
      ),
    );
    const dimensions: UsageDimension[] = [
      'hour',
      'day',
      'month',
      'tenant',
      'key',
      'model',
      'surface',
      'mode',
      'currency',
    ];
    await fc.assert(
      fc.asyncProperty(fc.subarray(dimensions), fc.integer({ min: 1, max: 9 }), async (groupBy, limit) => {
        const all = await queryUsage({ database: database() }, { ...whole, groupBy });
        expect(all.data.reduce((sum, row) => sum + row.requests, 0)).toBe(60);
        const rows = [];
        let after: string | undefined;
        do {
          const page = await queryUsage({ database: database() }, { ...whole, groupBy, after, limit });
          rows.push(...page.data);
          expect(page.pagination.has_more).toBe(page.pagination.cursor !== null);
          after = page.pagination.cursor ?? undefined;
        } while (after !== undefined);
        expect(rows).toEqual(all.data);
      }),
      { numRuns: 10 },
    );
  });

  test('sums by whole days and by hours are the same, wherever a span begins and ends and however often it was written', async () => {
    const index = fc.integer({ min: 0, max: 24 * 6 });
    const write = (at: number, id: number) =>
      insertEvents(database(), [closeLine(usageEvent(usageOpen({ startedAtMs: hour(at), keyId: `key_${id % 2}` })))]);
    await fc.assert(
      fc.asyncProperty(fc.array(index, { minLength: 1, maxLength: 12 }), index, index, async (hours, one, other) => {
        await database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups, usage_days`));
        for (const [id, at] of hours.entries()) await write(at, id);
        const span = { from: new Date(hour(Math.min(one, other))), to: new Date(hour(Math.max(one, other) + 1)) };
        const sums = async (groupBy: readonly UsageDimension[]) => {
          const { data } = await queryUsage({ database: database() }, { ...span, groupBy, limit: 200 });
          return data.reduce((sum, row) => [(sum[0] ?? 0) + row.requests, (sum[1] ?? 0) + row.prompt_tokens], [0, 0]);
        };
        const inSpan = hours.filter((at) => at >= Math.min(one, other) && at <= Math.max(one, other)).length;
        const byHour = await sums(['hour', 'key']);
        expect(byHour[0]).toBe(inSpan);
        expect(await sums(['day', 'key'])).toEqual(byHour);
        expect(await sums([])).toEqual(byHour);
      }),
      { numRuns: 15 },
    );
  });

  test('amounts in two currencies are not added up', async () => {
    await write([
      usageEvent(usageOpen({ startedAtMs: hour(1) })),
      usageEvent(usageOpen({ startedAtMs: hour(1), currency: 'USD' })),
    ]);
    const { data } = await queryUsage({ database: database() }, { ...whole, groupBy: ['tenant'] });
    expect(data.map((row) => [row['tenant'], row.currency, row.cost])).toEqual([
      ['ten_1', 'EUR', '0.0000025'],
      ['ten_1', 'USD', '0.0000025'],
    ]);
  });

  test('only what is asked for is summed, to the hour', async () => {
    const at = [hour(1), hour(2), hour(3) - 1, hour(3), hour(4)];
    await write(at.map((startedAtMs) => usageEvent(usageOpen({ startedAtMs }))));
    await write([usageEvent(usageOpen({ startedAtMs: hour(2), tenantId: 'ten_2', keyId: 'key_2', model: 'model-b' }))]);
    const range = { ...whole, from: new Date(hour(2) + 1_800_000), to: new Date(hour(4)), groupBy: [] };
    const requests = async (query: object) =>
      (await queryUsage({ database: database() }, { ...range, ...query })).data.map((row) => row.requests);
    expect(await requests({})).toEqual([4]);
    expect(await requests({ to: new Date(hour(3) + 1) })).toEqual([4]);
    expect(await requests({ to: new Date(hour(3)) })).toEqual([3]);
    expect(await requests({ tenantId: 'ten_2' })).toEqual([1]);
    expect(await requests({ keyId: 'key_1' })).toEqual([3]);
    expect(await requests({ model: 'model-b' })).toEqual([1]);
    expect(await requests({ tenantId: 'unknown' })).toEqual([]);
  });

  test('a cursor of something else and a text with NUL are refused by name', async () => {
    const cursors = ['x', '', encodeCursor(['a']), encodeCursor(['a', 'b', 'c', 'd']), encodeCursor(['a', '\0', 'c'])];
    const objects = ['{}', '"abc"', 'null', '[1,2,3]'].map((text) => Buffer.from(text).toString('base64url'));
    for (const after of [...cursors, ...objects]) {
      const query = queryUsage({ database: database() }, { ...whole, groupBy: ['key', 'day'], after });
      await expect(query).rejects.toMatchObject({ code: 'INVALID_REQUEST', param: 'after' });
      const list = listUsageEvents({ database: database() }, { ...whole, after });
      await expect(list).rejects.toMatchObject({ code: 'INVALID_REQUEST', param: 'after' });
    }
    const query = queryUsage({ database: database() }, { ...whole, groupBy: [], tenantId: 'a\0' });
    await expect(query).rejects.toMatchObject({ code: 'INVALID_REQUEST', param: 'tenant' });
  });

  test('pages of events hold every event once, the newest first, also when many began at once', async () => {
    const events = Array.from({ length: 30 }, (_, index) =>
      usageEvent(usageOpen({ startedAtMs: hour(2) + (index % 4), tenantId: index % 3 === 0 ? 'ten_2' : 'ten_1' })),
    );
    await write(events);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 11 }),
        fc.constantFrom(undefined, 'ten_1'),
        async (limit, tenantId) => {
          const listed: UsageEvent[] = [];
          let after: string | undefined;
          do {
            const page = await listUsageEvents({ database: database() }, { ...whole, tenantId, after, limit });
            listed.push(...page.data);
            after = page.pagination.cursor ?? undefined;
          } while (after !== undefined);
          const wanted = events.filter((event) => tenantId === undefined || event.tenantId === tenantId);
          expect(listed).toHaveLength(wanted.length);
          expect(new Set(listed.map((event) => event.id))).toEqual(new Set(wanted.map((event) => event.id)));
          const times = listed.map((event) => event.startedAtMs);
          expect(times).toEqual(times.toSorted((left, right) => right - left));
        },
      ),
      { numRuns: 8 },
    );
  });

  test('events are listed from an instant on and before another', async () => {
    await write([hour(1), hour(2), hour(3)].map((startedAtMs) => usageEvent(usageOpen({ startedAtMs }))));
    const query = { ...whole, from: new Date(hour(1) + 1), to: new Date(hour(3)) };
    const { data } = await listUsageEvents({ database: database() }, query);
    expect(data.map((event) => event.startedAtMs)).toEqual([hour(2)]);
  });

  test('a window is seeded with what the ledger holds of its subject', async () => {
    const at = Date.UTC(2026, 10, 23, 10);
    await write([
      usageEvent(usageOpen({ startedAtMs: at })),
      usageEvent(usageOpen({ startedAtMs: Date.UTC(2026, 10, 2) })),
      usageEvent(usageOpen({ startedAtMs: at, keyId: 'key_2' })),
      usageEvent(usageOpen({ startedAtMs: Date.UTC(2026, 9, 31) })),
    ]);
    const seed = createWindowSeed({ database: database() });
    const limit = { name: 'x', counts: 'tokens' as const, quota: 1, subject: 'key_1' };
    expect(await seed({ ...limit, window: 'month' }, Date.UTC(2026, 10, 1))).toBe(30);
    expect(await seed({ ...limit, window: 'day' }, Date.UTC(2026, 10, 23))).toBe(15);
    expect(await seed({ ...limit, window: 'month', subject: 'ten_1' }, Date.UTC(2026, 10, 1))).toBe(45);
    expect(await seed({ ...limit, window: 'month', counts: 'requests' }, Date.UTC(2026, 10, 1))).toBe(2);
    expect(await seed({ ...limit, window: 'month', subject: 'unknown' }, Date.UTC(2026, 10, 1))).toBe(0);
    expect(await seed({ ...limit, window: 'minute' }, at)).toBe(0);
  });
});
