import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';
const hermes = { targets: [{ upstream: 'fake', model: 'hermes' }] };
const question = [{ role: 'user', content: 'Hello' }];

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({
    env: { TURNPIKE_PRESET: 'spycore' },
    config: {
      upstreams: { fake: { kind: 'openai', base_url: upstream.url } },
      models: { hermes, pluto: { targets: [{ upstream: 'fake', model: 'pluto' }] } },
    },
  });
  ({ key } = await turnpike.createKey('pro'));
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

function post(
  path: string,
  body: object | string,
  headers: Record<string, string> = {},
  secret = key,
): Promise<Response> {
  return fetch(`${turnpike.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

test.each(['/v1', '/api/v1'])('a chat under %s has the shape its clients know', async (prefix) => {
  upstream.script('hermes', { kind: 'chat', content: 'Hi there', usage: { prompt_tokens: 28, completion_tokens: 12 } });
  const answer = await post(`${prefix}/chat`, {
    model: 'hermes',
    messages: question,
    temperature: 0.7,
    max_tokens: 1024,
  });
  expect(await answer.json()).toEqual({
    id: expect.stringMatching(/^chat_[0-9A-HJKMNP-TV-Z]{26}$/) as string,
    model: 'hermes',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi there' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 28, completion_tokens: 12, total_tokens: 40 },
  });
});

test.each(['/v1', '/api/v1'])(
  'a stream under %s can be read piece by piece, each piece whole frames',
  async (prefix) => {
    const words = Array.from({ length: 40 }, (_, index) => `ü${index} `);
    upstream.script('pluto', { kind: 'chat', content: '', stream: { chunks: words, splitBytes: 50 } });
    const answer = await post(`${prefix}/chat/stream`, { model: 'pluto', messages: question });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const decoder = new TextDecoder();
    let text = '';
    let isDone = false;
    for await (const piece of answer.body ?? []) {
      // A client that takes every piece it reads for whole frames must not stumble.
      for (const line of decoder
        .decode(piece as Uint8Array, { stream: true })
        .split('\n\n')
        .filter((part) => part !== '')) {
        expect(line.startsWith('data: ')).toBe(true);
        const payload = line.slice('data: '.length);
        if (payload === '[DONE]') isDone = true;
        else text += (JSON.parse(payload) as { delta: string }).delta;
      }
    }
    expect([text, isDone]).toEqual([words.join(''), true]);
  },
);

test('a client that parses all its buffer holds after every read, and keeps the rest, reads every word', async () => {
  const words = Array.from({ length: 200 }, (_, index) => `wörd${index} `);
  upstream.script('pluto', { kind: 'chat', content: '', stream: { chunks: words, joinAll: true } });
  const answer = await post('/v1/chat/stream', { model: 'pluto', messages: question });
  if (answer.body === null) throw new Error('no body');
  const reader: ReadableStreamDefaultReader<Uint8Array> = answer.body.getReader();
  const decoder = new TextDecoder();
  let held = '';
  let text = '';
  for (let isDone = false; !isDone;) {
    const { value, done } = await reader.read();
    expect(done).toBe(false);
    held += decoder.decode(value, { stream: true });
    const parts = held.split('\n\n');
    for (const part of parts) {
      if (!part.startsWith('data: ')) continue;
      const payload = part.slice(6).trim();
      if (payload === '[DONE]') isDone = true;
      else text += (JSON.parse(payload) as { delta?: string }).delta ?? '';
    }
    held = parts.at(-1) ?? '';
  }
  expect(text).toBe(words.join(''));
});

test('a keyed stream is given again, as any other surface’s', async () => {
  const send = () =>
    post('/v1/chat/stream', { model: 'pluto', messages: question }, { 'idempotency-key': 'spycore-again-1' });
  const before = upstream.requestsFor('pluto').length;
  const first = await (await send()).text();
  const again = await send();
  expect([again.headers.get('idempotency-replayed'), await again.text()]).toEqual(['true', first]);
  expect(upstream.requestsFor('pluto').length).toBe(before + 1);
});

test('usage is the running month by model, its total the sum', async () => {
  const own = await turnpike.createKey('pro');
  upstream.script('hermes', { kind: 'chat', content: 'x', usage: { prompt_tokens: 30, completion_tokens: 10 } });
  for (let index = 0; index < 2; index += 1)
    await post('/v1/chat', { model: 'hermes', messages: question }, {}, own.key);
  for (const path of ['/v1/usage', '/api/v1/usage']) {
    const answer = await fetch(`${turnpike.url}${path}`, { headers: { authorization: `Bearer ${own.key}` } });
    expect(await answer.json()).toEqual({
      period: new Date().toISOString().slice(0, 7),
      total_tokens: 80,
      by_model: { hermes: { prompt: 60, completion: 20 } },
    });
  }
});

test('errors have its codes and statuses, whatever went wrong', async () => {
  const failure = async (answer: Response) => {
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(Object.keys(error).sort()).toEqual(['code', 'message']);
    return [answer.status, error.code];
  };
  expect(await failure(await post('/v1/chat', '{'))).toEqual([400, 'bad_request']);
  expect(await failure(await post('/v1/chat', { model: 'hermes' }))).toEqual([400, 'bad_request']);
  expect(await failure(await post('/v1/chat', { model: 'zeus', messages: question }))).toEqual([400, 'bad_request']);
  expect(await failure(await post('/v1/chat', { model: 'hermes', messages: question }, {}, 'sk-wrong'))).toEqual([
    401,
    'unauthorized',
  ]);
  const limited = await turnpike.createKey('pro', { models: ['pluto'] });
  expect(await failure(await post('/v1/chat', { model: 'hermes', messages: question }, {}, limited.key))).toEqual([
    403,
    'forbidden',
  ]);
  upstream.script('hermes', { kind: 'status', status: 429, body: {} });
  expect(await failure(await post('/v1/chat', { model: 'hermes', messages: question }))).toEqual([503, 'overloaded']);
  upstream.script('hermes', { kind: 'status', status: 500, body: {} });
  expect(await failure(await post('/v1/chat', { model: 'hermes', messages: question }))).toEqual([500, 'server_error']);
  upstream.script('hermes', { kind: 'chat', content: '', stream: { chunks: ['a', 'b'], dieAfterChunks: 1 } });
  const broken = await (await post('/v1/chat/stream', { model: 'hermes', messages: question })).text();
  expect(broken).toContain('{"error":{"code":"server_error"');
  expect(broken).not.toContain('[DONE]');
});

test('the limit that was exceeded is named as its clients know it', async () => {
  upstream.script('hermes', { kind: 'chat', content: 'x' });
  const { key: free } = await turnpike.createKey('free');
  const minute = () => Math.floor(Date.now() / 60_000);
  const answers: Response[] = [];
  const begun = minute();
  while (answers.length < 40 && answers.at(-1)?.status !== 429)
    answers.push(await post('/v1/chat', { model: 'hermes', messages: question, max_tokens: 5 }, {}, free));
  if (minute() === begun) expect(answers).toHaveLength(21);
  expect(await answers.at(-1)?.json()).toEqual({
    error: { code: 'rate_limit', message: 'You exceeded 20 requests per minute.' },
  });
});
