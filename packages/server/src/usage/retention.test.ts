import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { createBreakableDatabase } from '../testing/breakable-database.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { closeLine } from './journal-record.ts';
import { insertEvents } from './ledger.ts';
import { dropOldEvents, startRetention } from './retention.ts';
import { queryUsage } from './usage-query.ts';

const day = (index: number) => Date.UTC(2026, 10, index);

describeEachDatabase('retention', (database) => {
  beforeEach(async () => {
    await database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups, usage_days`));
    const old = Array.from({ length: 25 }, () => usageEvent(usageOpen({ startedAtMs: day(2) })));
    const young = usageEvent(usageOpen({ startedAtMs: day(20) }));
    await insertEvents(database(), [...old, young].map(closeLine));
  });
  const count = async (): Promise<number> => {
    const { rows } = await database().query((executor) =>
      executor.execute<{ count: number }>(sql`SELECT count(*)::int AS count FROM usage_events`),
    );
    return rows[0]?.count ?? 0;
  };
  const requests = async () => {
    const query = { from: new Date(day(1)), to: new Date(day(30)), groupBy: [], limit: 10 };
    return (await queryUsage({ database: database() }, query)).data[0]?.requests;
  };

  test('old events go batch by batch, young ones and all sums stay', async () => {
    const options = { database: database(), clock: createManualClock(day(25)), retentionDays: 10, batchSize: 10 };
    expect(await dropOldEvents(options)).toBe(25);
    expect(await dropOldEvents(options)).toBe(0);
    expect(await count()).toBe(1);
    expect(await requests()).toBe(26);
  });

  test('several processes at once drop each event once', async () => {
    const options = { database: database(), clock: createManualClock(day(25)), retentionDays: 10, batchSize: 3 };
    const dropped = await Promise.all([dropOldEvents(options), dropOldEvents(options), dropOldEvents(options)]);
    expect(dropped.reduce((sum, each) => sum + each, 0)).toBe(25);
    expect(await count()).toBe(1);
  });

  test('runs every hour, and an hour later again when it failed', async () => {
    const warnings: string[] = [];
    const note = () => undefined;
    const logger = {
      debug: note,
      info: note,
      error: note,
      warn: (_fields: object, message: string) => warnings.push(message),
    };
    const breakable = createBreakableDatabase(database());
    const clock = createManualClock(day(25));
    const retention = startRetention({ database: breakable, clock, logger, retentionDays: 10 });
    breakable.isGone = true;
    clock.advance(3_600_000);
    await expect.poll(() => warnings).toHaveLength(1);
    expect(await count()).toBe(26);
    breakable.isGone = false;
    clock.advance(3_600_000);
    await retention.close();
    expect(await count()).toBe(1);
    clock.advance(3_600_000);
    expect(warnings).toHaveLength(1);
  });
});
