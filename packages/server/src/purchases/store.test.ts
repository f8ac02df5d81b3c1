import fc from 'fast-check';
import { sql } from 'drizzle-orm';
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { createCipher } from '../secrets/cipher.ts';
import { createTenantStore, type TenantStore } from '../tenants/store.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { PurchaseStore } from './store.ts';
import type { StripeEvent } from './stripe-event.ts';

const clock = createManualClock();
let serial = 0;

/** Seconds are told from shortly before now: long ago a missing payment would have ended the plan. */
const baseSeconds = clock.now() / 1_000 - 2_000;

function event(type: string, object: object, created = 1_000, id = `evt_${(serial += 1)}`): StripeEvent {
  return { id, type, created: baseSeconds + created, livemode: false, object: object as StripeEvent['object'] };
}

describeEachDatabase('the ledger of purchases', (database) => {
  let store: PurchaseStore;
  let tenants: TenantStore;
  let tenantId = '';
  const payload = Buffer.from('{"email":"ada@example.com"}');
  const record = (told: StripeEvent) => store.record(told, payload);
  const plan = async () => (await tenants.get(tenantId)).plan;

  beforeEach(async () => {
    serial += 1_000;
    tenants = createTenantStore({ database: database(), clock });
    tenantId = (await tenants.create({ name: 'Ada', plan: 'personal' })).id;
    store = new PurchaseStore({
      ...{ database: database(), clock, cipher: createCipher(randomBytes(32), 'purchases') },
      rules: {
        ...{ plans: new Map(), graceDays: 7, asksStripe: false },
        isPlan: (name) => ['personal', 'business', 'enterprise'].includes(name),
        planOfPrice: (price) => (price === 'price_business' ? 'business' : undefined),
        planAfterEnd: 'personal',
      },
    });
  });

  const session = (id: string) => ({
    id,
    customer: `cus_${id}`,
    amount_total: 99_000,
    currency: 'eur',
    client_reference_id: tenantId,
  });

  test('takes each event once, fifty deliveries at the same time too', async () => {
    const told = event('checkout.session.completed', { ...session('cs_once'), payment_status: 'paid' });
    const all = await Promise.all(Array.from({ length: 50 }, () => record(told)));
    expect(all.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
    expect(await store.list({ tenantId, limit: 10 })).toMatchObject([
      { id: 'cs_once', kind: 'checkout', status: 'paid', amount: 99_000, currency: 'EUR', tenantId },
    ]);
  });

  test('ends the same in whichever order a purchase is told', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), async (order) => {
        const id = `cs_${serial}_${(run += 1)}`;
        const events = [
          event('checkout.session.completed', { ...session(id), payment_status: 'unpaid' }, 10),
          event('checkout.session.async_payment_failed', session(id), 20),
          event('checkout.session.async_payment_succeeded', session(id), 30),
        ];
        for (const index of order) {
          const told = events[index];
          if (told !== undefined) await record(told);
        }
        expect((await store.list({ tenantId, limit: 100 })).find((row) => row.id === id)?.status).toBe('paid');
      }),
      { numRuns: 12 },
    );
  });

  test('ends with the same plan in whichever order a subscription is told', async () => {
    let run = 0;
    const life = ['checkout', 'created', 'active', 'upgraded', 'late'];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(life, { minLength: life.length }), fc.boolean(), async (order, isOver) => {
        await tenants.update(tenantId, { plan: 'personal' });
        const [id, customer] = [`sub_${serial}_${(run += 1)}`, `cus_${serial}_${run}`];
        await database().query((executor) => executor.execute(sql`DELETE FROM subscriptions`));
        const sub = (status: string, price: string) => ({
          id,
          customer,
          status,
          items: { data: [{ price: { id: price } }] },
        });
        const upgraded = { ...sub('active', 'price_other'), metadata: { plan: 'enterprise' } };
        const events: Record<string, StripeEvent> = {
          checkout: event(
            'checkout.session.completed',
            { ...session(`cs_${id}`), customer, payment_status: 'paid' },
            100,
          ),
          created: event('customer.subscription.created', sub('incomplete', 'price_business'), 100),
          active: event('customer.subscription.updated', sub('active', 'price_business'), 100),
          upgraded: event('customer.subscription.updated', upgraded, 200),
          late: event('customer.subscription.updated', { ...upgraded, status: 'past_due' }, 300),
          deleted: event('customer.subscription.deleted', upgraded, 250),
        };
        for (const name of isOver ? [...order, 'deleted'].toSorted(() => (run % 2) - 0.5) : order) {
          const told = events[name];
          if (told !== undefined) await record(told);
        }
        expect(await plan()).toBe(isOver ? 'personal' : 'enterprise');
      }),
      { numRuns: 20 },
    );
  });

  test('ends a trial with the plan that is paid for, and tells whose plan changed', async () => {
    await database().query((executor) =>
      executor.execute(sql`UPDATE tenants SET trial_ends_at = now() WHERE id = ${tenantId}`),
    );
    const sub = {
      id: 'sub_trial',
      customer: 'cus_trial',
      status: 'active',
      metadata: { tenant_id: tenantId, plan: 'business' },
    };
    expect(await record(event('customer.subscription.created', sub))).toMatchObject({ changedTenants: [tenantId] });
    expect(await record(event('customer.subscription.updated', sub, 1_001))).toMatchObject({ changedTenants: [] });
    const { rows } = await database().query((executor) =>
      executor.execute(sql`SELECT trial_ends_at FROM tenants WHERE id = ${tenantId}`),
    );
    expect(rows[0]).toEqual({ trial_ends_at: null });
    await record(event('customer.subscription.updated', { ...sub, status: 'past_due' }, 1_002));
    expect(await plan()).toBe('business');
    await record(event('customer.subscription.updated', { ...sub, status: 'unpaid' }, 1_003));
    expect(await plan()).toBe('personal');
  });

  test('keeps what is of no use here, and purchases of nobody known', async () => {
    expect(await record(event('radar.early_fraud_warning.created', { id: 'x' }))).toMatchObject({ outcome: 'kept' });
    const foreign = { ...session('cs_foreign'), client_reference_id: 'someone-else', payment_status: 'paid' };
    await record(event('checkout.session.completed', foreign));
    const strange = {
      id: 'sub_x',
      customer: 'cus_x',
      status: 'active',
      metadata: { plan: 'no such plan', tenant_id: tenantId },
    };
    expect(await record(event('customer.subscription.created', strange))).toMatchObject({ changedTenants: [] });
    const all = await store.list({ limit: 200 });
    expect(all.find(({ id }) => id === 'cs_foreign')).toMatchObject({ tenantId: null, status: 'paid' });
    expect(await plan()).toBe('personal');
  });

  test('assigns what came before the tenant was known', async () => {
    await record(event('invoice.paid', { id: 'in_early', customer: 'cus_late', total: 500, currency: 'eur' }, 10));
    await record(
      event('checkout.session.completed', { ...session('cs_late'), customer: 'cus_late', payment_status: 'paid' }, 20),
    );
    const own = await store.list({ tenantId, limit: 10 });
    expect(own.map(({ id }) => id)).toEqual(['cs_late', 'in_early']);
  });

  test('keeps events sealed', async () => {
    await record(event('checkout.session.completed', { ...session('cs_sealed'), payment_status: 'paid' }));
    const { rows } = await database().query((executor) =>
      executor.execute(sql`SELECT encode(payload, 'escape') AS text FROM stripe_events`),
    );
    expect(JSON.stringify(rows)).not.toContain('ada@example.com');
  });
});
