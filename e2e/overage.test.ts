import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeStripe, type FakeStripe } from '../packages/server/src/testing/fake-stripe.ts';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const included = 1_000;

let upstream: FakeUpstream;
let stripe: FakeStripe;
beforeAll(async () => {
  upstream = await startFakeUpstream();
  stripe = await startFakeStripe({ meters: ['more_tokens'] });
});
afterAll(async () => {
  await cleanUp();
  await Promise.all([upstream.close(), stripe.close()]);
});

async function call({ url }: Turnpike, key: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'public-plain',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Count me.' }],
    }),
  });
}

async function subscribe({ url }: Turnpike, tenantId: string): Promise<string> {
  const customer = `cus_${tenantId}`;
  const object = {
    ...{ id: `sub_${tenantId}`, customer, status: 'active', metadata: { tenant_id: tenantId } },
    items: { data: [{ price: { id: 'price_open' } }, { price: { id: 'price_more' } }] },
  };
  const { payload, signature } = stripe.event('customer.subscription.created', object);
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  expect((await fetch(`${url}/webhook/stripe-log.php`, { method: 'POST', headers, body: payload })).status).toBe(200);
  return customer;
}

/** The same as if all of it had happened two hours ago: an hour is billed once it is over. */
async function age(sql: Client): Promise<void> {
  await sql.query(`UPDATE usage_rollups SET hour = hour - interval '2 hours'`);
  await sql.query(`UPDATE usage_events SET started_at = started_at - interval '2 hours'`);
  await sql.query(`UPDATE tenant_plans SET since = since - interval '2 hours'`);
}

test.skipIf(databaseUrl === undefined)(
  'who pays for it goes beyond the plan, and each token is billed once though the process is killed again and again (set TEST_DATABASE_URL to run)',
  async () => {
    const database = await createServerDatabase(databaseUrl ?? '');
    const config = upstreamConfig(upstream.url, ['plain'], {
      billing: { stripe_api_url: stripe.url, stripe_timeout_ms: 300 },
      plans: {
        closed: { tokens_per_month: included, limits_per: 'tenant' },
        open: {
          tokens_per_month: included,
          limits_per: 'tenant',
          stripe_prices: ['price_open'],
          overage: { meter_event: 'more_tokens', stripe_price: 'price_more' },
        },
      },
    });
    upstream.script('plain', { kind: 'chat', content: 'word '.repeat(80) });
    const env = {
      DATABASE_URL: database.url,
      STRIPE_API_KEY: stripe.apiKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    };
    let turnpike = await startTurnpike({ config, env });
    const options = { config, env, dataDir: turnpike.dataDir };
    const tenants = await Promise.all(Array.from({ length: 6 }, () => turnpike.createKey('closed')));
    const [poor, ...payers] = tenants;
    const customers = new Map<string, string>();
    for (const { tenantId } of payers) customers.set(tenantId, await subscribe(turnpike, tenantId));

    const statuses = async (key: string) => {
      const answers = [];
      for (let index = 0; index < 16; index += 1) answers.push((await call(turnpike, key)).status);
      return answers;
    };
    expect((await statuses(poor?.key ?? '')).at(-1)).toBe(429);
    const [first] = payers;
    const answer = await call(turnpike, first?.key ?? '');
    expect(answer.headers.get('x-ratelimit-limit-tokens')).toBeNull();
    for (const { key } of payers) expect(await statuses(key)).toEqual(Array.from({ length: 16 }, () => 200));
    await turnpike.stop();

    const sql = new Client({ connectionString: database.url });
    await sql.connect();
    await age(sql);
    const { rows } = await sql.query<{ tenant_id: string; tokens: string }>(
      'SELECT tenant_id, sum(prompt_tokens + completion_tokens) AS tokens FROM usage_rollups GROUP BY 1',
    );
    const beyond = new Map(rows.map((row) => [row.tenant_id, Number(row.tokens) - included]));

    for (const fault of ['lost answer', 'silence', { status: 500 }, 'lost answer'] as const) {
      const before = stripe.requests.length;
      stripe.fail({ matches: /meter_events/, answer: fault, times: 2 });
      turnpike = await startTurnpike(options);
      await expect
        .poll(() => stripe.requests.slice(before).filter((line) => line.includes('meter_events')).length, {
          timeout: 40_000,
          interval: 5,
        })
        .toBeGreaterThan(0);
      await turnpike.kill();
      stripe.heal();
    }
    turnpike = await startTurnpike(options);
    const waiting = async () =>
      (await turnpike.admin<{ data: object[] }>('GET', '/admin/v1/billing/overage?sent=false')).data.length;
    await expect.poll(waiting, { timeout: 60_000, interval: 250 }).toBe(0);
    for (const [tenantId, customer] of customers) {
      const billed = stripe.meterEvents.filter((event) => event.customer === customer);
      const tokens = billed.reduce((sum, { value }) => sum + value, 0);
      expect(tokens, tenantId).toBe(beyond.get(tenantId));
      expect(tokens).toBeGreaterThan(0);
    }
    expect(stripe.meterEvents.filter(({ customer }) => customer === `cus_${poor?.tenantId ?? ''}`)).toEqual([]);
    const reports = await turnpike.admin<{ data: { tokens: number }[] }>('GET', '/admin/v1/billing/overage?sent=true');
    expect(reports.data).toHaveLength(payers.length);
    await sql.end();
    await turnpike.kill();
    await database.drop();
  },
  180_000,
);
