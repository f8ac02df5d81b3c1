import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeEmbedding } from './fake-upstream-embeddings.ts';
import { startFakeUpstream, type FakeUpstream } from './fake-upstream.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream({ models: ['one'], apiKey: 'k' });
});
afterAll(() => upstream.close());

const headers = { 'content-type': 'application/json', authorization: 'Bearer k' };
const post = (path: string, body: unknown, base = upstream.url) =>
  fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
const json = async (path: string, body: unknown, base = upstream.url): Promise<unknown> =>
  (await post(path, body, base)).json();
const messages = [{ role: 'user', content: 'good morning' }];
const contents = [{ role: 'user', parts: [{ text: 'good morning' }] }];

describe('one script, three dialects', () => {
  test('a message of Anthropic, whole and in named events', async () => {
    upstream.script('a', { kind: 'chat', content: 'one two' });
    expect(await json('/messages', { model: 'a', max_tokens: 9, messages })).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'one two' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 2, output_tokens: 2 },
    });
    const text = await (await post('/messages', { model: 'a', max_tokens: 9, messages, stream: true })).text();
    expect(text.match(/^event: .*$/gm)?.map((line) => line.slice(7))).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(upstream.counts.chat).toBe(2);
  });

  test('an answer of Gemini, its model in the path', async () => {
    upstream.script('g', { kind: 'chat', content: 'one two' });
    expect(await json('/models/g:generateContent', { contents }, upstream.geminiUrl)).toMatchObject({
      candidates: [{ content: { parts: [{ text: 'one two' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 2 },
    });
    const streamed = await post('/models/g:streamGenerateContent?alt=sse', { contents }, upstream.geminiUrl);
    expect(streamed.headers.get('content-type')).toBe('text/event-stream');
    expect((await streamed.text()).match(/^data: /gm)?.length).toBeGreaterThan(1);
    const [whole, stream] = upstream.requestsFor('g');
    expect([whole?.chunksSent, stream?.chunksSent, stream?.query.get('alt')]).toEqual([0, 2, 'sse']);
  });

  test('tokens are counted as words', async () => {
    expect(await json('/messages/count_tokens', { model: 'a', system: 'Be brief', messages })).toEqual({
      input_tokens: 4,
    });
    expect(await json('/models/g:countTokens', { contents }, upstream.geminiUrl)).toEqual({ totalTokens: 2 });
  });

  test.each([
    ['/chat/completions', { error: { type: 'fake' } }],
    ['/embeddings', { error: { type: 'fake' } }],
    ['/messages', { type: 'error', error: { type: 'overloaded_error' } }],
    ['beta/models/full:generateContent', { error: { code: 529, status: 'INTERNAL' } }],
  ])('a status at %s has the vendor’s own body', async (path, body) => {
    upstream.script('full', { kind: 'status', status: 529 });
    const response = await post(path, { model: 'full', messages, contents });
    expect([response.status, await response.json()]).toMatchObject([529, body]);
  });

  test('a key may come in the header of any vendor, and must be right', async () => {
    for (const header of ['x-api-key', 'api-key', 'x-goog-api-key']) {
      const statuses = await Promise.all(
        ['k', 'wrong'].map(
          async (key) => (await fetch(`${upstream.url}/models`, { headers: { [header]: key } })).status,
        ),
      );
      expect(statuses).toEqual([200, 401]);
    }
  });

  test('models are listed in the words of who asks', async () => {
    const anthropic = await fetch(`${upstream.url}/models`, {
      headers: { ...headers, 'anthropic-version': '2023-06-01' },
    });
    expect(await anthropic.json()).toMatchObject({ data: [{ type: 'model', id: 'one' }, {}, {}, {}], has_more: false });
    const gemini = await fetch(`${upstream.geminiUrl}/models`, { headers });
    expect(await gemini.json()).toMatchObject({ models: [{ name: 'models/one' }, {}, {}, {}] });
  });
});

describe('embeddings', () => {
  test.each([
    ['a text', 1],
    [['a text', 'another'], 2],
    [[1, 2, 3], 1],
    [[[1, 2], [3]], 2],
  ])('of %j are %i, the same every time', async (input, count) => {
    const body = await json('/embeddings', { model: 'e', input });
    expect(body).toMatchObject({ object: 'list', data: expect.any(Array) as unknown });
    expect((body as { data: unknown[] }).data).toHaveLength(count);
    expect(await json('/embeddings', { model: 'e', input })).toEqual(body);
  });

  test('come in either encoding with the same bits, or as numbers only', async () => {
    const asked = { model: 'e', input: 'hello', dimensions: 20 };
    const read = async (base: string, encoding_format: string) =>
      ((await json('/embeddings', { ...asked, encoding_format }, base)) as { data: { embedding: unknown }[] }).data[0]
        ?.embedding;
    const numbers = await read(upstream.url, 'float');
    expect(numbers).toEqual([...fakeEmbedding('hello', 20)]);
    const bytes = Buffer.from(String(await read(upstream.url, 'base64')), 'base64');
    expect(Array.from({ length: 20 }, (_, index) => bytes.readFloatLE(index * 4))).toEqual(numbers);
    const plain = await startFakeUpstream({ onlyFloatEmbeddings: true });
    expect(await read(plain.url, 'base64')).toEqual(numbers);
    await plain.close();
  });

  test('of Gemini, one or many', async () => {
    const content = { parts: [{ text: 'hello' }] };
    const values = [...fakeEmbedding('hello', 4)];
    const one = await json('/models/e:embedContent', { content, outputDimensionality: 4 }, upstream.geminiUrl);
    expect(one).toEqual({ embedding: { values } });
    const requests = [{ content, outputDimensionality: 4 }, { content }];
    expect(await json('/models/e:batchEmbedContents', { requests }, upstream.geminiUrl)).toEqual({
      embeddings: [{ values }, { values: [...fakeEmbedding('hello')] }],
    });
  });

  test('and moderation can fail as a chat does', async () => {
    upstream.script('sick', { kind: 'status', status: 500 });
    expect((await post('/embeddings', { model: 'sick', input: 'a' })).status).toBe(500);
    expect((await post('/moderations', { model: 'sick', input: 'a' })).status).toBe(500);
    expect(await json('/moderations', { model: 'well', input: 'some violence' })).toMatchObject({
      results: [{ flagged: true }],
    });
  });
});
