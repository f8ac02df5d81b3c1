import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { refused } from '../../testing/describe-provider-bench.ts';
import { describeProvider } from '../../testing/describe-provider.ts';
import { fakeEmbedding } from '../../testing/fake-upstream-embeddings.ts';
import { startFakeUpstream, type FakeUpstream } from '../../testing/fake-upstream.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import type { JsonObject, Provider } from '../provider.ts';
import { createOpenAiProvider, type OpenAiProviderOptions } from './openai-provider.ts';

type Change = Partial<OpenAiProviderOptions['config']>;

const open = (baseUrl: string, change: Change = {}, firstByteTimeoutMs = 10_000): Provider =>
  createOpenAiProvider({
    name: 'fake',
    config: { base_url: baseUrl, api_key: 'sk-upstream', headers: { 'X-Team': 'a' }, connections: 4, ...change },
    clock: createManualClock(),
    connectTimeoutMs: 2_000,
    firstByteTimeoutMs,
  });

describeProvider(
  'openai',
  ({ url, apiKey, firstByteTimeoutMs }) => open(url, { api_key: apiKey }, firstByteTimeoutMs),
  { credential: { header: 'authorization', prefix: 'Bearer ' }, passesThrough: true },
);

describeProvider(
  'openai, as Azure has it',
  ({ url, apiKey, firstByteTimeoutMs }) =>
    open(
      url,
      {
        api_key: apiKey,
        auth: 'api-key',
        query: { 'api-version': 'preview' },
        max_tokens_field: 'max_completion_tokens',
      },
      firstByteTimeoutMs,
    ),
  { credential: { header: 'api-key', prefix: '' }, passesThrough: true },
);

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream({ apiKey: 'sk-upstream', models: ['m1', 'm2'] });
});
afterAll(() => upstream.close());

const calling = (body: JsonObject) => ({ body, requestId: 'req_1', signal: new AbortController().signal });
const lastTo = (model: string) => upstream.requestsFor(model).at(-1);

describe('options', () => {
  const messages = [{ role: 'user', content: 'hello' }];

  test('query parameters and headers go with every call, beside a query of the base URL', async () => {
    const provider = open(`${upstream.url}?tenant=a`, { query: { 'api-version': '2026-01-01' } });
    await provider.chat({ ...calling({ model: 'query', messages }), stream: false });
    await provider.listModels(AbortSignal.timeout(5_000));
    expect(lastTo('query')?.headers).toMatchObject({ 'x-team': 'a', accept: 'application/json' });
    const queries = upstream.requests.slice(-2).map((request) => String(request.query));
    expect(queries).toEqual(['tenant=a&api-version=2026-01-01', 'tenant=a&api-version=2026-01-01']);
    await provider.close();
  });

  test.each([
    ['as-sent', { max_tokens: 5, max_completion_tokens: 7 }, { max_tokens: 5, max_completion_tokens: 7 }],
    ['max_tokens', { max_completion_tokens: 7 }, { max_tokens: 7 }],
    ['max_completion_tokens', { max_tokens: 5 }, { max_completion_tokens: 5 }],
    ['max_completion_tokens', { max_tokens: 9, max_completion_tokens: 7 }, { max_completion_tokens: 7 }],
    ['max_tokens', { max_tokens: null }, {}],
  ] as const)('max_tokens_field %s makes of %j %j', async (field, sent, received) => {
    const provider = open(upstream.url, { max_tokens_field: field });
    await provider.chat({ ...calling({ model: 'bound', messages, ...sent }), stream: false });
    expect(lastTo('bound')?.body).toEqual({ model: 'bound', messages, ...received });
    await provider.close();
  });

  test('an operator’s own authorization header is sent, but not beside a tenant’s key', async () => {
    const provider = open(upstream.url, { headers: { Authorization: 'Bearer sk-upstream' }, api_key: undefined });
    const call = { ...calling({ model: 'header', messages }), stream: false };
    await provider.chat(call);
    expect((await refused(provider.chat({ ...call, credential: 'sk-tenant' }))).code).toBe('UPSTREAM_AUTH');
    expect(upstream.requestsFor('header').map((request) => request.headers.authorization)).toEqual([
      'Bearer sk-upstream',
      'Bearer sk-tenant',
    ]);
    await provider.close();
  });
});

describe('embeddings and moderation', () => {
  test('go out as they came, and so do their answers', async () => {
    const provider = open(upstream.url);
    const body = { model: 'embed', input: ['a b', 'c'], encoding_format: 'base64', dimensions: 4, user: 'u' };
    const { body: answer } = (await provider.embed?.(calling(body))) ?? {};
    expect(lastTo('embed')?.body).toEqual(body);
    const bytes = Buffer.alloc(16);
    for (const [index, value] of fakeEmbedding('a b', 4).entries()) bytes.writeFloatLE(value, index * 4);
    expect(answer).toMatchObject({
      data: [{ index: 0, embedding: bytes.toString('base64') }, { index: 1 }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    const moderated = await provider.moderate?.(calling({ model: 'moderate', input: ['violence', 'peace'] }));
    expect(moderated?.body).toMatchObject({ results: [{ flagged: true }, { flagged: false }] });
    await provider.close();
  });

  test('that are no such answer are errors of the upstream', async () => {
    const provider = open(upstream.url);
    upstream.script('odd', { kind: 'malformed', body: '{"object":"list"}' });
    for (const answer of [provider.embed?.(calling({ model: 'odd' })), provider.moderate?.(calling({ model: 'odd' }))])
      await expect(answer).rejects.toMatchObject({ code: 'UPSTREAM_ERROR' });
    await provider.close();
  });
});

test('an answer that stops in the middle times out', async () => {
  const hanging = createServer((socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"cho'),
  );
  hanging.listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const address = hanging.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const slow = open(`http://127.0.0.1:${String(port)}/v1`, {}, 100);
  const error = await refused(slow.chat({ ...calling({ model: 'm' }), stream: false }));
  expect(error.code).toBe('UPSTREAM_TIMEOUT');
  await slow.close();
  hanging.close();
});

test('a wrong key of ours is not the caller’s', async () => {
  const wrong = open(upstream.url, { api_key: 'sk-wrong' });
  for (const asked of [
    wrong.chat({ ...calling({ model: 'm' }), stream: true }),
    wrong.listModels(AbortSignal.timeout(5_000)),
  ]) {
    const error = await refused(asked);
    expect(error).toBeInstanceOf(AppError);
    expect([error.code, error.message.includes('Incorrect')]).toEqual(['UPSTREAM_AUTH', false]);
  }
  await wrong.close();
});
