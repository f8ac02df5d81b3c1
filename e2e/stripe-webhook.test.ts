import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

const secret = 'whsec_current_0123456789abcdef';
const older = 'whsec_previous_0123456789abcdef';
const { webhooks } = new Stripe('unused');
let turnpike: Turnpike;
let tenantId = '';

beforeAll(async () => {
  turnpike = await startTurnpike({ env: { STRIPE_WEBHOOK_SECRET: `${secret}, ${older}` } });
  ({ tenantId } = await turnpike.createKey('personal'));
});
afterAll(cleanUp);

const now = () => Math.floor(Date.now() / 1_000);

function eventOf(type: string, object: object, id: string, created = now()): string {
  return JSON.stringify({ id, object: 'event', type, created, livemode: true, data: { object } });
}

function deliver(payload: string, header: string | undefined, at = turnpike) {
  const headers = {
    'content-type': 'application/json',
    ...(header === undefined ? {} : { 'stripe-signature': header }),
  };
  return fetch(`${at.url}/webhook/stripe-log.php`, { method: 'POST', headers, body: payload });
}
const signed = (payload: string, by = secret, timestamp = now()) =>
  webhooks.generateTestHeaderString({ payload, secret: by, timestamp });
const send = (payload: string, by = secret, timestamp = now()) => deliver(payload, signed(payload, by, timestamp));

const purchase = () => ({
  id: 'cs_1',
  customer: 'cus_1',
  payment_status: 'paid',
  amount_total: 34_900,
  currency: 'eur',
  client_reference_id: tenantId,
});

describe('an event of Stripe', () => {
  test('signed with the official library is taken, once, and is in the ledger', async () => {
    const payload = eventOf('checkout.session.completed', purchase(), 'evt_1');
    expect(await (await send(payload)).json()).toEqual({ received: true, duplicate: false });
    expect(await (await send(payload)).json()).toEqual({ received: true, duplicate: true });
    const { data } = await turnpike.admin<{ data: object[] }>('GET', `/admin/v1/purchases?tenant=${tenantId}`);
    expect(data).toMatchObject([{ id: 'cs_1', status: 'paid', amount: 34_900, currency: 'EUR', tenant_id: tenantId }]);
  });

  test('signed with the secret before it is taken too', async () => {
    expect((await send(eventOf('invoice.paid', { id: 'in_1', customer: 'cus_1' }, 'evt_2'), older)).status).toBe(200);
  });

  test('of a subscription changes the plan that the key has', async () => {
    const { key, tenantId: tenant } = await turnpike.createKey('personal');
    const limit = async () => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(`${turnpike.url}/v1/models`, { headers })).headers.get('x-ratelimit-limit');
    };
    expect(await limit()).toBe('60');
    const object = {
      id: 'sub_1',
      customer: 'cus_2',
      status: 'active',
      metadata: { tenant_id: tenant, plan: 'business' },
    };
    await send(eventOf('customer.subscription.created', object, 'evt_3', now() - 2));
    await expect.poll(limit).toBe('600');
    await send(eventOf('customer.subscription.deleted', object, 'evt_4', now() - 1));
    await expect.poll(limit).toBe('60');
    // A delivery that comes too late brings nothing back.
    await send(eventOf('customer.subscription.updated', object, 'evt_5', now()));
    expect((await turnpike.admin<{ plan: string }>('GET', `/admin/v1/tenants/${tenant}`)).plan).toBe('personal');
  });

  test('of a type that is of no use here is taken and kept', async () => {
    expect((await send(eventOf('terminal.reader.action_failed', { id: 'tmr_1' }, 'evt_6'))).status).toBe(200);
  });
});

describe('what is not Stripe’s is refused', () => {
  const payload = () => eventOf('checkout.session.completed', { ...purchase(), id: 'cs_forged' }, 'evt_forged');
  const forged: [string, () => Promise<Response>][] = [
    ['without a signature', () => deliver(payload(), undefined)],
    ['signed with another secret', () => send(payload(), 'whsec_foreign_0123456789abcdef')],
    ['signed six minutes ago', () => send(payload(), secret, now() - 360)],
    ['signed in the future', () => send(payload(), secret, now() + 360)],
    ['changed by one byte', () => deliver(payload().replace('34900', '34901'), signed(payload()))],
    ['spelled in another way', () => deliver(`${payload()} `, signed(payload()))],
    ['with a header that is none', () => deliver(payload(), 't=1,v1=')],
    ['signed but no event', () => send('{"id":1}')],
    ['signed but no JSON', () => send('{')],
  ];
  test.each(forged)('%s', async (_what, attempt) => {
    const response = await attempt();
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'validation_error' } });
    const { data } = await turnpike.admin<{ data: { id: string }[] }>('GET', '/admin/v1/purchases');
    expect(data.map(({ id }) => id)).not.toContain('cs_forged');
  });

  test('too large', async () => {
    expect((await send(eventOf('x', { id: 'x'.repeat(1_100_000) }, 'evt_large'))).status).toBe(413);
  });
});

test('without a secret the sender is told to deliver later', async () => {
  const bare = await startTurnpike();
  const payload = eventOf('invoice.paid', { id: 'in_9' }, 'evt_9');
  const response = await deliver(payload, signed(payload), bare);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: 'WEBHOOK_NOT_CONFIGURED' } });
});
