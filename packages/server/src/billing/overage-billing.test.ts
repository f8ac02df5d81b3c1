import { sql } from 'drizzle-orm';
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { planSchema } from '../config/schema.ts';
import {
  createBillingHarness,
  subscriptionObject,
  testPlans,
  testPrices,
  type BillingHarness,
} from '../testing/billing-harness.ts';
import { startFakeStripe, type FakeStripe } from '../testing/fake-stripe.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { reportNow, reportOverage } from './report-overage.ts';
import { sendOverage } from './send-overage.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describeEachDatabase('overage', (database) => {
  let clock: ManualClock;
  let stripe: FakeStripe;
  let harness: BillingHarness;
  let tenantId = '';
  let customer = '';

  beforeEach(async () => {
    clock = createManualClock(Date.UTC(2026, 0, 10, 8));
    stripe = await startFakeStripe({ prices: testPrices, meters: ['tokens'], now: () => clock.now() });
    harness = createBillingHarness({ database: database(), clock, stripe, timeoutMs: 300 });
    await database().query((executor) => executor.execute(sql`DELETE FROM overage_reports`));
    ({ tenantId, customer } = await subscribed());
    return () => stripe.close();
  });

  /** A tenant with the plan `open` since the beginning of the month. */
  async function subscribed() {
    const { id } = await harness.tenants.create({ name: 'Ada', plan: 'free' });
    await harness.planSince(id, Date.UTC(2026, 0, 1) - 1);
    const owner = `cus_${randomBytes(6).toString('hex')}`;
    await harness.tell('customer.subscription.created', object(owner, 'active', { metadata: { tenant_id: id } }));
    await harness.planSince(id, Date.UTC(2026, 0, 1));
    return { tenantId: id, customer: owner };
  }
  function object(owner: string, status: string, more: object = {}) {
    const prices = ['price_open', 'price_meter'];
    return subscriptionObject({ ...{ id: `sub_${owner}`, customer: owner, status, prices }, ...more });
  }
  const sender = () => ({ ...harness.online, logger: harness.log, claimStaleMs: 1_000 });
  const bill = async () => {
    await reportOverage(harness.overage);
    await sendOverage(sender());
  };
  const billedTo = (owner: string) =>
    stripe.meterEvents.filter((event) => event.customer === owner).map(({ value }) => value);
  const total = (owner = customer) => billedTo(owner).reduce((sum, value) => sum + value, 0);

  test('is nothing within the plan, and each token beyond it, in the hour it was used', async () => {
    await harness.use(tenantId, { keyId: 'a', promptTokens: 600, completionTokens: 400 });
    clock.advance(hourMs);
    await harness.use(tenantId, { keyId: 'b', promptTokens: 1, completionTokens: 0 });
    clock.advance(hourMs);
    await harness.use(tenantId, { keyId: 'a', promptTokens: 70, completionTokens: 7 });
    await bill();
    expect(billedTo(customer)).toEqual([]);
    clock.advance(11 * 60_000);
    await bill();
    expect(billedTo(customer)).toEqual([1]);
    clock.advance(hourMs);
    await bill();
    expect(billedTo(customer)).toEqual([1, 77]);
    expect(stripe.meterEvents.map(({ timestamp }) => timestamp)).toEqual([
      Date.UTC(2026, 0, 10, 9, 59, 59) / 1_000,
      Date.UTC(2026, 0, 10, 10, 59, 59) / 1_000,
    ]);
    await bill();
    expect(total()).toBe(78);
  });

  test('does not count what is not the plan’s: test keys, keys of the tenant’s own', async () => {
    await harness.use(tenantId, { promptTokens: 5_000, mode: 'test' });
    await harness.use(tenantId, { promptTokens: 5_000, model: 'own' });
    await harness.use(tenantId, { promptTokens: 1_010 });
    clock.advance(2 * hourMs);
    await bill();
    expect(total()).toBe(10);
  });

  test('is billed once by any number of processes at the same time', async () => {
    const others = await Promise.all([1, 2, 3].map(() => subscribed()));
    for (const each of [tenantId, ...others.map((other) => other.tenantId)])
      await harness.use(each, { promptTokens: 1_500 });
    clock.advance(2 * hourMs);
    await Promise.all([bill(), bill(), bill(), bill()]);
    for (const owner of [customer, ...others.map((other) => other.customer)]) expect(total(owner)).toBe(500);
  });

  test('is billed once although answers are lost, Stripe fails, and processes die on the way', async () => {
    await harness.use(tenantId, { promptTokens: 1_500 });
    clock.advance(2 * hourMs);
    await reportOverage(harness.overage);
    for (const answer of [{ status: 500 }, 'lost answer', { status: 429 }, 'silence'] as const) {
      stripe.fail({ matches: /meter_events/, answer, times: 3 });
      await sendOverage(sender());
      clock.advance(2_000);
    }
    expect(total()).toBe(500);
    await sendOverage(sender());
    clock.advance(2_000);
    expect(await sendOverage(sender())).toBe(0);
    expect(billedTo(customer)).toEqual([500]);
  });

  test.each(['lost answer', 'silence'] as const)(
    'is billed once although Stripe has forgotten its name meanwhile, after: %s',
    async (answer) => {
      // Another report of the same hour is there already: late usage of the month before.
      await harness.use(tenantId, { promptTokens: 1_500 });
      clock.advance(2 * hourMs);
      await reportOverage(harness.overage);
      stripe.fail({ matches: /meter_events/, answer, times: 3 });
      await sendOverage(sender());
      clock.advance(3 * dayMs);
      await sendOverage(sender());
      expect(billedTo(customer)).toEqual([500]);
      clock.advance(3 * dayMs);
      expect(await sendOverage(sender())).toBe(0);
    },
  );

  test('is billed later where it came late, even after the month', async () => {
    await harness.use(tenantId, { promptTokens: 1_100 });
    clock.advance(2 * hourMs);
    await bill();
    await harness.use(tenantId, { promptTokens: 30, startedAtMs: clock.now() - 3 * hourMs });
    await bill();
    expect(total()).toBe(100);
    clock.advance(hourMs);
    await bill();
    expect(total()).toBe(130);
    clock.leap(Date.UTC(2026, 1, 1, 5));
    await bill();
    await harness.use(tenantId, { promptTokens: 7, startedAtMs: Date.UTC(2026, 0, 31, 23, 59) });
    await harness.use(tenantId, { promptTokens: 900, startedAtMs: Date.UTC(2026, 1, 1, 2) });
    clock.advance(hourMs);
    await bill();
    // A month begins anew: February's tokens are within the plan.
    expect(total()).toBe(137);
  });

  test('goes by the plan of the time of use, to the second', async () => {
    const at = (minute: number) => Date.UTC(2026, 0, 10, 8, minute);
    await harness.use(tenantId, { promptTokens: 1_200, startedAtMs: at(5) });
    // At 8:30 the payment fails: nothing beyond the plan is billed from then on, nor is it free before.
    await harness.tell('customer.subscription.updated', object(customer, 'past_due'), { created: at(30) / 1_000 });
    await harness.planSince(tenantId, at(30));
    await harness.use(tenantId, { promptTokens: 400, startedAtMs: at(40) });
    // At 9:10 it is paid.
    await harness.tell('customer.subscription.updated', object(customer, 'active'), { created: at(70) / 1_000 });
    await harness.planSince(tenantId, at(70));
    await harness.use(tenantId, { promptTokens: 33, startedAtMs: at(80) });
    clock.leap(at(200));
    await bill();
    expect(total()).toBe(233);
  });

  test('of a subscription that ends is billed before its last invoice is closed', async () => {
    await harness.use(tenantId, { promptTokens: 1_300, startedAtMs: clock.now() + 60_000 });
    clock.advance(20 * 60_000);
    const endedAt = clock.now() / 1_000;
    await harness.tell('customer.subscription.deleted', object(customer, 'canceled', { ended_at: endedAt }));
    await harness.planSince(tenantId, clock.now());
    clock.advance(3 * 60_000);
    await bill();
    expect(stripe.meterEvents).toMatchObject([{ value: 300, timestamp: endedAt - 1 }]);
    clock.advance(2 * hourMs);
    await bill();
    expect(total()).toBe(300);
  });

  test('is written down at once before the price that bills it goes', async () => {
    await harness.use(tenantId, { promptTokens: 1_300 });
    clock.advance(60_000);
    await reportNow(harness.overage, tenantId);
    await sendOverage(sender());
    expect(total()).toBe(300);
    await harness.use(tenantId, { promptTokens: 11 });
    clock.advance(3 * hourMs);
    await bill();
    await bill();
    expect(total()).toBe(311);
  });

  test('is not made more by a configuration that includes less, before the next month', async () => {
    await harness.use(tenantId, { promptTokens: 900 });
    clock.advance(2 * hourMs);
    await bill();
    const open = planSchema.parse({ ...testPlans['open'], tokens_per_month: 100 });
    harness = createBillingHarness({ database: database(), clock, stripe, plans: { ...testPlans, open } });
    await harness.use(tenantId, { promptTokens: 150 });
    clock.advance(2 * hourMs);
    await bill();
    expect(total()).toBe(50);
  });

  test('does not count what staff gave, not even when it comes late', async () => {
    const monthEnd = Date.UTC(2026, 1, 1);
    await harness.tenants.credit(tenantId, 300, new Date(monthEnd));
    await harness.use(tenantId, { promptTokens: 1_310 });
    clock.advance(2 * hourMs);
    await bill();
    expect(total()).toBe(10);
    clock.leap(monthEnd + hourMs);
    // The next gift takes the place of the last one.
    await harness.tenants.credit(tenantId, 5, new Date(Date.UTC(2026, 2, 1)));
    await harness.use(tenantId, { promptTokens: 1, startedAtMs: monthEnd - 1 });
    clock.advance(2 * hourMs);
    await bill();
    expect(total()).toBe(11);
  });

  test('that Stripe refuses is kept, told, and tried again when somebody has seen to it', async () => {
    await harness.use(tenantId, { promptTokens: 1_500 });
    clock.advance(2 * hourMs);
    stripe.fail({ matches: /meter_events/, answer: { status: 400 }, times: 1 });
    await bill();
    expect(harness.log.lines.at(-1)).toMatchObject({ level: 'error' });
    clock.advance(10_000);
    expect(await sendOverage(sender())).toBe(0);
    clock.advance(hourMs);
    expect(await sendOverage(sender())).toBe(500);
    expect(total()).toBe(500);
  });
});
