import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import {
  createBillingHarness,
  subscriptionObject,
  testPrices,
  type BillingHarness,
} from '../testing/billing-harness.ts';
import { startFakeStripe, type FakeStripe } from '../testing/fake-stripe.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { changePlan } from './change-plan.ts';
import { openCheckout } from './checkout.ts';
import { listInvoices } from './invoices.ts';
import { openPortal } from './portal.ts';
import { createStripeClient } from './stripe-client.ts';
import { startSweep } from './sweep.ts';

const dayMs = 86_400_000;

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error.code;
  throw new Error('no error of ours', { cause: error });
}

describeEachDatabase('buying a plan', (database) => {
  let clock: ManualClock;
  let stripe: FakeStripe;
  let harness: BillingHarness;
  let tenantId = '';

  beforeEach(async () => {
    clock = createManualClock();
    stripe = await startFakeStripe({ prices: testPrices, meters: ['tokens'], now: () => clock.now() });
    harness = createBillingHarness({ database: database(), clock, stripe });
    tenantId = (await harness.tenants.create({ name: 'Ada', plan: 'free', contactEmail: 'ada@example.com' })).id;
    return () => stripe.close();
  });

  const checkout = (plan: string) => openCheckout(harness.online, tenantId, plan);
  const session = (url: string) => [...stripe.sessions.values()].find((each) => each['url'] === url);
  const plan = async () => (await harness.tenants.get(tenantId)).plan;

  test('opens one page for one customer, however many ask at the same time', async () => {
    const urls = await Promise.all(Array.from({ length: 8 }, () => checkout('small')));
    expect(new Set(urls).size).toBe(1);
    expect(await checkout('small')).toBe(urls[0]);
    expect([...stripe.customers.values()]).toMatchObject([
      { name: 'Ada', email: 'ada@example.com', metadata: { tenant_id: tenantId } },
    ]);
    expect([...stripe.sessions.values()]).toMatchObject([
      {
        ...{ mode: 'subscription', client_reference_id: tenantId, metadata: { tenant_id: tenantId } },
        success_url: 'https://api.example.com/console/billing?checkout=success',
        cancel_url: 'https://api.example.com/console/billing?checkout=cancelled',
      },
    ]);
  });

  test('closes the page of a plan when another one is chosen, so that only one can be paid', async () => {
    const small = session(await checkout('small'));
    const large = session(await checkout('large'));
    expect([small?.['status'], large?.['status']]).toEqual(['expired', 'open']);
    const both = await Promise.all([checkout('small'), checkout('large')].map((each) => each.catch(() => '')));
    const open = [...stripe.sessions.values()].filter(({ status }) => status === 'open');
    expect(open).toHaveLength(1);
    expect(both).toContain(open[0]?.['url']);
  });

  test('opens a new page when that of before is over', async () => {
    const first = await checkout('small');
    Object.assign(session(first) ?? {}, { status: 'expired' });
    clock.advance(2 * dayMs);
    expect(await checkout('small')).not.toBe(first);
    expect(stripe.customers.size).toBe(1);
  });

  test('takes the trial along that is left, if Stripe allows one so short', async () => {
    const trialOf = async (days: number) => {
      await harness.tenants.update(tenantId, { trialEndsAt: new Date(clock.now() + days * dayMs) });
      const made = session(await checkout(days > 5 ? 'small' : 'large'));
      return (made?.['pending'] as { trialEnd: number | null }).trialEnd;
    };
    expect(await trialOf(10)).toBe(Math.floor(clock.now() / 1_000) + 10 * 86_400);
    expect(await trialOf(2)).toBeNull();
  });

  test('sells the price of what goes beyond it too', async () => {
    const made = session(await checkout('open'));
    expect(made?.['pending']).toMatchObject({ prices: ['price_open', 'price_meter'] });
  });

  test('notices by itself that it was paid, when no event comes', async () => {
    stripe.pay(session(await checkout('small'))?.id ?? '');
    const sweep = startSweep({
      checkout: harness.online,
      ...{ notices: harness.notices, overage: harness.overage, longestCallMs: 1_000, logger: harness.log },
    });
    await sweep.run();
    expect(await plan()).toBe('free');
    clock.advance(3 * 60_000);
    await sweep.run();
    await sweep.close();
    expect(await plan()).toBe('small');
    expect(harness.forgotten).toContain(tenantId);
  });

  test('is not sold twice: neither before nor after the event of the first payment', async () => {
    stripe.pay(session(await checkout('small'))?.id ?? '');
    expect(await codeOf(checkout('small'))).toBe('SUBSCRIPTION_EXISTS');
    expect(await plan()).toBe('small');
    expect(await codeOf(checkout('large'))).toBe('SUBSCRIPTION_EXISTS');
  });

  test.each(['nothing', 'free', 'hidden'])('of which none is sold is refused with those that are: %s', async (name) => {
    const error: unknown = await checkout(name).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', param: 'plan' });
    expect(String(error)).toContain('small, large, open');
    expect(stripe.requests).toEqual([]);
  });

  test('is refused to a suspended tenant', async () => {
    await harness.tenants.update(tenantId, { suspended: true });
    expect(await codeOf(checkout('small'))).toBe('TENANT_SUSPENDED');
  });

  test('makes a customer anew that was deleted at Stripe', async () => {
    await checkout('small');
    const [first] = stripe.customers.values();
    Object.assign(first ?? {}, { deleted: true });
    expect(await checkout('large')).toContain('https://');
    expect([...stripe.customers.values()].filter((each) => each['deleted'] !== true)).toHaveLength(1);
  });

  describe('while Stripe has a fault', () => {
    test.each([
      ['cannot be reached for a moment', { status: 500 }, 2],
      ['breaks the connection after the deed', 'lost answer', 1],
    ] as const)('goes on when it %s', async (_what, answer, times) => {
      stripe.fail({ matches: /^POST/, answer, times });
      await checkout('small');
      expect([stripe.customers.size, stripe.sessions.size]).toEqual([1, 1]);
    });

    test.each([
      ['fails', { status: 500 }, 3],
      ['is busy', { status: 429 }, 1],
      ['is silent', 'silence', 3],
      ['loses its answers', 'lost answer', 3],
    ] as const)('tells to try again when it %s, and then makes nothing twice', async (_what, answer, times) => {
      harness = createBillingHarness({ database: database(), clock, stripe, timeoutMs: 100 });
      stripe.fail({ matches: /checkout/, answer, times });
      const error: unknown = await checkout('small').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'PAYMENT_PROVIDER_UNAVAILABLE', retryAfterSeconds: 30 });
      await checkout('small');
      expect(stripe.customers.size).toBe(1);
      expect([...stripe.sessions.values()].filter(({ status }) => status === 'open')).toHaveLength(1);
    });

    test('says what the operator has to know to the log alone, and the key to nobody', async () => {
      stripe.fail({ matches: /customers/, answer: { status: 400, code: 'parameter_unknown' }, times: 1 });
      const error: unknown = await checkout('small').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'PAYMENT_PROVIDER_REFUSED' });
      expect(String(error)).not.toContain('Sorry');
      expect(harness.log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { code: 'parameter_unknown' } });
      const wrong = { apiKey: 'sk_live_wrong_but_secret', apiUrl: stripe.url, timeoutMs: 1_000, logger: harness.log };
      const client = createStripeClient(wrong);
      expect(await codeOf(client.call((each) => each.customers.retrieve('cus_1')))).toBe(
        'PAYMENT_PROVIDER_UNAVAILABLE',
      );
      expect(JSON.stringify(harness.log.lines)).not.toContain('wrong_but_secret');
      expect(await checkout('small')).toContain('https://');
    });
  });

  describe('and then', () => {
    const bought = async (name: string) => {
      const paid = session(await checkout(name));
      const subscription = stripe.pay(paid?.id ?? '');
      await harness.tell('checkout.session.completed', paid ?? {});
      await harness.tell('customer.subscription.created', subscription);
      return subscription;
    };
    const pricesOf = (id: string) =>
      (stripe.subscriptions.get(id)?.['items'] as { data: { price: { id: string } }[] }).data.map(
        ({ price }) => price.id,
      );

    test('another plan is chosen: at once, with the price for what goes beyond it, and proration left to Stripe', async () => {
      const { id } = await bought('small');
      await changePlan(harness.online, tenantId, 'open');
      expect(await plan()).toBe('open');
      expect(pricesOf(id)).toEqual(['price_open', 'price_meter']);
      await changePlan(harness.online, tenantId, 'large');
      expect(await plan()).toBe('large');
      expect(pricesOf(id)).toEqual(['price_large']);
      expect(await codeOf(changePlan(harness.online, tenantId, 'large'))).toBe('CONFLICT');
      expect(await codeOf(changePlan(harness.online, tenantId, 'hidden'))).toBe('INVALID_REQUEST');
    });

    test('a plan that was to end goes on when one is chosen', async () => {
      const { id } = await bought('small');
      stripe.change(id, { cancel_at_period_end: true, cancel_at: Math.floor(clock.now() / 1_000) + 86_400 });
      await harness.tell('customer.subscription.updated', stripe.subscriptions.get(id) ?? {});
      await changePlan(harness.online, tenantId, 'small');
      expect(stripe.subscriptions.get(id)).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
    });

    test('nothing can be changed, looked at or paid where nothing was bought', async () => {
      expect(await codeOf(changePlan(harness.online, tenantId, 'large'))).toBe('CONFLICT');
      expect(await codeOf(openPortal(harness.online, tenantId))).toBe('CONFLICT');
      const page = { after: undefined, limit: 10 };
      expect(await listInvoices(harness.online, tenantId, page)).toEqual({ invoices: [], hasMore: false });
    });

    test('its invoices are listed page by page, and nobody else’s', async () => {
      const { customer } = await bought('small');
      const invoice = (id: string, of: unknown) => ({
        ...{ id, object: 'invoice', customer: of, number: `A-${id}`, status: 'paid', currency: 'eur' },
        ...{ total: 4_900, amount_due: 4_900, amount_paid: 4_900, created: 1_000, period_start: 0, period_end: 900 },
        hosted_invoice_url: `https://invoice.stripe.test/${id}`,
      });
      stripe.invoices.push(
        invoice('in_3', customer),
        invoice('in_x', 'cus_other'),
        invoice('in_2', customer),
        invoice('in_1', customer),
      );
      const first = await listInvoices(harness.online, tenantId, { after: undefined, limit: 2 });
      expect(first).toMatchObject({
        hasMore: true,
        invoices: [{ id: 'in_3', currency: 'EUR', pdf: null }, { id: 'in_2' }],
      });
      const second = await listInvoices(harness.online, tenantId, { after: 'in_2', limit: 2 });
      expect(second).toMatchObject({ hasMore: false, invoices: [{ id: 'in_1' }] });
      for (const after of ['in_x', 'in_unknown'])
        expect(await codeOf(listInvoices(harness.online, tenantId, { after, limit: 2 }))).toBe('INVALID_REQUEST');
    });

    test('nobody else’s subscription that names the tenant takes its plan away', async () => {
      await bought('large');
      await harness.tell('customer.subscription.created', {
        ...{ id: `sub_strange_${tenantId}`, customer: `cus_strange_${tenantId}`, status: 'active' },
        ...{ metadata: { tenant_id: tenantId }, items: { data: [{ price: { id: 'price_small' } }] } },
      });
      expect(await plan()).toBe('large');
      await openPortal(harness.online, tenantId);
    });

    test('a customer that was deleted at Stripe has no portal and no invoices any more', async () => {
      const { customer, id } = await bought('small');
      await harness.tell('customer.subscription.deleted', stripe.change(id, { status: 'canceled' }));
      Object.assign(stripe.customers.get(String(customer)) ?? {}, { deleted: true });
      expect(await listInvoices(harness.online, tenantId, { after: undefined, limit: 5 })).toMatchObject({
        invoices: [],
      });
      expect(await codeOf(openPortal(harness.online, tenantId))).toBe('CONFLICT');
    });

    test('the event of a change may come before its answer', async () => {
      const { id } = await bought('small');
      const call: typeof harness.online.stripe.call = async (work) => {
        const answer = await harness.online.stripe.call(work);
        const before = subscriptionObject({
          ...{ id, customer: [...stripe.customers.keys()][0] ?? '', status: 'active', prices: ['price_small'] },
        });
        await harness.tell('customer.subscription.updated', before, { created: Math.floor(clock.now() / 1_000) });
        return answer;
      };
      let calls = 0;
      const racing = {
        call: ((work) => ((calls += 1) === 1 ? call(work) : harness.online.stripe.call(work))) as typeof call,
      };
      await changePlan({ ...harness.online, stripe: racing }, tenantId, 'large');
      expect(await plan()).toBe('large');
    });

    test('the portal is opened for the customer', async () => {
      const { customer } = await bought('small');
      expect(await openPortal(harness.online, tenantId)).toMatch(/^https:/);
      expect(customer).toBe([...stripe.customers.keys()][0]);
    });
  });

  test('leaves one row for each tenant, in whichever way it was begun', async () => {
    await Promise.all([checkout('small'), checkout('large'), checkout('small')].map((each) => each.catch(() => '')));
    const { rows } = await database().query((executor) =>
      executor.execute(sql`SELECT count(*)::int AS count FROM billing_accounts WHERE tenant_id = ${tenantId}`),
    );
    expect(rows[0]).toEqual({ count: 1 });
  });
});
