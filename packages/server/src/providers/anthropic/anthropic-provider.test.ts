import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refused } from '../../testing/describe-provider-bench.ts';
import { describeProvider } from '../../testing/describe-provider.ts';
import { startFakeUpstream, type FakeUpstream } from '../../testing/fake-upstream.ts';
import { listen, streamOf } from '../../testing/hear-stream.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import type { ChatCall, JsonObject, Provider } from '../provider.ts';
import type { HttpProviderOptions } from '../upstream-client.ts';
import { createAnthropicProvider } from './anthropic-provider.ts';
import errors from './fixtures/errors.json' with { type: 'json' };

describeProvider(
  'anthropic',
  ({ url, apiKey, ...rest }) =>
    createAnthropicProvider({
      ...rest,
      name: 'fake',
      config: { base_url: url, api_key: apiKey, headers: {}, connections: 4 },
    }),
  { credential: { header: 'x-api-key', prefix: '' }, passesThrough: false },
);

let upstream: FakeUpstream;
let provider: Provider;
const open = (config: Partial<HttpProviderOptions['config']> = {}) =>
  createAnthropicProvider({
    name: 'fake',
    config: { base_url: upstream.url, api_key: 'sk-ant', headers: {}, connections: 4, ...config },
    clock: createManualClock(),
    connectTimeoutMs: 2_000,
    firstByteTimeoutMs: 10_000,
  });
beforeAll(async () => {
  upstream = await startFakeUpstream({ apiKey: 'sk-ant', models: ['claude-a', 'claude-b'] });
});
afterAll(() => upstream.close());
beforeEach(() => {
  provider = open();
});
afterEach(() => provider.close());

const native: JsonObject = {
  model: 'public-name',
  max_tokens: 100,
  system: [{ type: 'text', text: 'Be.', cache_control: { type: 'ephemeral' } }],
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hello there' }] }],
  a_field_of_tomorrow: { x: 1 },
};

function nativeCall(model: string, stream: boolean, headers: Record<string, string> = {}): ChatCall {
  return {
    body: { model, max_tokens: 100, messages: [{ role: 'user', content: 'hello there' }] },
    stream,
    requestId: 'req_1',
    signal: new AbortController().signal,
    native: { protocol: 'anthropic-messages', body: stream ? { ...native, stream } : native, headers },
  };
}

describe('a request in Anthropic’s own words', () => {
  test('goes out untouched but for the model’s name, with the protocol’s headers only', async () => {
    const headers = { 'anthropic-version': '2024-10-22', 'anthropic-beta': 'b1,b2', 'x-api-key': 'sk-caller' };
    const answer = await provider.chat(nativeCall('claude-native', false, headers));
    const [request] = upstream.requestsFor('claude-native');
    expect(request?.path).toBe('/v1/messages');
    expect(request?.body).toEqual({ ...native, model: 'claude-native' });
    expect(request?.headers).toMatchObject({
      'anthropic-version': '2024-10-22',
      'anthropic-beta': 'b1,b2',
      'x-api-key': 'sk-ant',
    });
    expect(answer).toMatchObject({ kind: 'json', protocol: 'anthropic-messages', body: { type: 'message' } });
  });

  test('is answered byte for byte, whole and streamed', async () => {
    const text = '{"type":"message",  "content":[], "stop_reason":"end_turn","new":1}';
    upstream.script('claude-bytes', { kind: 'malformed', body: text });
    const whole = await provider.chat(nativeCall('claude-bytes', false));
    expect(whole.kind === 'json' ? whole.text : '').toBe(text);
    const events = [
      '{"type":"ping"}',
      '{"type": "error", "error": {"type":"overloaded_error"}}',
      '{"type":"message_stop"}',
    ];
    upstream.script('claude-events', {
      kind: 'raw',
      bytes: events.map((data) => `event: x\ndata: ${data}\n\n`).join(''),
    });
    const streamed = provider.chat(nativeCall('claude-events', true));
    expect(await streamed).toMatchObject({ kind: 'stream', protocol: 'anthropic-messages' });
    const heard = listen(await streamOf(streamed));
    await heard.over;
    expect([heard.outcome, heard.events]).toEqual(['end', events]);
  });

  test('that is refused is refused in our words', async () => {
    upstream.script('claude-full', { kind: 'status', status: 529 });
    expect((await refused(provider.chat(nativeCall('claude-full', true)))).code).toBe('overloaded');
  });
});

test('a chat request is sent with the version of the contract, and streams come without its words', async () => {
  const call = { ...nativeCall('claude-chat', true), native: undefined };
  const { native: _native, ...plain } = call;
  const answer = await provider.chat(plain);
  expect(answer.protocol).toBeUndefined();
  const heard = listen(await streamOf(Promise.resolve(answer)));
  await heard.over;
  expect(heard.events.some((data) => data.includes('message_start'))).toBe(false);
  expect(upstream.requestsFor('claude-chat')[0]).toMatchObject({
    headers: { 'anthropic-version': '2023-06-01' },
    body: { stream: true, max_tokens: 100 },
  });
});

test('tokens are counted by the model server, in either’s words', async () => {
  const call = nativeCall('claude-count', false);
  const { native: _native, ...plain } = call;
  expect(await provider.countTokens?.(call)).toBe(3);
  expect(await provider.countTokens?.(plain)).toBe(2);
  const [first, second] = upstream.requestsFor('claude-count');
  expect([first?.path, first?.body['max_tokens'], first?.body['a_field_of_tomorrow']]).toEqual([
    '/v1/messages/count_tokens',
    undefined,
    undefined,
  ]);
  expect(second?.body).toEqual({
    model: 'claude-count',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hello there' }] }],
  });
});

test('an empty account of ours is not the caller’s mistake', async () => {
  upstream.script('claude-poor', { kind: 'status', status: 400, body: errors.empty_account });
  const error = await refused(provider.chat(nativeCall('claude-poor', false)));
  expect(error.code).toBe('UPSTREAM_AUTH');
  expect(error.message).not.toContain('credit');
});

test('a wrong key is ours, not the caller’s; the right one lists the models', async () => {
  const wrong = open({ api_key: 'sk-wrong' });
  expect((await refused(wrong.listModels(AbortSignal.timeout(5_000)))).code).toBe('UPSTREAM_AUTH');
  await wrong.close();
  expect((await provider.listModels(AbortSignal.timeout(5_000))).slice(0, 2)).toEqual(['claude-a', 'claude-b']);
});
