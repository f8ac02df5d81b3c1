import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { compose, type Composition } from '../../compose.ts';
import { loadConfig } from '../../config/load.ts';
import { startFakeUpstream, type FakeUpstream } from '../../testing/fake-upstream.ts';
import { copyPrepared } from '../../testing/global-setup.ts';
import { createRecordingLogger } from '../../testing/recording-logger.ts';

const secret = 'sk-tenant-own-provider-key-4321';
const logger = createRecordingLogger();
let dataDir: string;
let upstream: FakeUpstream;
let composition: Composition;

function configText(): string {
  return JSON.stringify({
    upstreams: { vendor: { kind: 'openai', base_url: upstream.url, api_key: 'sk-of-the-operator' } },
    models: {
      own: {
        targets: [{ upstream: 'vendor', model: 'theirs' }],
        context_tokens: 10_000,
        max_output_tokens: 1_000,
        capabilities: ['chat'],
        byok: true,
      },
    },
    plans: { open: { requests_per_minute: 100_000 }, narrow: { requests_per_minute: 2 } },
    default_plan: 'open',
    routing: { attempts_per_target: 1 },
  });
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: Record<string, unknown> & { error?: { code: string; message: string; param: string | null } };
}

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

async function send(
  token: string,
  method: Method,
  url: string,
  body?: object | string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await composition.app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...more,
    },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const { statusCode: status, headers, body: text } = answer;
  return { status, headers, text, json: JSON.parse(text) as Answer['json'] };
}
const admin = (method: Method, url: string, body?: object) =>
  send(composition.services.config.adminToken, method, url, body);

async function newTenant(plan = 'open'): Promise<{ readonly id: string; readonly key: string }> {
  const id = String((await admin('POST', '/admin/v1/tenants', { name: 'T', plan })).json['id']);
  const scopes = ['chat', 'provider_keys'];
  const made = await admin('POST', `/admin/v1/tenants/${id}/keys`, { name: 'k', scopes });
  return { id, key: String(made.json['key']) };
}
const ask = (key: string) =>
  send(key, 'POST', '/v1/chat/completions', { model: 'own', messages: [{ role: 'user', content: 'Hello' }] });

beforeAll(async () => {
  upstream = await startFakeUpstream({ apiKey: secret });
  dataDir = await mkdtemp(join(tmpdir(), 'turnpike-provider-keys-'));
  await rename(await copyPrepared(inject('preparedDatabase')), join(dataDir, 'database'));
  const configFile = join(dataDir, 'turnpike.yaml');
  await writeFile(configFile, configText());
  const presetsDir = new URL('../../../../../presets/', import.meta.url).pathname;
  const config = await loadConfig({
    env: { DATA_DIR: dataDir, TURNPIKE_CONFIG: configFile },
    cwd: dataDir,
    presetsDir,
  });
  composition = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: systemClock,
    logger,
    version: '0.0.0-test',
  });
  await composition.app.ready();
});
afterAll(async () => {
  await composition.close();
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a tenant’s provider keys', () => {
  test('appear in no answer and no log line, whatever is done with them', async () => {
    const { id, key } = await newTenant();
    const path = '/v1/provider-keys/vendor';
    const answers = [
      await send(key, 'PUT', path, { api_key: secret }),
      await send(key, 'GET', '/v1/provider-keys'),
      await send(key, 'POST', `${path}/test`),
      await ask(key),
      await send(key, 'PUT', '/v1/provider-keys/elsewhere', { api_key: secret }),
      await send(key, 'PUT', path, { api_key: `${secret} and more` }),
      await send(key, 'PUT', path, { api_key: [secret] }),
      await send(key, 'PUT', path, secret),
      await send(key, 'PUT', path, `{"api_key": ${secret}}`),
      await send(key, 'PUT', '/v1/provider-keys/%00', { api_key: secret }),
      await admin('PUT', `/admin/v1/tenants/${id}/provider-keys/vendor`, { api_key: secret }),
      await admin('GET', `/admin/v1/tenants/${id}/provider-keys`),
      await admin('POST', `/admin/v1/tenants/${id}/provider-keys/vendor/test`),
      await admin('DELETE', `/admin/v1/tenants/${id}/provider-keys/vendor`),
      await ask(key),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 400, 400, 400, 400, 400, 400, 200, 200, 200, 200, 402,
    ]);
    expect(upstream.requestsFor('theirs').at(-1)?.headers.authorization).toBe(`Bearer ${secret}`);
    for (const { text } of answers) expect(text).not.toContain('tenant-own-provider-key');
    expect(JSON.stringify(logger.lines)).not.toContain('tenant-own-provider-key');
  });

  test('are one tenant’s: another sees, tests and deletes none of them', async () => {
    const [one, other] = [await newTenant(), await newTenant()];
    await send(one.key, 'PUT', '/v1/provider-keys/vendor', { api_key: secret });
    expect((await send(other.key, 'GET', '/v1/provider-keys')).json['data']).toEqual([]);
    expect((await send(other.key, 'POST', '/v1/provider-keys/vendor/test')).status).toBe(404);
    expect((await send(other.key, 'DELETE', '/v1/provider-keys/vendor')).status).toBe(404);
    expect((await ask(other.key)).status).toBe(402);
    expect((await ask(one.key)).status).toBe(200);
  });

  test('are stored once for a request sent twice with an Idempotency-Key', async () => {
    const { key } = await newTenant();
    const again = { 'idempotency-key': 'store-my-key-1' };
    const first = await send(key, 'PUT', '/v1/provider-keys/vendor', { api_key: secret }, again);
    const second = await send(key, 'PUT', '/v1/provider-keys/vendor', { api_key: secret }, again);
    expect(second.text).toBe(first.text);
    expect(second.headers['idempotency-replayed']).toBe('true');
    const other = await send(key, 'PUT', '/v1/provider-keys/vendor', { api_key: `${secret}-other` }, again);
    expect(other.status).toBe(409);
  });

  test('are tested as often as the plan allows requests; looking at them is free', async () => {
    const { key } = await newTenant('narrow');
    const path = '/v1/provider-keys/vendor';
    await send(key, 'PUT', path, { api_key: secret });
    for (let count = 0; count < 5; count += 1) expect((await send(key, 'GET', '/v1/provider-keys')).status).toBe(200);
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await send(key, 'POST', `${path}/test`)).status);
    // A minute may turn meanwhile.
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
    expect(statuses.slice(0, 2)).toEqual([200, 200]);
  });

  test('that the provider refuses are told of with what it means for calls', async () => {
    const { key } = await newTenant();
    await send(key, 'PUT', '/v1/provider-keys/vendor', { api_key: 'sk-somebody-elses-9876' });
    const tested = await send(key, 'POST', '/v1/provider-keys/vendor/test');
    expect(tested.json).toMatchObject({ ok: false, last_test_ok: false, hint: '9876' });
    const called = await ask(key);
    expect(called.json.error?.code).toBe('UPSTREAM_AUTH');
    expect(called.text).toContain('that you have stored');
  });

  test('of a suspended tenant stay as they are', async () => {
    const { id, key } = await newTenant();
    await composition.app.inject({
      method: 'PATCH',
      url: `/admin/v1/tenants/${id}`,
      headers: { authorization: `Bearer ${composition.services.config.adminToken}` },
      payload: { suspended: true },
    });
    const refused = await send(key, 'PUT', '/v1/provider-keys/vendor', { api_key: secret });
    expect(refused.json.error?.code).toBe('TENANT_SUSPENDED');
  });

  test('of no tenant are not stored by the operator either', async () => {
    const path = '/admin/v1/tenants/ten_nobody/provider-keys';
    expect((await admin('PUT', `${path}/vendor`, { api_key: secret })).status).toBe(404);
    expect((await admin('GET', path)).status).toBe(404);
    expect((await admin('POST', `${path}/vendor/test`)).status).toBe(404);
    expect((await send('not-the-admin-token', 'GET', path)).status).toBe(401);
  });
});
