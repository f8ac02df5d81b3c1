import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refused } from '../../testing/describe-provider-bench.ts';
import { describeProvider } from '../../testing/describe-provider.ts';
import { fakeEmbedding } from '../../testing/fake-upstream-embeddings.ts';
import { startFakeUpstream, type FakeUpstream } from '../../testing/fake-upstream.ts';
import { chunksIn, listen, streamOf } from '../../testing/hear-stream.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import type { JsonObject, Provider } from '../provider.ts';
import type { HttpProviderOptions } from '../upstream-client.ts';
import answer from './fixtures/answer-tools.json' with { type: 'json' };
import errors from './fixtures/errors.json' with { type: 'json' };
import { createGeminiProvider } from './gemini-provider.ts';

describeProvider(
  'gemini',
  ({ geminiUrl, apiKey, ...rest }) =>
    createGeminiProvider({
      ...rest,
      name: 'fake',
      config: { base_url: geminiUrl, api_key: apiKey, headers: {}, connections: 4 },
    }),
  { credential: { header: 'x-goog-api-key', prefix: '' }, passesThrough: false },
);

let upstream: FakeUpstream;
let provider: Provider;
const open = (config: Partial<HttpProviderOptions['config']> = {}) =>
  createGeminiProvider({
    name: 'fake',
    config: { base_url: upstream.geminiUrl, api_key: 'g-key', headers: {}, connections: 4, ...config },
    clock: createManualClock(),
    connectTimeoutMs: 2_000,
    firstByteTimeoutMs: 10_000,
  });
beforeAll(async () => {
  upstream = await startFakeUpstream({ apiKey: 'g-key', models: ['gemini-a', 'gemini-b'] });
});
afterAll(() => upstream.close());
beforeEach(() => {
  provider = open();
});
afterEach(() => provider.close());

const callOf = (body: JsonObject) => ({ body, requestId: 'req_1', signal: new AbortController().signal });
const messages = [{ role: 'user', content: 'hello there' }];
const chatOf = (model: string, stream = false) => ({ ...callOf({ model, messages }), stream });

describe('a chat', () => {
  test('names the model in the path, and asks for events when it is streamed', async () => {
    await provider.chat(chatOf('gemini-paths'));
    const heard = listen(await streamOf(provider.chat(chatOf('models/gemini-paths', true))));
    await heard.over;
    const [whole, streamed] = upstream.requestsFor('gemini-paths');
    expect([whole?.path, whole?.query.toString()]).toEqual(['/v1beta/models/gemini-paths:generateContent', '']);
    expect([streamed?.path, streamed?.query.toString()]).toEqual([
      '/v1beta/models/gemini-paths:streamGenerateContent',
      'alt=sse',
    ]);
    expect(whole?.bodyText).toBe('{"contents":[{"role":"user","parts":[{"text":"hello there"}]}]}');
  });

  test('keeps the operator’s own query beside it', async () => {
    const own = open({ query: { region: 'eu' } });
    const heard = listen(await streamOf(own.chat(chatOf('gemini-query', true))));
    await heard.over;
    expect(upstream.requestsFor('gemini-query')[0]?.query.toString()).toBe('alt=sse&region=eu');
    await own.close();
  });

  test('whose request cannot be said is refused before anything is sent', async () => {
    const call = callOf({ model: 'gemini-unsaid', messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] });
    for (const stream of [false, true])
      expect(await refused(provider.chat({ ...call, stream }))).toMatchObject({
        code: 'INVALID_REQUEST',
        param: 'messages.0.tool_call_id',
      });
    expect((await refused(Promise.resolve(provider.countTokens?.(call)))).code).toBe('INVALID_REQUEST');
    expect(upstream.requestsFor('gemini-unsaid')).toEqual([]);
  });

  test('with a blocked prompt is answered: the prompt is paid for', async () => {
    upstream.script('gemini-blocked', { kind: 'malformed', body: JSON.stringify(answer.blocked_prompt) });
    expect(await provider.chat(chatOf('gemini-blocked'))).toMatchObject({
      kind: 'json',
      body: { choices: [{ finish_reason: 'content_filter' }], usage: { prompt_tokens: 9 } },
    });
  });

  test('the model failed to answer is an error of the upstream, whole and at a stream’s end', async () => {
    const toolCalls = [{ id: 'a', name: 'f', arguments: '{"broken":' }];
    upstream.script('gemini-failed', { kind: 'chat', toolCalls });
    expect((await refused(provider.chat(chatOf('gemini-failed')))).code).toBe('UPSTREAM_ERROR');
    const heard = listen(await streamOf(provider.chat(chatOf('gemini-failed', true))));
    await heard.over;
    expect([heard.outcome, heard.events.includes('[DONE]')]).toEqual(['UPSTREAM_ERROR', false]);
  });

  test('cut off at a proper end of the body has no [DONE]', async () => {
    const events = [{ candidates: [{ content: { parts: [{ text: 'Half' }] } }] }, { usageMetadata: {} }];
    const bytes = events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('');
    upstream.script('gemini-half', { kind: 'raw', bytes });
    const heard = listen(await streamOf(provider.chat(chatOf('gemini-half', true))));
    await heard.over;
    expect(heard.outcome).toBe('end');
    expect(chunksIn(heard.events).map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([null, null]);
    expect(heard.events).not.toContain('[DONE]');
  });

  test.each(errors.statuses)(
    'that is answered with $status $body.error.status is $code',
    async ({ status, code, body }) => {
      upstream.script('gemini-status', { kind: 'status', status, body });
      expect((await refused(provider.chat(chatOf('gemini-status')))).code).toBe(code);
    },
  );
});

describe('embeddings', () => {
  const vector = (text: string, dimensions?: number) => [...fakeEmbedding(text, dimensions)];

  test('are OpenAI’s, counted by the model server', async () => {
    const body = { model: 'gemini-embedding-001', input: ['hello there', 'you'], dimensions: 4 };
    const given = await provider.embed?.(callOf(body));
    expect(given?.body).toEqual({
      object: 'list',
      data: ['hello there', 'you'].map((text, index) => ({ object: 'embedding', index, embedding: vector(text, 4) })),
      model: 'gemini-embedding-001',
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    expect(JSON.parse(given?.text ?? '')).toEqual(given?.body);
    expect(upstream.requestsFor('gemini-embedding-001').map(({ path }) => path.split(':')[1])).toEqual([
      'batchEmbedContents',
      'countTokens',
    ]);
  });

  test('of many texts come in several batches, in their order', async () => {
    const input = Array.from({ length: 150 }, (_, index) => `t${String(index)}`);
    const given = await provider.embed?.(callOf({ model: 'gemini-many', input }));
    const data = given?.body['data'] as { index: number; embedding: number[] }[];
    expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index));
    expect(data.map(({ embedding }) => embedding)).toEqual(input.map((text) => vector(text)));
    expect(upstream.requestsFor('gemini-many')).toHaveLength(3);
  });

  test('that cannot be counted come without usage', async () => {
    upstream.script('gemini-uncounted', ({ path }) => ({
      ...(path.endsWith(':countTokens') ? { kind: 'status' as const, status: 500 } : { kind: 'chat' as const }),
    }));
    const given = await provider.embed?.(callOf({ model: 'gemini-uncounted', input: 'a' }));
    expect(given?.body).toMatchObject({ data: [{ embedding: vector('a') }] });
    expect(given?.body).not.toHaveProperty('usage');
  });

  test('that tell what they read are not counted again', async () => {
    const body = JSON.stringify({ embeddings: [{ values: [1] }], usageMetadata: { promptTokenCount: 5 } });
    upstream.script('gemini-embedding-2', { kind: 'malformed', body });
    const given = await provider.embed?.(callOf({ model: 'gemini-embedding-2', input: 'a' }));
    expect(given?.body['usage']).toEqual({ prompt_tokens: 5, total_tokens: 5 });
    expect(upstream.requestsFor('gemini-embedding-2')).toHaveLength(1);
  });

  test('that are fewer than the texts are an error of the upstream', async () => {
    upstream.script('gemini-few', { kind: 'malformed', body: '{"embeddings":[{"values":[1]}]}' });
    const embedded = provider.embed?.(callOf({ model: 'gemini-few', input: ['a', 'b'] }));
    expect((await refused(Promise.resolve(embedded))).code).toBe('UPSTREAM_ERROR');
  });

  test('of tokens are refused before anything is sent', async () => {
    const embedded = provider.embed?.(callOf({ model: 'gemini-tokens', input: [1, 2] }));
    expect(await refused(Promise.resolve(embedded))).toMatchObject({ code: 'UNSUPPORTED_CAPABILITY', param: 'input' });
    expect(upstream.requestsFor('gemini-tokens')).toEqual([]);
  });
});

test('tokens are counted by the model server, instructions and tools among them', async () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const body = { model: 'gemini-count', messages: [{ role: 'system', content: 'Be brief' }, ...messages], tools };
  expect(await provider.countTokens?.(callOf(body))).toBe(4);
  const [request] = upstream.requestsFor('gemini-count');
  expect(request?.path).toBe('/v1beta/models/gemini-count:countTokens');
  expect(request?.body['generateContentRequest']).toMatchObject({
    model: 'models/gemini-count',
    tools: [{ functionDeclarations: [{ name: 'f' }] }],
  });
});

test('a wrong key is ours, not the caller’s; the right one lists the models', async () => {
  const wrong = open({ api_key: 'g-wrong' });
  expect((await refused(wrong.listModels(AbortSignal.timeout(5_000)))).code).toBe('UPSTREAM_AUTH');
  expect((await wrong.listModels(AbortSignal.timeout(5_000), 'g-key')).slice(0, 2)).toEqual(['gemini-a', 'gemini-b']);
  await wrong.close();
});
