import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/test-database.ts';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { closeLine } from './journal-record.ts';
import { insertEvents } from './ledger.ts';
import { listUsageEvents } from './list-usage-events.ts';
import type { UsageEvent } from './usage-event.ts';
import { queryUsage } from './usage-query.ts';

const hour = (index: number) => Date.UTC(2026, 10, 1, index);
const whole = { from: new Date(hour(0)), to: new Date(hour(24 * 30)), limit: 200 };

describeEachDatabase('the ledger', (database) => {
  beforeEach(() =>
    database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups, usage_days`)),
  );
  const write = (events: readonly UsageEvent[]) => insertEvents(database(), events.map(closeLine));

  test('keeps every field of an event', async () => {
    const event = usageEvent(
      usageOpen({ startedAtMs: hour(3) + 1_234, stream: false, mode: 'test', model: 'größer "x"' }),
      {
        status: 'failed',
        httpStatus: 502,
        errorCode: 'UPSTREAM_ERROR',
        promptTokens: 11,
        completionTokens: 12,
        cachedTokens: 13,
        reasoningTokens: 14,
        estimated: true,
        costNanos: 12_345_678_901,
        durationMs: 16,
        firstByteMs: null,
      },
    );
    await write([event]);
    expect((await listUsageEvents({ database: database() }, whole)).data).toEqual([event]);
  });

  test('counts an event once, however often it is written', async () => {
    const event = usageEvent(usageOpen({ startedAtMs: hour(3) }));
    expect(await write([event, event])).toBe(1);
    expect(await write([event, usageEvent(usageOpen({ startedAtMs: hour(3) }), { status: 'failed' })])).toBe(1);
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
        average_duration_ms: expect.any(Number) as number,
        cost: '0.000005',
      },
    ]);
  });

  test('keeps the first of two events with one id', async () => {
    const event = usageEvent(usageOpen({ startedAtMs: hour(3) }));
    await write([event]);
    await write([{ ...event, status: 'interrupted', completionTokens: 1 }]);
    expect((await listUsageEvents({ database: database() }, whole)).data).toEqual([event]);
  });

  test('counts once what many processes write at once, in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.nat(4), key: fc.nat(2) }), { minLength: 1, maxLength: 60 }),
        async (kinds) => {
          await database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups, usage_days`));
          const events = kinds.map(({ at, key }) =>
            usageEvent(usageOpen({ startedAtMs: hour(at), keyId: `key_${key}` })),
          );
          const written = await Promise.all(
            Array.from({ length: 6 }, (_, round) => write(round % 2 === 0 ? events : events.toReversed())),
          );
          expect(written.reduce((sum, count) => sum + count, 0)).toBe(events.length);
          const { data } = await queryUsage({ database: database() }, { ...whole, groupBy: [] });
          expect(data.map((row) => [row.requests, row.total_tokens])).toEqual([[events.length, events.length * 15]]);
        },
      ),
      { numRuns: 5 },
    );
  });

  test('takes a batch of the largest size', async () => {
    const events = Array.from({ length: 500 }, (_, index) => usageEvent(usageOpen({ startedAtMs: hour(index % 20) })));
    expect(await write(events)).toBe(500);
  });
});
