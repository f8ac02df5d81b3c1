import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { createCatalog } from '../gateway/catalog.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import type { Principal } from '../keys/key.ts';
import type { Settings } from '../config/schema.ts';
import { mergePlan, PlanBook } from './plan-book.ts';

const free = { limits_per: 'tenant', tokens_per_month: 100, requests_per_minute: 5 } as const;
const nowMs = Date.UTC(2026, 4, 20);

const principal: Principal = {
  ...{ tenantId: 'ten_1', keyId: 'key_1', mode: 'live', plan: 'free', suspended: false, pinnedVersion: undefined },
  ...{ scopes: new Set<string>(), models: null },
};

test('what staff changed lies over the configuration; null takes a bound away', () => {
  expect(mergePlan(free, { tokens_per_month: 7, requests_per_minute: null })).toEqual({
    limits_per: 'tenant',
    tokens_per_month: 7,
  });
});

describeEachDatabase('the plans', (database) => {
  const clock = createManualClock(nowMs);
  const open = () =>
    new PlanBook({ database: database(), clock, logger: createRecordingLogger(), configured: { free } });
  const catalogOf = (book: PlanBook) =>
    createCatalog({ models: {}, plans: { free } } as unknown as Settings, book, () => clock.now());
  const quotas = (catalog: ReturnType<typeof catalogOf>, who = principal) =>
    Object.fromEntries(catalog.limitsOf(who).map(({ name, quota }) => [name, quota]));

  beforeEach(async () => {
    await database().query((executor) => executor.execute(sql`DELETE FROM plan_overrides`));
    await database().query((executor) => executor.execute(sql`DELETE FROM tenants`));
  });

  test('as one process changes them are in force in the other', async () => {
    const [here, there] = [open(), open()];
    const catalog = catalogOf(there);
    expect(quotas(catalog)).toEqual({ rpm: 5, tpmonth: 100 });
    await here.change('free', { tokens_per_month: 50 });
    await there.load();
    expect(quotas(catalog)).toEqual({ rpm: 5, tpmonth: 50 });
    await here.reset('free');
    await there.load();
    expect(quotas(catalog)).toEqual({ rpm: 5, tpmonth: 100 });
    here.close();
    there.close();
  });

  test('that staff made go only when nobody is on them', async () => {
    const book = open();
    await book.change('partner', { tokens_per_month: 9 });
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO tenants (id, name, plan) VALUES ('ten_1', 'x', 'partner')`),
    );
    expect((await book.list()).find(({ name }) => name === 'partner')).toMatchObject({
      tenants: 1,
      configured: undefined,
    });
    await expect(book.reset('partner')).rejects.toMatchObject({ code: 'CONFLICT' });
    await database().query((executor) => executor.execute(sql`UPDATE tenants SET plan = 'free'`));
    await book.reset('partner');
    expect(book.get('partner')).toBeUndefined();
    await expect(book.reset('partner')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    book.close();
  });
});

describe('a credit', () => {
  test('adds to the month until it ends, and a key’s own limit still holds', () => {
    let now = nowMs;
    const catalog = createCatalog({ models: {}, plans: { free } } as unknown as Settings, undefined, () => now);
    const untilMs = Date.UTC(2026, 5, 1);
    const credited = { ...principal, credit: { tokens: 40, untilMs } };
    const month = (who: Principal) =>
      catalog
        .limitsOf(who)
        .filter(({ name }) => name === 'tpmonth')
        .map(({ quota, subject }) => [subject, quota]);
    expect(month(credited)).toEqual([['ten_1', 140]]);
    expect(month({ ...credited, keyLimits: { tokens_per_month: 10 } })).toEqual([
      ['ten_1', 140],
      ['key_1', 10],
    ]);
    now = untilMs;
    expect(month(credited)).toEqual([['ten_1', 100]]);
  });
});
