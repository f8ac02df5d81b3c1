import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const models = [
  'plain',
  'tools',
  'long',
  'busy',
  'broken',
  'stall',
  'dies',
  'silent',
  'nodone',
  'utf8',
  'auth',
  'html',
  'refuse',
  'usageless',
  'late',
  'beat',
];
let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';
let client: OpenAI;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({
    config: upstreamConfig(upstream.url, models, {
      relay: { idle_timeout_ms: 1_000, first_byte_timeout_ms: 1_500, heartbeat_ms: 300 },
    }),
  });
  ({ key } = await turnpike.createKey('wide'));
  client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key, maxRetries: 0 });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

const ask = (model: string, content = 'Hello') => ({
  model: `public-${model}`,
  messages: [{ role: 'user' as const, content }],
});

async function collect(
  stream: AsyncIterable<OpenAI.ChatCompletionChunk>,
): Promise<{ text: string; chunks: OpenAI.ChatCompletionChunk[] }> {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), chunks };
}

async function raw(body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${turnpike.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('an OpenAI client', () => {
  test('gets an answer under the public model name, with usage', async () => {
    const answer = await client.chat.completions.create({
      ...ask('plain', 'one two three'),
      temperature: 0.5,
      ...{ vendor_field: { deep: [1] } },
    });
    expect(answer.model).toBe('public-plain');
    expect(answer.choices[0]?.message.content).toContain('one two three');
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
    expect(upstream.requestsFor('plain').at(-1)?.body).toMatchObject({
      model: 'plain',
      temperature: 0.5,
      vendor_field: { deep: [1] },
    });
  });

  test('streams the same text as the upstream sent, and sees usage only when it asked', async () => {
    upstream.script('utf8', {
      kind: 'chat',
      content: 'Grüße 👋🏽 \u2028 世界',
      stream: { splitBytes: 3, comments: true, crlf: true },
    });
    const silent = await collect(await client.chat.completions.create({ ...ask('utf8'), stream: true }));
    expect(silent.text).toBe('Grüße 👋🏽 \u2028 世界');
    expect(
      silent.chunks.every((chunk) => chunk.model === 'public-utf8' && (chunk.usage ?? undefined) === undefined),
    ).toBe(true);
    const asked = await collect(
      await client.chat.completions.create({ ...ask('utf8'), stream: true, stream_options: { include_usage: true } }),
    );
    expect(asked.chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
    expect(asked.chunks.at(-1)?.choices).toEqual([]);
  });

  test('gets usage it asked for even when the upstream has none', async () => {
    upstream.script('usageless', {
      kind: 'chat',
      content: 'four words are here',
      usage: null,
      stream: { usage: 'never' },
    });
    const asked = await collect(
      await client.chat.completions.create({
        ...ask('usageless'),
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(asked.chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
    const whole = await client.chat.completions.create(ask('usageless'));
    expect(whole.usage?.completion_tokens).toBeGreaterThan(0);
  });

  test('calls tools, streamed and not', async () => {
    const toolCalls = [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Ulm"}' }];
    upstream.script('tools', { kind: 'chat', content: '', toolCalls, finishReason: 'tool_calls' });
    const tools = [
      {
        type: 'function' as const,
        function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
      },
    ];
    const whole = await client.chat.completions.create({ ...ask('tools'), tools, tool_choice: 'auto' });
    expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: 'call_1',
      function: { name: 'get_weather' },
    });
    const { chunks } = await collect(await client.chat.completions.create({ ...ask('tools'), tools, stream: true }));
    const pieces = chunks
      .flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
      .map((call) => call.function?.arguments ?? '');
    expect(pieces.join('')).toBe('{"city":"Ulm"}');
  });

  test('lists the models of its key and describes one', async () => {
    const listed = [];
    for await (const model of client.models.list()) listed.push(model.id);
    expect(listed).toContain('public-plain');
    expect((await client.models.retrieve('public-plain')).object).toBe('model');
  });

  test('gets the error class it knows', async () => {
    const bad = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: `${key.slice(0, -1)}!`, maxRetries: 0 });
    await expect(bad.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(client.chat.completions.create(ask('nowhere'))).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    await expect(
      client.chat.completions.create({ ...ask('plain'), max_completion_tokens: 5_000 }),
    ).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(client.chat.completions.create({ ...ask('plain'), messages: [] })).rejects.toMatchObject({
      status: 400,
      param: 'messages',
    });
    await expect(
      client.chat.completions.create({
        ...ask('plain'),
        model: 'turnpike-demo',
        response_format: { type: 'json_object' },
      }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('public-plain') as string });
  });

  test('that aborts stops the model within a second, and pays for what was delivered', async () => {
    upstream.script('long', {
      kind: 'chat',
      content: '',
      stream: { chunks: Array.from({ length: 400 }, (_, index) => `word${index} `), chunkDelayMs: 10 },
    });
    const { key: own, keyId } = await turnpike.createKey('wide');
    const aborting = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: own, maxRetries: 0 });
    const stream = await aborting.chat.completions.create({ ...ask('long'), stream: true });
    let seen = 0;
    for await (const chunk of stream) {
      seen += chunk.choices[0]?.delta.content === undefined ? 0 : 1;
      if (seen === 20) stream.controller.abort();
    }
    const leftAtMs = Date.now();
    await upstream.until(() => upstream.requestsFor('long').at(-1)?.aborted === true);
    expect((upstream.requestsFor('long').at(-1)?.abortedAtMs ?? Infinity) - leftAtMs).toBeLessThan(1_000);
    await expect
      .poll(async () => (await turnpike.usage(`key=${keyId}`))[0]?.completion_tokens ?? 0)
      .toBeGreaterThanOrEqual(20);
    expect((await turnpike.usage(`key=${keyId}`))[0]?.completion_tokens).toBeLessThan(400);
  });

  test('that retries gets through when the upstream recovers', async () => {
    upstream.script('busy', [
      { kind: 'status', status: 429, body: { error: { message: 'slow down' } }, headers: { 'retry-after': '1' } },
      { kind: 'chat', content: 'now' },
    ]);
    const retrying = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key, maxRetries: 2 });
    const answer = await retrying.chat.completions.create(ask('busy'));
    expect(answer.choices[0]?.message.content).toBe('now');
  });
});

describe('a client', () => {
  test('that leaves in a silence stops the model within a second', async () => {
    upstream.script('late', { kind: 'chat', content: '', stream: { chunks: ['a', 'b'], stallAfterChunks: 1 } });
    const leaving = new AbortController();
    const answer = await fetch(`${turnpike.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask('late'), stream: true }),
      signal: leaving.signal,
    });
    await answer.body?.getReader().read();
    const leftAtMs = Date.now();
    leaving.abort();
    await upstream.until(() => upstream.requestsFor('late').at(-1)?.aborted === true);
    expect((upstream.requestsFor('late').at(-1)?.abortedAtMs ?? Infinity) - leftAtMs).toBeLessThan(1_000);
  });

  test('that reads slowly gets every byte', async () => {
    const piece = 'abcdefghij'.repeat(2_000);
    upstream.script('beat', { kind: 'chat', content: '', stream: { chunks: [piece], repeat: 300 } });
    const answer = await raw({ ...ask('beat'), stream: true });
    const reader = answer.body?.getReader();
    if (reader === undefined) throw new Error('no body');
    const pieces: Uint8Array[] = [];
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      pieces.push(read.value as Uint8Array);
      if (pieces.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const text = Buffer.concat(pieces)
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => (JSON.parse(line.slice(6)) as OpenAI.ChatCompletionChunk).choices[0]?.delta.content ?? '')
      .join('');
    expect(text === piece.repeat(300)).toBe(true);
  });
});

describe('an upstream', () => {
  test('that dies in the middle is an error event and never a clean end', async () => {
    upstream.script('dies', { kind: 'chat', content: '', stream: { chunks: ['a', 'b', 'c', 'd'], dieAfterChunks: 2 } });
    const text = await (await raw({ ...ask('dies'), stream: true })).text();
    expect(text).toContain('"error":{');
    expect(text).not.toContain('[DONE]');
    await expect(client.chat.completions.create({ ...ask('dies'), stream: true }).then(collect)).rejects.toThrow();
  });

  test('that closes without a word about the end is an error too', async () => {
    upstream.script('nodone', {
      kind: 'chat',
      content: '',
      finishReason: 'stop',
      stream: { chunks: ['a', 'b'], endWithoutDone: true },
    });
    const text = await (await raw({ ...ask('nodone'), stream: true })).text();
    // It said why it finished, so the answer is whole: we close it properly.
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('that goes silent is cut off by the idle timeout', async () => {
    upstream.script('stall', { kind: 'chat', content: '', stream: { chunks: ['a', 'b', 'c'], stallAfterChunks: 1 } });
    const text = await (await raw({ ...ask('stall'), stream: true })).text();
    expect(text).toContain('UPSTREAM_TIMEOUT');
    expect(text).toContain(': keep-alive');
    expect(text).not.toContain('[DONE]');
  });

  test.each([
    ['auth', { kind: 'status', status: 401, body: { error: { message: 'bad key sk-secret' } } }, 502, 'UPSTREAM_AUTH'],
    ['busy', { kind: 'status', status: 503, body: {}, headers: { 'retry-after': '7' } }, 503, 'overloaded'],
    ['broken', { kind: 'status', status: 500, body: {} }, 502, 'UPSTREAM_ERROR'],
    ['html', { kind: 'malformed', body: '<html>' }, 502, 'UPSTREAM_ERROR'],
    ['refuse', { kind: 'refuse' }, 502, 'UPSTREAM_ERROR'],
  ] as const)('%s is told in our words', async (model, script, status, code) => {
    upstream.script(model, script);
    for (const stream of [false, true]) {
      const answer = await raw({ ...ask(model), stream });
      expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
        status,
        code,
      ]);
      if (code === 'overloaded') expect(answer.headers.get('retry-after')).toBe('7');
    }
    expect(turnpike.stdout()).not.toContain('client got sk-secret');
  });

  test('that never answers is given up after the first-byte timeout', async () => {
    upstream.script('silent', { kind: 'chat', content: 'x', delayMs: 20_000 });
    const answer = await raw(ask('silent'));
    expect(answer.status).toBe(504);
  });
});
