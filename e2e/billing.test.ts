import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeStripe, type FakeStripe } from '../packages/server/src/testing/fake-stripe.ts';
import { mailsOf, signUp, type Person } from './person.ts';
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

const overview = (person: Person) => person.json<Overview>('GET', '/account/v1/billing');
const checkout = (person: Person, plan: string) =>
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
async function buy(person: Person, plan: string) {
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
      plan: { id: 'personal', title: 'Personal', price: null, limits: { requests_per_minute: 60 } },
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
