import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createBillingHarness,
  subscriptionObject,
  testPrices,
  type BillingHarness,
} from '../testing/billing-harness.ts';
import { startFakeStripe, type FakeStripe } from '../testing/fake-stripe.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { askAboutDue, askStripe } from './ask-stripe.ts';
import { openCheckout } from './checkout.ts';
import { startSweep, type Sweep } from './sweep.ts';

const dayMs = 86_400_000;

describeEachDatabase('how a subscription stands, by asking Stripe', (database) => {
  let clock: ManualClock;
  let stripe: FakeStripe;
  let harness: BillingHarness;
  let tenantId = '';
  let id = '';
  let sweep: Sweep;

  beforeEach(async () => {
    clock = createManualClock();
    stripe = await startFakeStripe({ prices: testPrices, now: () => clock.now() });
    harness = createBillingHarness({ database: database(), clock, stripe, timeoutMs: 200 });
    tenantId = (await harness.tenants.create({ name: 'Ada', plan: 'free' })).id;
    const url = await openCheckout(harness.online, tenantId, 'small');
    const session = [...stripe.sessions.values()].find((each) => each['url'] === url);
    id = stripe.pay(session?.id ?? '').id;
    await harness.tell('checkout.session.completed', { ...session });
    sweep = startSweep({
      checkout: harness.online,
      ...{ notices: harness.notices, overage: harness.overage, longestCallMs: 1_000, logger: harness.log },
    });
  });
  afterEach(async () => {
    await sweep.close();
    await stripe.close();
  });

  const plan = async () => (await harness.tenants.get(tenantId)).plan;
  const stale = (status: string, price = 'price_small') =>
    subscriptionObject({
      ...{ id, customer: [...stripe.customers.keys()][0] ?? '', status, prices: [price] },
      metadata: { tenant_id: tenantId },
    });

  test('is found when only the checkout was told', async () => {
    expect(await plan()).toBe('free');
    await sweep.run();
    expect(await plan()).toBe('small');
  });

  test('is what Stripe says now, whatever an old event says', async () => {
    const seconds = Math.floor(clock.now() / 1_000);
    await sweep.run();
    stripe.change(id, { status: 'active', items: { data: [{ id: 'si', price: { id: 'price_large' } }] } });
    await harness.tell('customer.subscription.updated', stale('past_due'), { created: seconds - 60 });
    await sweep.run();
    expect(await plan()).toBe('large');
    await harness.tell('customer.subscription.updated', stale('canceled'), { created: seconds });
    await sweep.run();
    expect(await plan()).toBe('large');
  });

  test('goes by the events as long as Stripe is away, and by Stripe as soon as it is back', async () => {
    await sweep.run();
    stripe.fail({ matches: /subscriptions/, answer: { status: 500 }, times: 3 });
    stripe.change(id, { items: { data: [{ id: 'si', price: { id: 'price_open' } }] } });
    const created = Math.floor(clock.now() / 1_000) + 1;
    await harness.tell('customer.subscription.updated', stale('active', 'price_large'), { created });
    await sweep.run();
    expect(await plan()).toBe('large');
    clock.advance(6 * 60_000);
    await sweep.run();
    expect(await plan()).toBe('open');
  });

  test('is not told by an answer that an event came after', async () => {
    await sweep.run();
    const slow = {
      ...harness.asking,
      stripe: {
        call: async () => {
          // Between Stripe's reading and our writing it changes, and the event of it comes.
          const before = structuredClone(stripe.subscriptions.get(id)) as never;
          stripe.change(id, { items: { data: [{ id: 'si', price: { id: 'price_large' } }] } });
          const created = Math.floor(clock.now() / 1_000) + 1;
          await harness.tell('customer.subscription.updated', stripe.subscriptions.get(id) ?? {}, { created });
          return before;
        },
      },
    };
    await askStripe(slow, id);
    expect(await plan()).toBe('large');
  });

  test('is asked after its period in case the event of its end was lost', async () => {
    await sweep.run();
    stripe.change(id, { status: 'canceled', ended_at: Math.floor(clock.now() / 1_000) + 30 * 86_400 });
    clock.leap(clock.now() + 30 * dayMs + 2 * 3_600_000);
    await sweep.run();
    await sweep.run();
    expect(await plan()).toBe('free');
  });

  test('is asked once more before a plan is taken back, and waits while Stripe is away', async () => {
    const seconds = Math.floor(clock.now() / 1_000);
    await sweep.run();
    await harness.tell('customer.subscription.updated', stale('past_due'), { created: seconds + 1 });
    stripe.change(id, { status: 'past_due' });
    await sweep.run();
    // It was paid, but the event of it never came.
    stripe.change(id, { status: 'active' });
    clock.leap(clock.now() + 8 * dayMs);
    await sweep.run();
    expect(await plan()).toBe('small');
    stripe.change(id, { status: 'past_due' });
    await harness.tell('customer.subscription.updated', stale('past_due'));
    await sweep.run();
    stripe.fail({ matches: /subscriptions/, answer: 'silence', times: 1_000 });
    clock.leap(clock.now() + 8 * dayMs);
    await sweep.run();
    expect(await plan()).toBe('small');
    stripe.heal();
    await sweep.run();
    expect(await plan()).toBe('free');
  });

  test('of another account is not asked for again', async () => {
    const other = (await harness.tenants.create({ name: 'Bea', plan: 'free' })).id;
    const foreign = subscriptionObject({
      ...{ id: 'sub_foreign', customer: 'cus_foreign', status: 'active', prices: [] },
      metadata: { tenant_id: other, plan: 'large' },
    });
    await sweep.run();
    await harness.tell('customer.subscription.created', foreign);
    expect((await harness.tenants.get(other)).plan).toBe('large');
    const errors: unknown[] = [];
    expect(await askAboutDue(harness.online, (_id, error) => void errors.push(error))).toBe(1);
    expect(await askAboutDue(harness.online, () => undefined)).toBe(0);
    expect(errors).toEqual([]);
  });
});
