import { createHash } from 'node:crypto';
import { request } from 'node:http';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { createGate } from '../packages/server/src/testing/gate.ts';
import { ask, contentOf, dataOf, outcome, postChat } from './chat-calls.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const models = ['text', 'raw', 'fail', 'quiet', 'gone', 'large', 'first', 'second'];
let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const base = upstreamConfig(upstream.url, models) as { models: Record<string, object> };
  turnpike = await startTurnpike({
    config: {
      ...base,
      models: {
        ...base.models,
        'public-pair': {
          ...base.models['public-first'],
          targets: [
            { upstream: 'fake', model: 'first' },
            { upstream: 'fake', model: 'second' },
          ],
        },
      },
      relay: {
        idle_timeout_ms: 1_500,
        first_byte_timeout_ms: 1_500,
        heartbeat_ms: 200,
        client_stall_timeout_ms: 3_000,
      },
    },
  });
  ({ key } = await turnpike.createKey('wide'));
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

const stream = (model: string) => postChat(turnpike.url, key, ask(model, { stream: true }));
const streamText = async (model: string) => (await stream(model)).text();
const chunk = (content: string, finish: string | null = null) =>
  JSON.stringify({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'raw',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  });
/** Ends in an error event and never in `[DONE]`; the official client throws. */
async function expectBroken(model: string): Promise<string> {
  const text = await streamText(model);
  const last = JSON.parse(dataOf(text).at(-1) ?? 'null') as { error?: { message?: string; code?: string } } | null;
  expect(last?.error?.message).toEqual(expect.any(String));
  expect(text).not.toContain('[DONE]');
  const client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key, maxRetries: 0 });
  const read = async () => {
    const answer = await client.chat.completions.create({
      model: `public-${model}`,
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    for await (const _chunk of answer);
  };
  await expect(read()).rejects.toThrow();
  return text;
}

describe('text arrives whole', () => {
  const content = 'a👋🏽ß\u2028世界 "quoted" \\ back\tslash\n\nand e\u0301 👨‍👩‍👧‍👦 end';

  test.each([1, 2, 3, 4, 5, 7, 13])('in pieces of %i bytes', async (splitBytes) => {
    upstream.script('text', { kind: 'chat', content, stream: { chunks: [...content], splitBytes, comments: true } });
    const text = await streamText('text');
    expect(contentOf(text)).toBe(content);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test.each([
    ['CR LF', { crlf: true }],
    ['CR LF in single bytes', { crlf: true, splitBytes: 1 }],
    ['one write', { joinAll: true }],
    ['comments', { comments: true }],
  ])('with %s', async (_what, how) => {
    upstream.script('text', { kind: 'chat', content, stream: how });
    expect(contentOf(await streamText('text'))).toBe(content);
  });

  test.each([
    ['no space after the colon', (data: string) => `data:${data}\n\n`],
    ['named events with ids', (data: string) => `event: message\nid: 7\nretry: 10\ndata: ${data}\n\n`],
    ['CR line ends', (data: string) => `data: ${data}\r\r`],
    ['data over two lines', (data: string) => `data: ${data.replace('{', '{\ndata: ')}\n\n`],
  ])('with %s', async (_what, event) => {
    const bytes = [chunk('grü'), chunk('ße'), chunk('', 'stop'), '[DONE]'].map(event).join('');
    for (const splitBytes of [1, Infinity]) {
      upstream.script('raw', { kind: 'raw', bytes, ...(splitBytes === 1 ? { splitBytes } : {}) });
      const text = await streamText('raw');
      expect(contentOf(text)).toBe('grüße');
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    }
  });

  test('with a byte order mark before it', async () => {
    upstream.script('raw', { kind: 'raw', bytes: `\uFEFFdata: ${chunk('x', 'stop')}\n\ndata: [DONE]\n\n` });
    expect(contentOf(await streamText('raw'))).toBe('x');
  });

  test('to a client that reads slowly, and the model waits for it', async () => {
    const piece = 'abcdefghij'.repeat(2_000);
    upstream.script('large', { kind: 'chat', content: '', stream: { chunks: [piece], repeat: 600 } });
    const hash = createHash('sha256');
    const answer = await stream('large');
    const reader = answer.body?.getReader();
    if (reader === undefined) throw new Error('no body');
    const decoder = new TextDecoder();
    let rest = '';
    for (let reads = 0; ; reads += 1) {
      const { done, value } = await reader.read();
      if (done) break;
      rest += decoder.decode(value, { stream: true });
      const end = rest.lastIndexOf('\n\n') + 2;
      hash.update(contentOf(rest.slice(0, end)));
      rest = rest.slice(end);
      if (reads % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(hash.digest('hex')).toBe(createHash('sha256').update(piece.repeat(600)).digest('hex'));
  });
});

describe('silence', () => {
  test('is filled with comments, and what comes after it is whole', async () => {
    const gate = createGate();
    upstream.script('quiet', {
      kind: 'chat',
      content: '',
      stream: { chunks: ['one ', 'two'], stallAfterChunks: 1, gate },
    });
    gate.release(1);
    const answer = await stream('quiet');
    let text = '';
    for await (const part of answer.body ?? []) {
      text += Buffer.from(part).toString();
      if (text.split(': keep-alive\n\n').length === 3) gate.open();
    }
    expect(contentOf(text)).toBe('one two');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test.each([false, true])('before the head ends in 504, stream: %s', async (isStream) => {
    upstream.script('quiet', { kind: 'chat', holdBeforeHead: true, stream: { gate: createGate() } });
    const answer = await postChat(turnpike.url, key, ask('quiet', { stream: isStream }));
    expect(await outcome(answer)).toEqual([504, 'UPSTREAM_TIMEOUT']);
    await upstream.until(() => upstream.requestsFor('quiet').at(-1)?.aborted === true);
  });

  test('after the head and before the first word is timed out too', async () => {
    upstream.script('quiet', {
      kind: 'chat',
      content: '',
      stream: { chunks: ['a'], stallAfterChunks: 0, gate: createGate() },
    });
    const text = await expectBroken('quiet');
    expect(text).toContain('UPSTREAM_TIMEOUT');
  });
});

describe('a model that breaks off', () => {
  test.each([0, 1, 2])('after %i words', async (dieAfterChunks) => {
    upstream.script('fail', { kind: 'chat', content: '', stream: { chunks: ['a', 'b', 'c'], dieAfterChunks } });
    await expectBroken('fail');
  });

  test('with an error event', async () => {
    upstream.script('fail', {
      kind: 'chat',
      content: '',
      stream: { chunks: ['a', 'b', 'c'], errorEventAfterChunks: 2 },
    });
    expect(contentOf((await expectBroken('fail')).split('data: {"error"')[0] ?? '')).toBe('ab');
  });

  test('cleanly, but without a finish reason and [DONE]', async () => {
    upstream.script('raw', { kind: 'raw', bytes: `data: ${chunk('half of it')}\n\n` });
    await expectBroken('raw');
  });

  test('with an event that is no JSON', async () => {
    upstream.script('raw', { kind: 'raw', bytes: `data: ${chunk('x')}\n\ndata: {"choi\n\ndata: [DONE]\n\n` });
    await expectBroken('raw');
  });

  test('before its first event is a real status, not an empty success', async () => {
    for (const bytes of ['', ': hello\n\n', 'data: {"error":{"message":"no"}}\n\n']) {
      upstream.script('raw', { kind: 'raw', bytes });
      expect(await outcome(await stream('raw'))).toEqual([502, 'UPSTREAM_ERROR']);
    }
  });

  test('is not asked again once a word was sent; before that another target is', async () => {
    upstream.script('first', { kind: 'chat', content: '', stream: { chunks: ['a', 'b'], dieAfterChunks: 1 } });
    upstream.script('second', { kind: 'chat', content: 'from the second' });
    await streamText('pair');
    expect([upstream.requestsFor('first').length, upstream.requestsFor('second').length]).toEqual([1, 0]);
    upstream.script('first', { kind: 'status', status: 500 });
    expect(contentOf(await streamText('pair'))).toBe('from the second');
    expect([upstream.requestsFor('first').length, upstream.requestsFor('second').length]).toEqual([2, 1]);
  });

  test('is billed for what was delivered, one that fails before is not', async () => {
    const { key: own, keyId } = await turnpike.createKey('wide');
    upstream.script('fail', {
      kind: 'chat',
      content: '',
      stream: { chunks: ['one ', 'two ', 'three'], dieAfterChunks: 2 },
    });
    await (await postChat(turnpike.url, own, ask('fail', { stream: true }))).text();
    const [delivered] = await turnpike.usage(`key=${keyId}`);
    expect(delivered).toMatchObject({ requests: 1, errors: 1 });
    expect(delivered?.prompt_tokens).toBeGreaterThan(0);
    expect(delivered?.completion_tokens).toBeGreaterThan(0);
    upstream.script('fail', { kind: 'status', status: 500 });
    await postChat(turnpike.url, own, ask('fail', { stream: true }));
    const [after] = await turnpike.usage(`key=${keyId}`);
    expect(after).toMatchObject({ requests: 2, errors: 2, total_tokens: delivered?.total_tokens });
  });
});

describe('an answer that is none', () => {
  test.each([
    [
      '403',
      { kind: 'status', status: 403, body: { error: { message: 'key sk-up-1234 is bad' } } },
      502,
      'UPSTREAM_AUTH',
    ],
    ['404', { kind: 'status', status: 404 }, 502, 'UPSTREAM_ERROR'],
    [
      'a redirect',
      { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      502,
      'UPSTREAM_ERROR',
    ],
    ['429 without Retry-After', { kind: 'status', status: 429 }, 503, 'overloaded'],
    ['400', { kind: 'status', status: 400, body: { error: { message: 'too spicy' } } }, 400, 'UPSTREAM_REJECTED'],
    ['half a JSON', { kind: 'malformed', body: '{"choices":[' }, 502, 'UPSTREAM_ERROR'],
    ['a JSON that is no chat', { kind: 'malformed', body: '[1]' }, 502, 'UPSTREAM_ERROR'],
    ['nothing', { kind: 'malformed', body: '' }, 502, 'UPSTREAM_ERROR'],
    ['no HTTP', { kind: 'socket', bytes: 'SSH-2.0-OpenSSH_9.2\r\n' }, 502, 'UPSTREAM_ERROR'],
    [
      'a body shorter than it said',
      { kind: 'socket', bytes: 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{' },
      502,
      'UPSTREAM_ERROR',
    ],
  ] as const)('%s', async (_what, script, status, code) => {
    upstream.script('fail', script);
    for (const isStream of [false, true]) {
      const answer = await postChat(turnpike.url, key, ask('fail', { stream: isStream }));
      const text = await answer.clone().text();
      expect(await outcome(answer)).toEqual([status, code]);
      expect(text).not.toContain('sk-up-1234');
      if (status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      if (status === 400) expect(text).toContain('too spicy');
    }
    expect((await postChat(turnpike.url, key, ask('text'))).status).toBe(200);
  });

  test('Retry-After as a date is passed on in seconds', async () => {
    const date = new Date(Date.now() + 30_000).toUTCString();
    upstream.script('fail', { kind: 'status', status: 503, body: {}, headers: { 'retry-after': date } });
    const answer = await stream('fail');
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(30);
  });
});

describe('a client that is gone', () => {
  test.each([
    ['before the head', true, { kind: 'chat', holdBeforeHead: true, stream: { gate: createGate() } }],
    ['before an unstreamed answer', false, { kind: 'chat', holdBeforeHead: true, stream: { gate: createGate() } }],
    [
      'in a silence',
      true,
      { kind: 'chat', content: '', stream: { chunks: ['a', 'b'], stallAfterChunks: 1, gate: createGate() } },
    ],
  ] as const)('%s stops the model within a second', async (_what, isStream, script) => {
    upstream.script('gone', script);
    const before = upstream.requestsFor('gone').length;
    const leaving = new AbortController();
    const answer = postChat(turnpike.url, key, ask('gone', { stream: isStream }), { signal: leaving.signal });
    const read = answer.then((response) => response.text()).catch(() => undefined);
    await upstream.until(() => upstream.requestsFor('gone').length > before);
    if (_what === 'in a silence') await upstream.until(() => upstream.requestsFor('gone').at(-1)?.chunksSent === 1);
    leaving.abort();
    const leftAtMs = Date.now();
    await read;
    await upstream.until(() => upstream.requestsFor('gone').at(-1)?.aborted === true);
    expect((upstream.requestsFor('gone').at(-1)?.abortedAtMs ?? Infinity) - leftAtMs).toBeLessThan(1_000);
  });

  test('in spirit, because it reads nothing, is cut off in the end', async () => {
    const piece = 'x'.repeat(20_000);
    upstream.script('large', { kind: 'chat', content: '', stream: { chunks: [piece], repeat: 5_000 } });
    const client = request(`${turnpike.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    client.on('response', (response) => response.pause());
    client.on('error', () => undefined);
    client.end(JSON.stringify(ask('large', { stream: true })));
    await upstream.until(() => upstream.requestsFor('large').at(-1)?.aborted === true);
    expect(upstream.requestsFor('large').at(-1)?.chunksSent).toBeLessThan(5_000);
    client.destroy();
  });
});
