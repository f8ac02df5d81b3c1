import { Ajv2020 } from 'ajv/dist/2020.js';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import {
  ok,
  startWebhookReceiver,
  status,
  type Received,
  type WebhookReceiver,
} from '../packages/server/src/testing/webhook-receiver.ts';
import { Browser, password } from './browser-session.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { cleanUp, freePort, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');

let upstream: FakeUpstream;
let mail: MailServer;
let receiver: WebhookReceiver;
let turnpike: Turnpike;

const plans = {
  wide: { requests_per_minute: 100_000, tokens_per_month: 1_000_000_000 },
  small: { requests_per_minute: 100_000, tokens_per_month: 1_000, limits_per: 'tenant' },
};
const config = (webhooks: object = { allowed_networks: ['127.0.0.0/8'], timeout_ms: 2_000 }) =>
  upstreamConfig(upstream.url, ['writer'], {
    ...{ plans, webhooks, default_plan: 'wide', accounts: { throttle: false }, alerts: { every_ms: 300 } },
  });

async function start(env: Record<string, string> = {}, settings = config()): Promise<Turnpike> {
  const port = await freePort();
  const common = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}`, SMTP_URL: mail.url };
  return startTurnpike({ port, env: { ...common, ...env }, config: settings });
}

beforeAll(async () => {
  [upstream, mail] = await Promise.all([startFakeUpstream(), startMailServer()]);
  turnpike = await start();
});
afterAll(async () => {
  await cleanUp();
  await Promise.all([upstream.close(), mail.close()]);
});

beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(() => receiver.close());

interface Owner {
  readonly browser: Browser;
  readonly organization: string;
  readonly email: string;
}

/** Signs up by the link that the mail server has received. */
async function signUp(email: string, at = turnpike): Promise<Owner> {
  const browser = new Browser(at);
  await browser.send('POST', '/auth/sign-up/email', { email, name: 'Ada', password });
  await expect.poll(() => mail.textsTo(email).length).toBeGreaterThan(0);
  const link = /https?:\/\/\S+/.exec(mail.textsTo(email)[0]?.split('\n\n').slice(1).join('\n') ?? '')?.[0];
  expect((await browser.send('GET', link ?? '')).status).toBeLessThan(400);
  const { organization } = await browser.json<{ organization: string }>('GET', '/account/v1/me');
  return { browser, organization, email };
}

interface Endpoint {
  readonly id: string;
  readonly secret: string;
}
async function listen({ browser }: Owner, body: object = {}): Promise<Endpoint> {
  const response = await browser.send('POST', '/account/v1/webhooks', { url: receiver.url, ...body });
  expect(response.status).toBe(201);
  return (await response.json()) as Endpoint;
}

interface Message {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}
/** What the official library makes of it. */
function verified({ body, headers }: Received, secret: string): Message {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as Message;
}
async function heard(secret: string, type: string): Promise<Message> {
  const all = () =>
    receiver.received.map((received) => verified(received, secret)).filter((each) => each.type === type);
  await expect.poll(() => all().length, { timeout: 20_000 }).toBeGreaterThan(0);
  const [first] = all();
  if (first === undefined) throw new Error('nothing was heard');
  return first;
}

interface Delivery {
  readonly id: string;
  readonly event_id: string;
  readonly status: string;
  readonly attempts: number;
  readonly response_status: number | null;
}
const deliveriesOf = async ({ browser }: Owner, { id }: Endpoint, query = '') =>
  (await browser.json<{ data: Delivery[] }>('GET', `/account/v1/webhooks/${id}/deliveries?${query}`)).data;

function call(key: string, path: string, body: unknown, at = turnpike): Promise<Response> {
  return fetch(`${at.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** What the served OpenAPI document says of an event against what came. */
async function documented(): Promise<(event: { readonly type: string }) => string[]> {
  const { webhooks, components } = (await (await fetch(`${turnpike.url}/openapi.json`)).json()) as {
    readonly webhooks: Record<string, { post: { requestBody: { content: Record<string, { schema: object }> } } }>;
    readonly components: object;
  };
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: 'document', components });
  return (event) => {
    const schema = webhooks[event.type]?.post.requestBody.content['application/json']?.schema;
    if (schema === undefined) return [`${event.type} is not documented`];
    const linked = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
    return ajv.validate(linked, event) ? [] : [ajv.errorsText()];
  };
}

describe('an organisation is told', () => {
  test('of its keys, its jobs, its batches, its members and its plan, signed as the specification says', async () => {
    const ada = await signUp('ada@example.com');
    const { browser, organization } = ada;
    const { secret } = await listen(ada);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);

    const made = await browser.json<{ id: string; key: string }>('POST', '/account/v1/keys', { name: 'first' });
    const created = await heard(secret, 'key.created');
    expect(created.data).toMatchObject({ key_id: made.id, name: 'first', mode: 'live' });
    expect(Math.abs(Date.parse(created.timestamp) - Date.now())).toBeLessThan(60_000);

    const { key } = await browser.json<{ key: string }>('POST', `/account/v1/keys/${made.id}/rotate`, {});
    expect((await heard(secret, 'key.rotated')).data).toMatchObject({ key_id: made.id });
    expect((await call(key, '/api/jobs', { type: 'kb_refresh', input: {} })).status).toBe(202);
    expect((await heard(secret, 'job.succeeded')).data).toMatchObject({ type: 'kb_refresh', key_id: made.id });

    const form = new FormData();
    const line = { model: 'public-writer', messages: [{ role: 'user', content: 'Hello' }] };
    const request = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: line };
    form.set('purpose', 'batch');
    form.set('file', new Blob([`${JSON.stringify(request)}\n`]), 'input.jsonl');
    const headers = { authorization: `Bearer ${key}` };
    const file = await fetch(`${turnpike.url}/v1/files`, { method: 'POST', headers, body: form });
    const { id: fileId } = (await file.json()) as { id: string };
    const order = { input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' };
    const { id: batchId } = (await (await call(key, '/v1/batches', order)).json()) as { id: string };
    expect((await heard(secret, 'batch.completed')).data).toMatchObject({
      batch_id: batchId,
      request_counts: { total: 1, completed: 1, failed: 0 },
      output_file_id: expect.any(String) as string,
    });

    const bob = await signUp('bob@example.com');
    const invited = { email: 'bob@example.com', role: 'viewer' };
    const { id } = await browser.json<{ id: string }>('POST', '/account/v1/invitations', invited);
    expect((await bob.browser.send('POST', `/account/v1/invitations/${id}/accept`)).status).toBe(200);
    const added = await heard(secret, 'member.added');
    expect(added.data).toMatchObject({ email: 'bob@example.com', role: 'viewer' });
    // A viewer looks and changes nothing.
    const asViewer = { 'x-turnpike-organization': organization };
    const look = await bob.browser.json<{ data: { id: string }[] }>('GET', '/account/v1/webhooks', undefined, asViewer);
    const seen = look.data[0]?.id ?? '';
    for (const [method, path, body] of [
      ['POST', '/account/v1/webhooks', { url: receiver.url }],
      ['PATCH', `/account/v1/webhooks/${seen}`, { enabled: false }],
      ['DELETE', `/account/v1/webhooks/${seen}`, undefined],
      ['POST', `/account/v1/webhooks/${seen}/rotate`, {}],
      ['POST', `/account/v1/webhooks/${seen}/test`, undefined],
      ['PATCH', '/account/v1/alerts', { mail: false }],
    ] as const)
      expect([method, path, (await bob.browser.send(method, path, body, asViewer)).status]).toEqual([
        method,
        path,
        403,
      ]);
    expect((await bob.browser.send('GET', '/account/v1/alerts', undefined, asViewer)).status).toBe(200);
    await browser.send('DELETE', `/account/v1/members/${String(added.data['member_id'])}`);
    expect((await heard(secret, 'member.removed')).data).toMatchObject({ email: 'bob@example.com' });

    await turnpike.admin('PATCH', `/admin/v1/tenants/${organization}`, { plan: 'small' });
    expect((await heard(secret, 'subscription.changed')).data).toEqual({ plan: 'small', previous_plan: 'wide' });
    await turnpike.admin('DELETE', `/admin/v1/keys/${made.id}`);
    await turnpike.admin('DELETE', `/admin/v1/keys/${made.id}`);
    expect((await heard(secret, 'key.revoked')).data).toMatchObject({ key_id: made.id });
    const types = receiver.received.map((received) => verified(received, secret).type);
    expect(types.filter((type) => type === 'key.revoked')).toEqual(['key.revoked']);
    for (const { body } of receiver.received) expect(body).not.toContain(key);
    const fits = await documented();
    for (const received of receiver.received) expect(fits(verified(received, secret))).toEqual([]);
  }, 60_000);

  test('again when it asks for it, by the same id; while a secret is replaced both sign', async () => {
    const owner = await signUp('again@example.com');
    const { browser } = owner;
    const endpoint = await listen(owner, { event_types: ['key.created'], description: 'Mine' });
    const path = `/account/v1/webhooks/${endpoint.id}`;
    receiver.answer(status(500));
    expect((await browser.send('POST', `${path}/test`)).status).toBe(202);
    await expect.poll(() => deliveriesOf(owner, endpoint, 'status=failed')).toMatchObject([{ response_status: 500 }]);
    receiver.answer(ok);
    const [failed] = await deliveriesOf(owner, endpoint);
    const delivery = `${path}/deliveries/${failed?.id ?? ''}`;
    expect(await browser.json('GET', delivery)).toMatchObject({
      ...{ event_type: 'webhook.test', payload: { type: 'webhook.test' } },
      attempt_log: [{ number: 1, response_status: 500, response_body: 'answered 500' }],
    });
    const rotated = await browser.json<Endpoint>('POST', `${path}/rotate`, {});
    expect((await browser.send('POST', `${delivery}/redeliver`)).status).toBe(202);
    await expect.poll(() => deliveriesOf(owner, endpoint)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    const [first, second] = receiver.received;
    if (first === undefined || second === undefined) throw new Error('not received twice');
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    for (const secret of [endpoint.secret, rotated.secret]) verified(second, secret);
    expect(() => verified(first, rotated.secret)).toThrow();
    expect(() => verified({ ...second, body: `${second.body} ` }, endpoint.secret)).toThrow();
    expect(JSON.stringify(await browser.json('GET', path))).not.toContain('whsec_');
    expect((await browser.send('DELETE', path)).status).toBe(200);
    expect((await browser.send('GET', path)).status).toBe(404);
  });

  test('of nothing of others, and shows nothing to them', async () => {
    const [owner, other] = [await signUp('own@example.com'), await signUp('other@example.com')];
    const endpoint = await listen(owner);
    await owner.browser.send('POST', `/account/v1/webhooks/${endpoint.id}/test`);
    await expect.poll(() => deliveriesOf(owner, endpoint)).toMatchObject([{ status: 'delivered' }]);
    const [delivery] = await deliveriesOf(owner, endpoint);
    await other.browser.send('POST', '/account/v1/keys', { name: 'theirs' });
    const path = `/account/v1/webhooks/${endpoint.id}`;
    for (const [method, end, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { enabled: false }],
      ['DELETE', '', undefined],
      ['POST', '/rotate', {}],
      ['POST', '/test', undefined],
      ['GET', '/deliveries', undefined],
      ['GET', `/deliveries/${delivery?.id ?? ''}`, undefined],
      ['POST', `/deliveries/${delivery?.id ?? ''}/redeliver`, undefined],
    ] as const)
      expect([method, end, (await other.browser.send(method, `${path}${end}`, body)).status]).toEqual([
        method,
        end,
        404,
      ]);
    expect(await owner.browser.json('GET', path)).toMatchObject({ enabled: true });
    expect(receiver.received.map((received) => verified(received, endpoint.secret).type)).toEqual(['webhook.test']);
  });

  test.each([
    ['http://127.0.0.1:9/', 'no public address'],
    ['https://127.0.0.1/', 'no public address'],
    ['https://localhost/', 'no public address'],
    ['https://169.254.169.254/latest/meta-data', 'no public address'],
    ['https://[::1]/', 'no public address'],
    ['https://2130706433/', 'no public address'],
    ['https://no-such-host.invalid/', 'no public address'],
    ['http://8.8.8.8/', 'https://'],
    ['https://me:secret@8.8.8.8/', 'password'],
    ['file:///etc/passwd', 'https://'],
    ['nonsense', 'https://'],
  ])('at no address that events must not be sent to: %s', async (url, reason) => {
    strict ??= await start({}, config({}));
    stranger ??= await signUp('strict@example.com', strict);
    const refused = await stranger.browser.send('POST', '/account/v1/webhooks', { url });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { param: 'url', message: expect.stringContaining(reason) as string },
    });
  });
});
let strict: Turnpike | undefined;
let stranger: Owner | undefined;

const alertsTo = (email: string) => mail.textsTo(email).filter((text) => text.includes('Tokens'));

describe('alerts about limits', () => {
  test('are given once for each threshold, by mail in both languages and by webhook', async () => {
    const owner = await signUp('limits@example.com');
    const { browser, organization, email } = owner;
    await turnpike.admin('PATCH', `/admin/v1/tenants/${organization}`, { plan: 'small' });
    const { secret } = await listen(owner, { event_types: ['limit.reached'] });
    const { key } = await browser.json<{ key: string }>('POST', '/account/v1/keys', { name: 'spender' });
    const spend = async (tokens: number) => {
      upstream.script('writer', {
        kind: 'chat',
        content: 'x',
        usage: { prompt_tokens: tokens - 1, completion_tokens: 1 },
      });
      const body = { model: 'public-writer', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] };
      expect((await call(key, '/v1/chat/completions', body)).status).toBe(200);
    };
    const told = () => receiver.received.map((received) => verified(received, secret).data);
    expect(await browser.json('GET', '/account/v1/alerts')).toEqual({
      thresholds: [50, 80, 100],
      mail: true,
      webhook: true,
    });
    await spend(490);
    await spend(20);
    await expect
      .poll(told, { timeout: 10_000 })
      .toMatchObject([{ threshold: 50, used: 510, quota: 1_000, key_id: null }]);
    expect(told()[0]).toMatchObject({ limit: 'tpmonth', window: 'month', counts: 'tokens' });
    await expect.poll(() => alertsTo(email).length, { timeout: 15_000 }).toBe(1);
    expect(alertsTo(email)[0]).toContain('510 von 1.000 Tokens des Monats');
    expect(alertsTo(email)[0]).toContain('510 of 1,000 tokens of the month');

    const changed = await browser.json('PATCH', '/account/v1/alerts', { thresholds: [90, 60], mail: false });
    expect(changed).toEqual({ thresholds: [60, 90], mail: false, webhook: true });
    await spend(450);
    await expect.poll(() => told().length, { timeout: 10_000 }).toBe(2);
    expect(told()[1]).toMatchObject({ threshold: 90, used: 960 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(told().length).toBe(2);
    expect(alertsTo(email).length).toBe(1);
    for (const wrong of [{ thresholds: [0] }, { thresholds: [101] }, { thresholds: [1.5] }, {}, { mails: true }])
      expect((await browser.send('PATCH', '/account/v1/alerts', wrong)).status).toBe(400);
  }, 60_000);
});

describe.skipIf(databaseUrl === undefined || redisUrl === undefined)(
  'two processes on PostgreSQL (set TEST_DATABASE_URL and TEST_REDIS_URL to run)',
  () => {
    test('send each event and each alert once; what a killed one had begun is sent again by the same id', async () => {
      const database = await createServerDatabase(databaseUrl ?? '');
      const master = { TURNPIKE_MASTER_KEY: '0123456789abcdef'.repeat(4) };
      const env = { DATABASE_URL: database.url, REDIS_URL: redisUrl ?? '', ...master };
      const [first, second] = await Promise.all([start(env), start(env)]);
      try {
        const owner = await signUp('two@example.com', first);
        const { browser, organization, email } = owner;
        const endpoint = await listen(owner);
        for (let count = 0; count < 30; count += 1)
          await browser.send('POST', '/account/v1/keys', { name: `key ${count}` });
        await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(30);

        await first.admin('PATCH', `/admin/v1/tenants/${organization}`, { plan: 'small' });
        const { key } = await browser.json<{ key: string }>('POST', '/account/v1/keys', { name: 'spender' });
        const usage = { prompt_tokens: 899, completion_tokens: 1 };
        upstream.script('writer', { kind: 'chat', content: 'x', usage });
        const body = { model: 'public-writer', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] };
        expect((await call(key, '/v1/chat/completions', body, second)).status).toBe(200);
        const limits = () =>
          receiver.received
            .map((each) => verified(each, endpoint.secret))
            .filter(({ type }) => type === 'limit.reached');
        await expect.poll(() => limits().length, { timeout: 15_000 }).toBe(1);
        await expect.poll(() => alertsTo(email).length, { timeout: 15_000 }).toBe(1);
        expect(limits()[0]?.data).toMatchObject({ threshold: 80, used: 900 });
        const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
        expect(new Set(ids).size).toBe(33);
        expect(ids.length).toBe(33);

        // Whoever takes it up is killed while the endpoint keeps it waiting.
        receiver.answer(() => undefined);
        await second.stop();
        await browser.send('POST', `/account/v1/webhooks/${endpoint.id}/test`);
        await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(34);
        await first.kill();
        receiver.answer(ok);
        const third = await start(env);
        await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(35);
        const [dead, again] = receiver.received.slice(33);
        expect(again?.headers['webhook-id']).toBe(dead?.headers['webhook-id']);
        expect(again?.body).toBe(dead?.body);
        await third.stop();
        expect(alertsTo(email).length).toBe(1);
      } finally {
        await Promise.all([first, second].map((process) => process.kill().catch(() => undefined)));
        await database.drop();
      }
    }, 120_000);
  },
);
