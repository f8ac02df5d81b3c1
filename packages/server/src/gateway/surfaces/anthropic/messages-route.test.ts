import Anthropic from '@anthropic-ai/sdk';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../../clock.ts';
import { compose, type Composition } from '../../../compose.ts';
import { loadConfig } from '../../../config/load.ts';
import { startFakeUpstream, type FakeUpstream, type Script } from '../../../testing/fake-upstream.ts';
import { copyPrepared } from '../../../testing/global-setup.ts';
import { createRecordingLogger } from '../../../testing/recording-logger.ts';

let dataDir: string;
let upstream: FakeUpstream;
let composition: Composition;
let origin: string;
let key: string;
let testKey: string;

function configText(): string {
  const model = (upstreamName: string, name: string, capabilities: string[]) => ({
    targets: [{ upstream: upstreamName, model: name }],
    context_tokens: 100_000,
    max_output_tokens: 1_000,
    capabilities,
  });
  return JSON.stringify({
    upstreams: {
      fake: { kind: 'openai', base_url: upstream.url },
      vendor: { kind: 'anthropic', base_url: upstream.url, api_key: 'vendor-key' },
    },
    models: {
      translated: model('fake', 'theirs', ['chat', 'tools', 'json', 'vision', 'reasoning']),
      native: model('vendor', 'claude-theirs', ['chat', 'tools', 'json', 'vision', 'reasoning']),
      plain: model('fake', 'theirs-plain', ['chat']),
    },
    plans: { open: { requests_per_minute: 100_000 } },
    default_plan: 'open',
    routing: { attempts_per_target: 1 },
  });
}

async function post(path: string, payload: object, headers: Readonly<Record<string, string>>): Promise<Response> {
  const body = JSON.stringify(payload);
  return fetch(origin + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}

async function createKey(tenant: string, fields: object): Promise<string> {
  const authorization = `Bearer ${composition.services.config.adminToken}`;
  const made = await post(`/admin/v1/tenants/${tenant}/keys`, { name: 'k', ...fields }, { authorization });
  return ((await made.json()) as { key: string }).key;
}

beforeAll(async () => {
  upstream = await startFakeUpstream();
  dataDir = await mkdtemp(join(tmpdir(), 'turnpike-messages-'));
  await rename(await copyPrepared(inject('preparedDatabase')), join(dataDir, 'database'));
  const configFile = join(dataDir, 'turnpike.yaml');
  await writeFile(configFile, configText());
  const presetsDir = new URL('../../../../../../presets/', import.meta.url).pathname;
  const env = { DATA_DIR: dataDir, TURNPIKE_CONFIG: configFile };
  const config = await loadConfig({ env, cwd: dataDir, presetsDir });
  composition = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: systemClock,
    logger: createRecordingLogger(),
    version: '0.0.0-test',
  });
  await composition.app.listen({ host: '127.0.0.1', port: 0 });
  const address = composition.app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  origin = `http://127.0.0.1:${address.port}`;
  const authorization = `Bearer ${config.adminToken}`;
  const tenant = (await (await post('/admin/v1/tenants', { name: 'T', plan: 'open' }, { authorization })).json()) as {
    id: string;
  };
  key = await createKey(tenant.id, {});
  testKey = await createKey(tenant.id, { mode: 'test' });
});
afterAll(async () => {
  await composition.close();
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

const client = (apiKey = key) => new Anthropic({ apiKey, baseURL: origin, maxRetries: 0 });
const hello = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hi there' }] };
const tools = [{ name: 'f', input_schema: { type: 'object' as const } }];
const toolCalls = [
  { id: 'toolu_a', name: 'f', arguments: '{"city":"Hamburg"}' },
  { id: 'toolu_b', name: 'f', arguments: '{}' },
];
const usage = { prompt_tokens: 20, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 5 } };

/** The name each public model has at its upstream. */
const targets = { translated: 'theirs', native: 'claude-theirs' } as const;

describe.each(['translated', 'native'] as const)('Anthropic’s client and a model that is %s', (model) => {
  const script = (answer: Script) => {
    upstream.script(targets[model], answer);
  };

  test('an answer in one piece', async () => {
    script({ kind: 'chat', content: 'Hello.', usage });
    const {
      data,
      response,
      request_id: requestId,
    } = await client()
      .messages.create({ model, ...hello })
      .withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 15, cache_read_input_tokens: 5, output_tokens: 7 },
    });
    expect(requestId).toBe(response.headers.get('x-request-id'));
    expect(response.headers.get('x-ratelimit-limit')).toBe('100000');
  });

  test('a stream of text and one of tool calls', async () => {
    script([
      { kind: 'chat', stream: { chunks: ['Hello', ', ', 'world.'] }, usage },
      { kind: 'chat', toolCalls, usage },
    ]);
    const text = await client()
      .messages.stream({ model, ...hello })
      .finalMessage();
    expect(text).toMatchObject({ model, content: [{ type: 'text', text: 'Hello, world.' }], stop_reason: 'end_turn' });
    expect(text.usage).toMatchObject({ input_tokens: 15, cache_read_input_tokens: 5, output_tokens: 7 });
    const called = await client()
      .messages.stream({ model, ...hello, tools })
      .finalMessage();
    expect(called.content).toMatchObject([
      { type: 'tool_use', id: 'toolu_a', name: 'f', input: { city: 'Hamburg' } },
      { type: 'tool_use', id: 'toolu_b', name: 'f', input: {} },
    ]);
    expect(called.stop_reason).toBe('tool_use');
  });

  test('a stream that breaks in the middle ends in an error event', async () => {
    script({ kind: 'chat', stream: { chunks: ['Hello', ' there'], dieAfterChunks: 1 } });
    const response = await post('/v1/messages', { model, ...hello, stream: true }, { 'x-api-key': key });
    const text = await response.text();
    expect(text).toMatch(
      /event: error\ndata: \{"type":"error","error":\{"type":"api_error",.*"request_id":"req_\w+"\}\n\n$/,
    );
    expect(text).not.toContain('message_stop');
  });

  test('an upstream with too much to do is 529', async () => {
    script({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    const asked = client().messages.create({ model, ...hello });
    await expect(asked).rejects.toMatchObject({ status: 529, type: 'overloaded_error' });
  });
});

test('a translated request reaches the upstream as a chat', async () => {
  upstream.script('theirs', { kind: 'chat', content: 'ok' });
  await client().messages.create({ model: 'translated', ...hello, system: 'Be brief.', tools });
  const [last] = upstream.requestsFor('theirs').slice(-1);
  expect(last?.path).toBe('/v1/chat/completions');
  expect(last?.body).toMatchObject({
    max_tokens: 100,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi there' },
    ],
    tools: [{ type: 'function', function: { name: 'f' } }],
  });
});

test('a native request goes as it came, with its headers and what only Anthropic knows', async () => {
  upstream.script('claude-theirs', { kind: 'chat', content: 'ok' });
  const search = { type: 'web_search_20250305', name: 'web_search' };
  const request = { model: 'native', ...hello, tools: [search], context_management: { edits: [] } };
  const headers = { 'x-api-key': key, 'anthropic-version': '2023-06-01', 'anthropic-beta': 'context-management' };
  expect((await post('/v1/messages', request, headers)).status).toBe(200);
  const [last] = upstream.requestsFor('claude-theirs').slice(-1);
  expect(last?.path).toBe('/v1/messages');
  expect(last?.headers).toMatchObject({ 'anthropic-beta': 'context-management', 'x-api-key': 'vendor-key' });
  expect(last?.body).toEqual({ ...request, model: 'claude-theirs' });
  const refused = await post('/v1/messages', { ...request, model: 'translated' }, headers);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    error: { type: 'invalid_request_error', message: expect.stringContaining('tools.0.type') as string },
  });
});

describe('who may', () => {
  test('a bearer token is a key too, and the version header may be missing', async () => {
    upstream.script('theirs', { kind: 'chat', content: 'ok' });
    const answer = await post('/v1/messages', { model: 'translated', ...hello }, { authorization: `Bearer ${key}` });
    expect(answer.status).toBe(200);
  });

  test.each(['/v1/messages', '/v1/messages/count_tokens'])('%s refuses in Anthropic’s words', async (path) => {
    const asked = async (body: object, secret = key) => {
      const response = await post(path, body, { 'x-api-key': secret });
      const { error, request_id: id } = (await response.json()) as { error: { type: string }; request_id: string };
      expect(response.headers.get('request-id')).toBe(id);
      return [response.status, error.type];
    };
    expect(await asked({ model: 'translated', ...hello }, 'wrong')).toEqual([401, 'authentication_error']);
    expect(await asked({ model: 'nowhere', ...hello })).toEqual([404, 'not_found_error']);
    expect(await asked({ model: 'translated', max_tokens: 1 })).toEqual([400, 'invalid_request_error']);
  });
});

describe('counting', () => {
  test('is done by the upstream where it can', async () => {
    const prompt = { model: 'native', messages: [{ role: 'user' as const, content: 'one two three' }] };
    const { input_tokens: tokens } = await client().messages.countTokens(prompt);
    const [last] = upstream.requestsFor('claude-theirs').slice(-1);
    expect(last?.path).toBe('/v1/messages/count_tokens');
    expect(last?.body).toEqual({ ...prompt, model: 'claude-theirs' });
    expect(tokens).toBe(3);
  });

  test.each([() => key, () => testKey])('is done here else, without a call', async (secret) => {
    const before = upstream.counts.requests;
    const prompt = { model: 'translated', system: 'Be brief.', messages: hello.messages };
    const { input_tokens: tokens } = await client(secret()).messages.countTokens(prompt);
    expect(upstream.counts.requests).toBe(before);
    // Two messages of 3 and 2 tokens and what stands around them.
    expect(tokens).toBeGreaterThanOrEqual(5 + 3);
    expect(tokens).toBeLessThan(5 + 3 + 2 * 4 + 6);
  });

  test('takes nothing of the limits and tells where they stand', async () => {
    const count = () => post('/v1/messages/count_tokens', { model: 'plain', ...hello }, { 'x-api-key': key });
    const remaining = async () => (await count()).headers.get('x-ratelimit-remaining');
    expect(await remaining()).toBe(await remaining());
  });
});
