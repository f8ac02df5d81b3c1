import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

const ownKey = 'sk-tenant-own-provider-key-4321';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';
let tenantId = '';

beforeAll(async () => {
  upstream = await startFakeUpstream({ apiKey: ownKey });
  turnpike = await startTurnpike({
    config: {
      upstreams: {
        mistral: { kind: 'openai', base_url: upstream.url, api_key: 'sk-of-the-operator' },
        house: { kind: 'openai', base_url: upstream.url },
      },
      models: {
        own: {
          targets: [{ upstream: 'mistral', model: 'own' }],
          context_tokens: 10_000,
          max_output_tokens: 1_000,
          capabilities: ['chat'],
          byok: true,
        },
      },
      plans: { tiny: { requests_per_minute: 100, tokens_per_month: 1 }, bare: { features: [] } },
    },
  });
  ({ key, tenantId } = await turnpike.createKey('tiny', { scopes: ['chat', 'provider_keys'] }));
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown> & { error?: { code: string; message: string } };
}

async function send(method: string, path: string, body?: object, secret = key): Promise<Answer> {
  const answer = await fetch(`${turnpike.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: JSON.parse(text) as Answer['json'] };
}
const ask = () =>
  send('POST', '/v1/chat/completions', { model: 'own', messages: [{ role: 'user', content: 'Hello' }] });

describe('a tenant’s own provider key', () => {
  test('that is missing is asked for by name, with 402', async () => {
    const { status, json } = await ask();
    expect([status, json.error?.code]).toEqual([402, 'byok_provider_missing']);
    expect(json.error?.message).toContain('/v1/provider-keys/mistral');
  });

  test('is stored, tested, used and never shown; its calls count requests and no plan tokens', async () => {
    const stored = await send('PUT', '/v1/provider-keys/mistral', { api_key: ownKey });
    expect(stored.json).toMatchObject({ upstream: 'mistral', hint: '4321', last_test_ok: null });
    const tested = await send('POST', '/v1/provider-keys/mistral/test');
    expect(tested.json).toMatchObject({ ok: true, last_test_ok: true });
    const list = await send('GET', '/v1/provider-keys');
    expect(list.json).toMatchObject({ data: [{ upstream: 'mistral' }], upstreams: ['mistral'] });
    for (const { text } of [stored, tested, list]) expect(text).not.toContain(ownKey);
    // One token a month would not be enough for one call.
    for (let count = 0; count < 3; count += 1) expect((await ask()).status).toBe(200);
    expect(upstream.requestsFor('own').at(-1)?.headers.authorization).toBe(`Bearer ${ownKey}`);
    const [row] = await turnpike.usage(`tenant=${tenantId}`);
    expect(row?.requests).toBe(3);
    expect(turnpike.stdout() + turnpike.stderr()).not.toContain(ownKey);
  });

  test('that the provider refuses is told of by the test, and by calls as the operator’s would be', async () => {
    await send('PUT', '/v1/provider-keys/mistral', { api_key: 'sk-a-wrong-key' });
    expect((await send('POST', '/v1/provider-keys/mistral/test')).json).toMatchObject({ ok: false });
    expect((await ask()).json.error?.code).toBe('UPSTREAM_AUTH');
  });

  test('can be deleted, by the operator too, and is gone at once', async () => {
    await send('PUT', '/v1/provider-keys/mistral', { api_key: ownKey });
    expect((await send('DELETE', '/v1/provider-keys/mistral')).json).toEqual({ upstream: 'mistral', deleted: true });
    expect((await ask()).status).toBe(402);
    expect((await send('DELETE', '/v1/provider-keys/mistral')).status).toBe(404);
    const path = `/admin/v1/tenants/${tenantId}/provider-keys`;
    await turnpike.admin('PUT', `${path}/mistral`, { api_key: ownKey });
    expect(await turnpike.admin('POST', `${path}/mistral/test`)).toMatchObject({ ok: true });
    await turnpike.admin('DELETE', `${path}/mistral`);
    expect(await turnpike.admin('GET', path)).toMatchObject({ data: [] });
  });

  test('needs an upstream it is used for, the scope and the feature', async () => {
    const wrong = await send('PUT', '/v1/provider-keys/house', { api_key: ownKey });
    expect([wrong.status, wrong.json.error?.message]).toEqual([400, expect.stringContaining('mistral') as string]);
    const spaced = await send('PUT', '/v1/provider-keys/mistral', { api_key: 'two words here' });
    expect(spaced.status).toBe(400);
    const { key: usual } = await turnpike.createKey('tiny');
    expect((await send('GET', '/v1/provider-keys', undefined, usual)).json.error?.code).toBe('INSUFFICIENT_SCOPE');
    const { key: bare } = await turnpike.createKey('bare', { scopes: ['chat', 'provider_keys'] });
    expect((await send('GET', '/v1/provider-keys', undefined, bare)).json.error?.code).toBe('PLAN_LIMIT_EXCEEDED');
  });
});
