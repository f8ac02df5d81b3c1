import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeStripe, type FakeStripe } from '../packages/server/src/testing/fake-stripe.ts';
import { linksTo, signUp, type Browser } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let stripe: FakeStripe;
let turnpike: Turnpike;

const prices = { price_pro: 'licensed', price_business: 'licensed', price_more: 'metered' } as const;
const daySeconds = 86_400;
const now = () => Math.floor(Date.now() / 1_000);

function configOf(url: string) {
  return {
    accounts: { throttle: false },
    billing: { stripe_api_url: url, stripe_timeout_ms: 2_000, contact: 'sales@example.com' },
    plans: {
      professional: { price: { amount: 49, currency: 'EUR' }, stripe_prices: ['price_pro'] },
      business: {
        stripe_prices: ['price_business'],
        overage: { meter_event: 'more_tokens', stripe_price: 'price_more', price_per_million: 2 },
      },
      enterprise: { public: false, stripe_prices: ['price_enterprise'] },
    },
  };
}

beforeAll(async () => {
  stripe = await startFakeStripe({ prices, meters: ['more_tokens'] });
  const port = await freePort();
  turnpike = await startTurnpike({
    port,
    env: {
      TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}`,
      STRIPE_API_KEY: stripe.apiKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    },
    config: configOf(stripe.url),
  });
});
afterAll(async () => {
  await cleanUp();
  await stripe.close();
});

interface Plan {
  readonly id: string;
  readonly can_checkout: boolean;
  readonly can_change: boolean;
}
interface Overview {
  readonly plan_id: string;
  readonly trial_ends_at: string | null;
  readonly subscription: {
    readonly status: string;
    readonly grace_ends_at: string | null;
    readonly cancel_at: string | null;
  };
  readonly plans: readonly Plan[];
}

const overview = (person: Browser) => person.json<Overview>('GET', '/account/v1/billing');
const checkout = (person: Browser, plan: string) =>
  person.json<{ url: string }>('POST', '/account/v1/billing/checkout', { plan });

async function deliver(type: string, object: object, told: Parameters<FakeStripe['event']>[2] = {}): Promise<Response> {
  const { payload, signature } = stripe.event(type, object, told);
  return fetch(`${turnpike.url}/webhook/stripe-log.php`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body: payload,
  });
}

/** Buys a plan as people do, with the events that Stripe sends of it. */
async function buy(person: Browser, plan: string) {
  const { url } = await checkout(person, plan);
  const session = [...stripe.sessions.values()].find((each) => each['url'] === url);
  const subscription = stripe.pay(session?.id ?? '');
  expect((await deliver('checkout.session.completed', session ?? {})).status).toBe(200);
  expect((await deliver('customer.subscription.created', subscription)).status).toBe(200);
  await expect.poll(async () => (await overview(person)).plan_id).toBe(plan);
  return subscription;
}

async function change(subscriptionId: string, patch: object, created = now()): Promise<void> {
  const type = 'status' in patch && patch.status === 'canceled' ? 'deleted' : 'updated';
  await deliver(`customer.subscription.${type}`, stripe.change(subscriptionId, patch), { created });
}

describe('who signs up', () => {
  test('buys a plan, and its limits hold for the key with the next call', async () => {
    const ada = await signUp(turnpike, 'ada@example.com');
    const { key } = await ada.json<{ key: string }>('POST', '/account/v1/keys', { name: 'first' });
    const limit = async () =>
      (await fetch(`${turnpike.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).headers.get(
        'x-ratelimit-limit',
      );
    expect(await limit()).toBe('60');
    const before = await overview(ada);
    expect(before).toMatchObject({
      plan: {
        id: 'personal',
        title: 'Personal',
        price: { amount: 9, currency: 'EUR' },
        limits: { requests_per_minute: 60 },
      },
      subscription: { status: 'none' },
      can_pay_online: true,
      can_open_portal: false,
      contact: 'sales@example.com',
    });
    expect(before.trial_ends_at).not.toBeNull();
    expect(before.plans.map(({ id, can_checkout: can }) => [id, can])).toEqual([
      ['personal', false],
      ['freelancer', false],
      ['professional', true],
      ['business', true],
    ]);

    const subscription = await buy(ada, 'professional');
    expect(await limit()).toBe('300');
    // The trial that was left goes on, on the plan that was bought.
    expect(subscription).toMatchObject({
      status: 'trialing',
      trial_end: (Date.parse(before.trial_ends_at ?? '') / 1_000) | 0,
    });
    expect(await overview(ada)).toMatchObject({ trial_ends_at: null, subscription: { status: 'trialing' } });
    await change(subscription.id, { status: 'active' });
    await expect.poll(async () => (await overview(ada)).subscription.status).toBe('active');

    const again = await ada.send('POST', '/account/v1/billing/checkout', { plan: 'business' });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ error: { code: 'SUBSCRIPTION_EXISTS' } });
    const changed = await ada.json<Overview>('POST', '/account/v1/billing/plan', { plan: 'business' });
    expect(changed).toMatchObject({ plan_id: 'business', overage: { is_allowed: true, tokens: 0 } });
    expect(await limit()).toBe('600');

    await change(subscription.id, { cancel_at_period_end: true, cancel_at: now() + 9 * daySeconds });
    await expect.poll(async () => (await overview(ada)).subscription.cancel_at).not.toBeNull();
    expect((await overview(ada)).plan_id).toBe('business');
    await change(subscription.id, { status: 'canceled', ended_at: now() });
    await expect.poll(limit).toBe('60');
    expect(await overview(ada)).toMatchObject({
      plan_id: 'personal',
      trial_ends_at: before.trial_ends_at,
      subscription: { status: 'canceled' },
    });
  });
});

describe('whoever has a subscription', () => {
  test('and does not pay keeps the plan for the grace, and everything he has after it', async () => {
    const bea = await signUp(turnpike, 'bea@example.com');
    const { key } = await bea.json<{ key: string }>('POST', '/account/v1/keys', { name: 'kept' });
    const { id } = await buy(bea, 'professional');
    await change(id, { status: 'past_due' });
    await expect.poll(async () => (await overview(bea)).subscription.status).toBe('past_due');
    const late = await overview(bea);
    const days = (Date.parse(late.subscription.grace_ends_at ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days * 10) / 10).toBe(7);
    expect(late.plan_id).toBe('professional');
    // Stripe has given up.
    await change(id, { status: 'unpaid' });
    await expect.poll(async () => (await overview(bea)).plan_id).toBe('personal');
    expect((await overview(bea)).subscription.status).toBe('unpaid');
    expect((await bea.json<{ data: object[] }>('GET', '/account/v1/keys')).data).toMatchObject([{ name: 'kept' }]);
    const models = await fetch(`${turnpike.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(models.headers.get('x-ratelimit-limit')).toBe('60');
    await change(id, { status: 'active' });
    await expect.poll(async () => (await overview(bea)).plan_id).toBe('professional');
    // The link of the sign-up, the first plan, the failed payment, the default plan, and the first one again.
    await expect.poll(async () => (await linksTo(turnpike, 'bea@example.com')).length, { timeout: 40_000 }).toBe(5);
  });

  test('opens the portal, sees invoices, and is found by the staff', async () => {
    const dora = await signUp(turnpike, 'dora@example.com');
    expect((await dora.send('POST', '/account/v1/billing/portal')).status).toBe(409);
    const empty = await dora.json<{ data: unknown[] }>('GET', '/account/v1/billing/invoices');
    expect(empty.data).toEqual([]);
    const { id, customer } = await buy(dora, 'professional');
    const { url } = await dora.json<{ url: string }>('POST', '/account/v1/billing/portal');
    expect(url).toMatch(/^https:\/\/billing\.stripe\.test\//);
    const amounts = { total: 4_900, amount_due: 4_900, amount_paid: 0, currency: 'eur' };
    const dates = { created: now(), period_start: now() - 60, period_end: now() };
    for (const number of ['A-1', 'A-2', 'A-3'])
      stripe.invoices.unshift({
        id: `in_${number}`,
        object: 'invoice',
        customer,
        number,
        status: 'open',
        ...amounts,
        ...dates,
      });
    const first = await dora.json<{ data: object[]; pagination: { cursor: string } }>(
      'GET',
      '/account/v1/billing/invoices?limit=2',
    );
    expect(first).toMatchObject({
      data: [{ number: 'A-3', total: 4_900, currency: 'EUR', invoice_pdf: null }, { number: 'A-2' }],
      pagination: { has_more: true },
    });
    const rest = await dora.json('GET', `/account/v1/billing/invoices?limit=2&after=${first.pagination.cursor}`);
    expect(rest).toMatchObject({ data: [{ number: 'A-1' }], pagination: { has_more: false, cursor: null } });
    const staff = await turnpike.admin<{ data: { id: string }[] }>('GET', '/admin/v1/billing/subscriptions?limit=200');
    expect(staff.data.find((each) => each.id === id)).toMatchObject({ plan: 'professional', customer_id: customer });
  });
});

describe('nobody else', () => {
  test('sees or changes what an organisation pays', async () => {
    const [owner, other] = [await signUp(turnpike, 'owner@example.com'), await signUp(turnpike, 'other@example.com')];
    await buy(owner, 'professional');
    const { organization } = await owner.json<{ organization: string }>('GET', '/account/v1/me');
    const headers = { 'x-turnpike-organization': organization };
    for (const [method, path, body] of [
      ['GET', '/account/v1/billing', undefined],
      ['GET', '/account/v1/billing/invoices', undefined],
      ['POST', '/account/v1/billing/checkout', { plan: 'business' }],
      ['POST', '/account/v1/billing/plan', { plan: 'business' }],
      ['POST', '/account/v1/billing/portal', undefined],
    ] as const) {
      expect((await other.send(method, path, body, headers)).status, path).toBe(404);
      const evil = await owner.send(method, path, body, { origin: 'https://evil.example' });
      if (method === 'POST') expect(evil.status, path).toBe(403);
      expect((await fetch(`${turnpike.url}${path}`, { method })).status, path).toBe(401);
    }
    expect((await overview(owner)).plan_id).toBe('professional');
  });

  test('tells an event: one signed with another secret changes nothing', async () => {
    const eve = await signUp(turnpike, 'eve@example.com');
    const { organization } = await eve.json<{ organization: string }>('GET', '/account/v1/me');
    const forged = {
      ...{ id: 'sub_forged', customer: 'cus_forged', status: 'active', metadata: { tenant_id: organization } },
      items: { data: [{ price: { id: 'price_business' } }] },
    };
    const response = await deliver('customer.subscription.created', forged, { secret: 'whsec_of_somebody_else_01234' });
    expect(response.status).toBe(400);
    expect(await overview(eve)).toMatchObject({ plan_id: 'personal', subscription: { status: 'none' } });
  });
});

test('while Stripe is away people are told so, and nothing is lost', async () => {
  const fay = await signUp(turnpike, 'fay@example.com');
  stripe.fail({ matches: /POST \/v1\/customers/, answer: { status: 503 }, times: 3 });
  const response = await fay.send('POST', '/account/v1/billing/checkout', { plan: 'professional' });
  expect(response.status).toBe(502);
  const body = await response.text();
  expect(JSON.parse(body)).toMatchObject({ error: { code: 'PAYMENT_PROVIDER_UNAVAILABLE', type: 'server_error' } });
  expect(body + turnpike.stdout() + turnpike.stderr()).not.toContain(stripe.apiKey);
  expect((await checkout(fay, 'professional')).url).toMatch(/^https:/);
});

describe('without a key of Stripe’s', () => {
  let bare: Turnpike;
  beforeAll(async () => {
    const port = await freePort();
    const config = configOf('http://127.0.0.1:9');
    bare = await startTurnpike({
      port,
      env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}`, STRIPE_WEBHOOK_SECRET: stripe.webhookSecret },
      // Two seconds.
      config: { ...config, billing: { ...config.billing, past_due_grace_days: 2 / 86_400 } },
    });
  });

  test('plans are assigned by hand, and the answers say so and whom to ask', async () => {
    const gwen = await signUp(bare, 'gwen@example.com');
    const { organization } = await gwen.json<{ organization: string }>('GET', '/account/v1/me');
    const before = await overview(gwen);
    expect(before).toMatchObject({ can_pay_online: false, can_open_portal: false, contact: 'sales@example.com' });
    expect(before.plans.some((plan) => plan.can_checkout || plan.can_change)).toBe(false);
    for (const [method, path, body] of [
      ['GET', 'invoices', undefined],
      ['POST', 'checkout', { plan: 'professional' }],
      ['POST', 'plan', { plan: 'professional' }],
      ['POST', 'portal', undefined],
    ] as const) {
      const response = await gwen.send(method, `/account/v1/billing/${path}`, body);
      expect(response.status, path).toBe(409);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe('BILLING_BY_HAND');
      expect(error.message).toContain('sales@example.com');
    }
    await bare.admin('PATCH', `/admin/v1/tenants/${organization}`, { plan: 'enterprise' });
    expect(await overview(gwen)).toMatchObject({ plan_id: 'enterprise', trial_ends_at: null });
  });

  test('events alone tell, and a grace ends by the clock', async () => {
    const { tenantId } = await bare.createKey('personal');
    const tell = async (status: string, created: number) => {
      const object = {
        ...{ id: 'sub_events', customer: 'cus_events', status, metadata: { tenant_id: tenantId } },
        items: { data: [{ price: { id: 'price_pro' } }] },
      };
      const { payload, signature } = stripe.event('customer.subscription.updated', object, { created });
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      await fetch(`${bare.url}/webhook/stripe-log.php`, { method: 'POST', headers, body: payload });
    };
    const plan = async () => (await bare.admin<{ plan: string }>('GET', `/admin/v1/tenants/${tenantId}`)).plan;
    await tell('active', now() - 10);
    expect(await plan()).toBe('professional');
    await tell('past_due', now());
    expect(await plan()).toBe('professional');
    // Nothing is told any more: the sweep looks every half minute.
    await expect.poll(plan, { timeout: 45_000, interval: 500 }).toBe('personal');
  }, 60_000);
});
