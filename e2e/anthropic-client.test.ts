import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';
let client: Anthropic;

const model = (upstreamName: string, name: string, capabilities: readonly string[]) => ({
  targets: [{ upstream: upstreamName, model: name }],
  context_tokens: 100_000,
  max_output_tokens: 2_000,
  capabilities,
});
const able = ['chat', 'tools', 'json', 'vision'];

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({
    config: {
      upstreams: {
        vendor: { kind: 'anthropic', base_url: upstream.url, api_key: 'sk-ant-operator' },
        other: { kind: 'openai', base_url: upstream.url },
        google: { kind: 'gemini', base_url: upstream.geminiUrl, api_key: 'google-key' },
      },
      models: {
        native: model('vendor', 'native-model', able),
        'native-tools': model('vendor', 'native-tools-model', able),
        translated: model('other', 'translated-model', able),
        'translated-tools': model('other', 'translated-tools-model', able),
        gemini: model('google', 'gemini-model', able),
        'gemini-tools': model('google', 'gemini-tools-model', able),
        plain: model('other', 'plain-model', ['chat']),
        busy: model('other', 'busy-model', able),
        slow: model('other', 'slow-model', able),
      },
      plans: { wide: { requests_per_minute: 100_000, tokens_per_month: 1_000_000_000 } },
      routing: { attempts_per_target: 1 },
    },
  });
  ({ key } = await turnpike.createKey('wide'));
  client = new Anthropic({ baseURL: turnpike.url, apiKey: key, maxRetries: 0 });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

const ask = (name: string, content = 'Hello there') => ({
  model: name,
  max_tokens: 500,
  messages: [{ role: 'user' as const, content }],
});
const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const calls = [
  { id: 'call_1', name: 'get_weather', arguments: '{"city":"Ulm"}' },
  { id: 'call_2', name: 'get_weather', arguments: '{"city":"Köln"}' },
];

describe.each(['native', 'translated', 'gemini'])('an Anthropic client and a %s model', (name) => {
  test('get the same answer whole and streamed, under the public name, with usage', async () => {
    upstream.script(`${name}-model`, { kind: 'chat', content: 'Grüße 👋🏽 aus Ulm', stream: { splitBytes: 3 } });
    const whole = await client.messages.create(ask(name));
    expect(whole).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: name,
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: 'Grüße 👋🏽 aus Ulm' }],
    });
    expect(whole.usage.input_tokens).toBeGreaterThan(0);
    expect(whole.usage.output_tokens).toBeGreaterThan(0);
    const types: string[] = [];
    const stream = client.messages.stream(ask(name)).on('streamEvent', ({ type }) => types.push(type));
    const streamed = await stream.finalMessage();
    expect(streamed.content).toMatchObject([{ type: 'text', text: 'Grüße 👋🏽 aus Ulm' }]);
    expect([streamed.model, streamed.stop_reason]).toEqual([name, 'end_turn']);
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect(types[0]).toBe('message_start');
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
  });

  test('call tools in parallel, and give results back', async () => {
    upstream.script(`${name}-tools-model`, { kind: 'chat', toolCalls: calls });
    const request = { ...ask(`${name}-tools`), tools: [weather], tool_choice: { type: 'auto' as const } };
    const whole = await client.messages.create(request);
    const streamed = await client.messages.stream(request).finalMessage();
    for (const { content, stop_reason: reason } of [whole, streamed]) {
      expect(reason).toBe('tool_use');
      expect(content).toMatchObject([
        { type: 'tool_use', name: 'get_weather', input: { city: 'Ulm' } },
        { type: 'tool_use', name: 'get_weather', input: { city: 'Köln' } },
      ]);
    }
    upstream.script(`${name}-tools-model`, { kind: 'chat', content: 'Sunny in both.' });
    const results = whole.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'sunny' }] : [],
    );
    const answer = await client.messages.create({
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: whole.content },
        { role: 'user', content: results },
      ],
    });
    expect(answer.content).toMatchObject([{ type: 'text', text: 'Sunny in both.' }]);
  });

  test('count tokens without an answer and without a bill', async () => {
    const own = await turnpike.createKey('wide');
    const ownClient = new Anthropic({ baseURL: turnpike.url, apiKey: own.key, maxRetries: 0 });
    const { max_tokens: _max, ...counted } = ask(name, 'count these five words');
    const { input_tokens: tokens } = await ownClient.messages.countTokens(counted);
    expect(tokens).toBeGreaterThan(2);
    expect(await turnpike.usage(`tenant=${own.tenantId}`)).toEqual([]);
  });
});

test('to an Anthropic upstream request and answer go byte for byte, the model name apart', async () => {
  const text =
    '{"id":"msg_x","type":"message","role":"assistant","model":"native-model","content":[{"type":"text","text":"\\u00fc  1e-7"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2,"service_tier":"odd"}}';
  upstream.script('native-model', { kind: 'raw', bytes: text });
  const body = {
    ...ask('native'),
    system: [{ type: 'text', text: 'short', cache_control: { type: 'ephemeral' } }],
    thinking: { type: 'enabled', budget_tokens: 1024 },
    unheard_of: { deep: [1, null] },
  };
  const answer = await fetch(`${turnpike.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'x-api-key': key,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'some-beta-2026-01-01',
    },
    body: JSON.stringify(body),
  });
  expect(await answer.text()).toBe(text.replace('native-model', 'native'));
  const sent = upstream.requestsFor('native-model').at(-1);
  expect(JSON.parse(sent?.bodyText ?? '')).toEqual({ ...body, model: 'native-model' });
  expect(sent?.headers).toMatchObject({
    'x-api-key': 'sk-ant-operator',
    'anthropic-version': '2023-06-01',
    'anthropic-beta': 'some-beta-2026-01-01',
  });
});

test('errors are Anthropic’s: 401, 404, 400 naming the model that can, and 529', async () => {
  const stranger = new Anthropic({ baseURL: turnpike.url, apiKey: 'sk_live_nobody', maxRetries: 0 });
  await expect(stranger.messages.create(ask('native'))).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  await expect(client.messages.create(ask('nothing'))).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  await expect(client.messages.create({ ...ask('plain'), tools: [weather] })).rejects.toMatchObject({
    status: 400,
    error: {
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('translated') as string },
    },
  });
  upstream.script('busy-model', { kind: 'status', status: 429 });
  await expect(client.messages.create(ask('busy'))).rejects.toMatchObject({
    status: 529,
    error: { error: { type: 'overloaded_error' } },
  });
});

test('the bearer token does as well as x-api-key; tokens of both land in the same ledger', async () => {
  upstream.script('translated-model', { kind: 'chat', content: 'three short words' });
  const own = await turnpike.createKey('wide');
  const bearer = new Anthropic({ baseURL: turnpike.url, apiKey: null, authToken: own.key, maxRetries: 0 });
  const byKey = new Anthropic({ baseURL: turnpike.url, apiKey: own.key, maxRetries: 0 });
  const { usage: first } = await bearer.messages.create(ask('translated'));
  const { usage: second } = await byKey.messages.create(ask('translated'));
  const [row] = await turnpike.usage(`tenant=${own.tenantId}`);
  const total = first.input_tokens + first.output_tokens + second.input_tokens + second.output_tokens;
  expect(row).toMatchObject({ requests: 2, total_tokens: total });
});

test('a stream that broke off is read again by the same key, to its end', async () => {
  upstream.script('slow-model', { kind: 'chat', stream: { chunks: ['a ', 'b ', 'c '], gate: true } });
  const send = (signal: AbortSignal | null) =>
    fetch(`${turnpike.url}/v1/messages`, {
      method: 'POST',
      signal,
      headers: { 'x-api-key': key, 'content-type': 'application/json', 'idempotency-key': 'messages-resume-1' },
      body: JSON.stringify({ ...ask('slow'), stream: true }),
    });
  const abort = new AbortController();
  const broken = await send(abort.signal);
  upstream.release(1);
  await broken.body?.getReader().read();
  abort.abort();
  upstream.release(10);
  const again = await (await send(null)).text();
  expect([...again.matchAll(/"text_delta"/g)]).toHaveLength(3);
  expect(again).toContain('event: message_stop');
  expect(upstream.requestsFor('slow-model')).toHaveLength(1);
});
