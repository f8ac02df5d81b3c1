import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { startFakeUpstream, type FakeUpstream } from '../../testing/fake-upstream.ts';
import { createGate } from '../../testing/gate.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import type { ChatAnswer, EventStream, Provider } from '../provider.ts';
import { createOpenAiProvider } from './openai-provider.ts';

let upstream: FakeUpstream;
let provider: Provider;
let abort: AbortController;
let nextModel = 0;
let model: string;

const connectTo = (baseUrl: string, change: { apiKey?: string; firstByteTimeoutMs?: number } = {}) =>
  createOpenAiProvider({
    name: 'fake',
    config: {
      kind: 'openai',
      base_url: baseUrl,
      api_key: change.apiKey ?? 'sk-upstream',
      headers: { 'x-team': 'a' },
      connections: 4,
    },
    clock: createManualClock(),
    connectTimeoutMs: 2_000,
    firstByteTimeoutMs: change.firstByteTimeoutMs ?? 10_000,
  });

beforeAll(async () => {
  upstream = await startFakeUpstream({ apiKey: 'sk-upstream', models: ['m1', 'm2'] });
});
afterAll(() => upstream.close());
beforeEach(() => {
  provider = connectTo(upstream.url);
  abort = new AbortController();
  nextModel += 1;
  model = `model-${String(nextModel)}`;
});
afterEach(() => provider.close());

const chat = (change: { stream?: boolean; using?: Provider } = {}): Promise<ChatAnswer> => {
  const stream = change.stream ?? false;
  const body = {
    model,
    messages: [{ role: 'user', content: 'hello there' }],
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
  };
  return (change.using ?? provider).chat({ body, stream, requestId: 'req_1', signal: abort.signal });
};
const refused = async (answer: Promise<unknown>): Promise<AppError> => {
  const error: unknown = await answer.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
};
const streamOf = async (answer: Promise<ChatAnswer>): Promise<EventStream> => {
  const given = await answer;
  if (given.kind !== 'stream') throw new Error('not a stream');
  return given.events;
};

interface Heard {
  readonly events: string[];
  flushes: number;
  /** `open`, `end` or the code of the error. */
  outcome: string;
  readonly over: Promise<void>;
  /** Resolves once so many events have come. */
  heard(count: number): Promise<void>;
}

function listen(events: EventStream): Heard {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let look: () => void = () => undefined;
  const heard: Heard = {
    events: [],
    flushes: 0,
    outcome: 'open',
    over: promise,
    heard: (count) =>
      new Promise((done) => {
        look = () => {
          if (heard.events.length >= count) done();
        };
        look();
      }),
  };
  const end = (outcome: string) => {
    expect(heard.outcome).toBe('open');
    heard.outcome = outcome;
    resolve(undefined);
  };
  events.start({
    onEvent: (data) => {
      heard.events.push(data);
      look();
    },
    onFlush: () => {
      heard.flushes += 1;
    },
    onEnd: () => {
      end('end');
    },
    onError: (error) => {
      end(error.code);
    },
  });
  return heard;
}

const contents = (events: readonly string[]) =>
  events
    .map((data) =>
      data === '[DONE]'
        ? ''
        : ((JSON.parse(data) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? ''),
    )
    .join('');

describe('an answer in one piece', () => {
  test('comes as the upstream gave it; the request went out as it was, with our credentials', async () => {
    const answer = await chat();
    expect(answer).toMatchObject({
      kind: 'json',
      body: {
        object: 'chat.completion',
        choices: [{ message: { content: 'You said: hello there' } }],
        system_fingerprint: 'fp_fake',
      },
    });
    const [request] = upstream.requestsFor(model);
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer sk-upstream',
      'x-team': 'a',
      'x-request-id': 'req_1',
      accept: 'application/json',
    });
  });

  test.each([
    ['broken JSON', '{"choices":'],
    ['HTML', '<html>Welcome</html>'],
    ['a list', '[]'],
    ['an error with status 200', '{"error":{"message":"no"}}'],
    ['nothing', ''],
  ])('that is %s is an error of the upstream', async (_what, body) => {
    upstream.script(model, { kind: 'malformed', body });
    for (const stream of [false, true]) expect((await refused(chat({ stream }))).code).toBe('UPSTREAM_ERROR');
  });

  test('that stops in the middle times out', async () => {
    const hanging = createServer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"cho'),
    );
    hanging.listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const address = hanging.address();
    const slow = connectTo(`http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}/v1`, {
      firstByteTimeoutMs: 100,
    });
    expect((await refused(chat({ using: slow }))).code).toBe('UPSTREAM_TIMEOUT');
    await slow.close();
    hanging.close();
  });
});

describe('a streamed answer', () => {
  test('gives every event and the end, with what arrived before anybody listened', async () => {
    upstream.script(model, { kind: 'chat', content: 'one two three', stream: { joinAll: true } });
    const events = await streamOf(chat({ stream: true }));
    await upstream.until(() => upstream.requestsFor(model)[0]?.finished === true);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    const heard = listen(events);
    await heard.over;
    expect(heard.outcome).toBe('end');
    expect(contents(heard.events)).toBe('one two three');
    expect(heard.events.at(-1)).toBe('[DONE]');
    expect(heard.flushes).toBeGreaterThan(0);
  });

  test.each([{ splitBytes: 1 }, { splitBytes: 7, crlf: true }, { comments: true }])(
    'is whole, cut as %j',
    async (stream) => {
      upstream.script(model, { kind: 'chat', content: 'Grüße 漢字 🎈 end', stream });
      const heard = listen(await streamOf(chat({ stream: true })));
      await heard.over;
      expect(contents(heard.events)).toBe('Grüße 漢字 🎈 end');
    },
  );

  test('that dies is told as an error, after what had come', async () => {
    upstream.script(model, { kind: 'chat', content: 'one two three', stream: { dieAfterChunks: 2 } });
    const heard = listen(await streamOf(chat({ stream: true })));
    await heard.over;
    expect(heard.outcome).toBe('UPSTREAM_ERROR');
    expect(contents(heard.events)).toBe('one two');
  });

  test('that is given up stops the upstream, and nothing more is heard', async () => {
    const gate = createGate();
    upstream.script(model, { kind: 'chat', content: 'one two three four', stream: { gate } });
    const events = await streamOf(chat({ stream: true }));
    const heard = listen(events);
    gate.release(1);
    await heard.heard(2);
    events.abort();
    events.abort();
    // A relay that has given up may still hear of its client: neither may do harm.
    events.pause();
    events.resume();
    await upstream.until(() => upstream.requestsFor(model)[0]?.aborted === true);
    expect(heard.outcome).toBe('open');
    expect(heard.events).toHaveLength(2);
  });

  test('waits while it is paused', async () => {
    upstream.script(model, { kind: 'chat', stream: { chunks: ['x'.repeat(1000)], repeat: 5_000 } });
    const events = await streamOf(chat({ stream: true }));
    const heard = listen(events);
    await heard.heard(10);
    events.pause();
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    const before = heard.events.length;
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(heard.events).toHaveLength(before);
    expect(upstream.requestsFor(model)[0]?.finished).toBe(false);
    events.resume();
    await heard.over;
    expect(contents(heard.events)).toHaveLength(5_000_000);
  });

  test('with an event without end is stopped', async () => {
    upstream.script(model, { kind: 'raw', bytes: `data: ${'x'.repeat(17 * 1024 * 1024)}` });
    const heard = listen(await streamOf(chat({ stream: true })));
    await heard.over;
    expect([heard.outcome, heard.events]).toEqual(['UPSTREAM_ERROR', []]);
  });
});

describe('a failure', () => {
  test.each([
    [400, 'UPSTREAM_REJECTED'],
    [401, 'UPSTREAM_AUTH'],
    [403, 'UPSTREAM_AUTH'],
    [404, 'UPSTREAM_ERROR'],
    [429, 'overloaded'],
    [500, 'UPSTREAM_ERROR'],
    [503, 'overloaded'],
  ])('of status %i is told as %s, streamed or not', async (status, code) => {
    upstream.script(model, { kind: 'status', status, headers: { 'retry-after': '9' } });
    for (const stream of [false, true]) {
      const error = await refused(chat({ stream }));
      expect([error.code, error.retryAfterSeconds]).toEqual([code, code === 'overloaded' ? 9 : undefined]);
    }
  });

  test('of our credentials is not the caller’s', async () => {
    const wrong = connectTo(upstream.url, { apiKey: 'sk-wrong' });
    const error = await refused(chat({ using: wrong }));
    expect(error.code).toBe('UPSTREAM_AUTH');
    expect(error.message).not.toContain('Incorrect');
    await wrong.close();
  });

  test('to connect is an error of the upstream', async () => {
    const nobody = createServer();
    nobody.listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const address = nobody.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => nobody.close(resolve));
    const gone = connectTo(`http://127.0.0.1:${String(port)}/v1`);
    expect((await refused(chat({ using: gone }))).code).toBe('UPSTREAM_ERROR');
    expect((await refused(gone.listModels(AbortSignal.timeout(1_000)))).code).toBe('UPSTREAM_ERROR');
    await gone.close();
  });

  test('to answer at all is a time-out, streamed or not', async () => {
    upstream.script(model, { kind: 'chat', holdBeforeHead: true, stream: { gate: createGate() } });
    const hasty = connectTo(upstream.url, { firstByteTimeoutMs: 50 });
    for (const stream of [false, true])
      expect((await refused(chat({ stream, using: hasty }))).code).toBe('UPSTREAM_TIMEOUT');
    await hasty.close();
  });

  test('of the connection before the head is an error of the upstream', async () => {
    upstream.script(model, { kind: 'refuse' });
    expect((await refused(chat())).code).toBe('UPSTREAM_ERROR');
    upstream.script(model, { kind: 'socket', bytes: 'SSH-2.0-nonsense\r\n' });
    expect((await refused(chat())).code).toBe('UPSTREAM_ERROR');
  });
});

describe('giving up', () => {
  test('before the head stops the upstream', async () => {
    upstream.script(model, { kind: 'chat', holdBeforeHead: true, stream: { gate: createGate() } });
    const answer = refused(chat({ stream: true }));
    await upstream.until(() => upstream.requestsFor(model).length === 1);
    abort.abort();
    await answer;
    await upstream.until(() => upstream.requestsFor(model)[0]?.aborted === true);
  });

  test('before the call sends nothing', async () => {
    abort.abort();
    await refused(chat());
    await refused(chat({ stream: true }));
    expect(upstream.requestsFor(model)).toEqual([]);
  });
});

test('models are listed by name', async () => {
  expect((await provider.listModels(AbortSignal.timeout(1_000))).slice(0, 2)).toEqual(['m1', 'm2']);
  const wrong = connectTo(upstream.url, { apiKey: 'sk-wrong' });
  expect((await refused(wrong.listModels(AbortSignal.timeout(1_000)))).code).toBe('UPSTREAM_AUTH');
  await wrong.close();
});
