import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/test-database.ts';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { writeEvents } from './ledger.ts';
import { dropOldEvents } from './retention.ts';
import { createWindowSeed, decimalOfNanos, queryUsage, type UsageQuery } from './usage-query.ts';

const hour = (index: number) => Date.UTC(2026, 10, 1, index);
const whole: Omit<UsageQuery, 'groupBy'> = {
  tenantId: undefined,
  keyId: undefined,
  model: undefined,
  from: new Date(hour(0)),
  to: new Date(hour(24 * 30)),
  after: undefined,
  limit: 200,
};

test('nanos are shown as an exact decimal', () => {
  expect([0n, 1n, 1_500_000n, 1_000_000_000n, 123_456_789_012n].map(decimalOfNanos)).toEqual([
    '0',
    '0.000000001',
    '0.0015',
    '1',
    '123.456789012',
  ]);
});

describeEachDatabase('the ledger', (database) => {
  const clean = () => database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups`));

  test('an event counts once, however often it is written', async () => {
    await clean();
    const event = usageEvent(usageOpen({ startedAtMs: hour(3) }));
    expect(await writeEvents(database(), [event])).toBe(1);
    expect(
      await writeEvents(database(), [event, usageEvent(usageOpen({ startedAtMs: hour(3) }), { status: 'failed' })]),
    ).toBe(1);
    const { data } = await queryUsage({ database: database() }, { ...whole, groupBy: ['hour'] });
    expect(data).toEqual([
      {
        hour: '2026-11-01T03:00:00Z',
        currency: 'EUR',
        requests: 2,
        errors: 1,
        prompt_tokens: 20,
        completion_tokens: 10,
        cached_tokens: 0,
        reasoning_tokens: 0,
        total_tokens: 30,
        cost: '0.000005',
      },
    ]);
  });

  test('processes that write the same events at once still count them once', async () => {
    await clean();
    const events = Array.from({ length: 60 }, (_, index) =>
      usageEvent(usageOpen({ startedAtMs: hour(index % 5), keyId: `key_${index % 3}` })),
    );
    await Promise.all(
      Array.from({ length: 6 }, (_, round) => writeEvents(database(), round % 2 === 0 ? events : events.toReversed())),
    );
    const { data } = await queryUsage({ database: database() }, { ...whole, groupBy: [] });
    expect(data.map((row) => [row.requests, row.total_tokens])).toEqual([[60, 900]]);
  });

  test('pages hold every row once, in order, whatever their size', async () => {
    await clean();
    await writeEvents(
      database(),
      Array.from({ length: 40 }, (_, index) =>
        usageEvent(
          usageOpen({
            startedAtMs: hour(index % 7),
            keyId: `key_${index % 4}`,
            model: index % 2 === 0 ? 'Ä-model' : 'b-model',
          }),
        ),
      ),
    );
    const all = await queryUsage({ database: database() }, { ...whole, groupBy: ['day', 'key', 'model', 'hour'] });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
        const rows = [];
        let after: string | undefined;
        do {
          const page = await queryUsage(
            { database: database() },
            { ...whole, groupBy: ['day', 'key', 'model', 'hour'], after, limit },
          );
          rows.push(...page.data);
          after = page.pagination.cursor ?? undefined;
        } while (after !== undefined);
        expect(rows).toEqual(all.data);
      }),
      { numRuns: 5 },
    );
  });

  test('a cursor of something else is refused by name', async () => {
    for (const after of ['x', Buffer.from('["a"]').toString('base64url'), Buffer.from('{}').toString('base64url')])
      await expect(
        queryUsage({ database: database() }, { ...whole, groupBy: ['key', 'day'], after }),
      ).rejects.toMatchObject({ code: 'INVALID_REQUEST', param: 'after' });
  });

  test('a window is seeded with what the ledger holds of its subject', async () => {
    await clean();
    const at = Date.UTC(2026, 10, 23, 10);
    await writeEvents(database(), [
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
  });

  test('old raw events go, their sums stay', async () => {
    await clean();
    await writeEvents(database(), [
      usageEvent(usageOpen({ startedAtMs: hour(1) })),
      usageEvent(usageOpen({ startedAtMs: hour(24 * 20) })),
    ]);
    const clock = { now: () => hour(24 * 25), every: () => () => undefined };
    expect(await dropOldEvents({ database: database(), clock, retentionDays: 10 })).toBe(1);
    const { rows } = await database().query((executor) => executor.execute(sql`SELECT id FROM usage_events`));
    expect(rows).toHaveLength(1);
    expect((await queryUsage({ database: database() }, { ...whole, groupBy: [] })).data[0]?.requests).toBe(2);
  });
});
