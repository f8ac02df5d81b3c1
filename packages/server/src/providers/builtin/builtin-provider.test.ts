import { beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Passage } from '../../knowledge/passage.ts';
import { loadTokenizer } from '../../tokens/count-tokens.ts';
import type { ChatCall, EventStream, JsonObject, StreamSink } from '../provider.ts';
import { createBuiltinProvider } from './builtin-provider.ts';

const passage: Passage = {
  source: 'docs/a.md',
  anchor: 'b',
  title: 'B',
  headingPath: 'A',
  body: 'A key is **rotated** by a request.\n\nGrüße 👋🏽',
  language: 'en',
  score: 1,
};
const whole =
  'The documentation says under “A › B”:\n\nA key is **rotated** by a request.\n\nGrüße 👋🏽\n\nSources:\n- [A › B](docs/a.md#b)';

/** A clock that moves when told. */
function manualClock(): Clock & { tick(): void; readonly timers: number } {
  const tasks = new Set<() => void>();
  return {
    now: () => 1_700_000_000_000,
    every: (_intervalMs, task) => {
      tasks.add(task);
      return () => tasks.delete(task);
    },
    tick: () => {
      for (const task of [...tasks]) task();
    },
    get timers() {
      return tasks.size;
    },
  };
}

let clock = manualClock();
let asked: string[] = [];
const provider = (search: (query: string) => Promise<readonly Passage[]> = () => Promise.resolve([passage])) =>
  createBuiltinProvider({
    clock,
    search: (query) => {
      asked.push(query);
      return search(query);
    },
  });

beforeEach(() => {
  clock = manualClock();
  asked = [];
});

function call(body: JsonObject, extra: Partial<ChatCall> = {}): ChatCall {
  return {
    body: { model: 'turnpike-demo', messages: [{ role: 'user', content: 'How do I rotate a key?' }], ...body },
    stream: false,
    requestId: 'req_1',
    signal: new AbortController().signal,
    ...extra,
  };
}

async function json(body: JsonObject = {}): Promise<JsonObject> {
  const answer = await provider().chat(call(body));
  if (answer.kind !== 'json') throw new Error('expected json');
  return answer.body;
}

class Collector implements StreamSink {
  readonly events: string[] = [];
  flushes = 0;
  ended = false;
  onEach: (count: number) => void = () => undefined;
  onEvent(data: string): void {
    this.events.push(data);
    this.onEach(this.events.length);
  }
  onFlush(): void {
    this.flushes += 1;
  }
  onEnd(): void {
    this.ended = true;
  }
  onError(error: AppError): void {
    throw error;
  }
  text(index = 0): string {
    const chunks = this.events
      .filter((event) => event !== '[DONE]')
      .map((event) => JSON.parse(event) as { choices: { index: number; delta: { content?: string } }[] });
    return chunks
      .flatMap((chunk) => chunk.choices)
      .filter((choice) => choice.index === index)
      .map((choice) => choice.delta.content ?? '')
      .join('');
  }
}

async function stream(
  body: JsonObject = {},
  signal = new AbortController().signal,
): Promise<{ events: EventStream; sink: Collector }> {
  const answer = await provider().chat(call(body, { stream: true, signal }));
  if (answer.kind !== 'stream') throw new Error('expected a stream');
  return { events: answer.events, sink: new Collector() };
}

function finish(sink: Collector): void {
  for (let tick = 0; tick < 1_000 && !sink.ended; tick += 1) clock.tick();
}

describe('an answer in one piece', () => {
  test('is a chat.completion that says what the documentation says', async () => {
    const { count } = await loadTokenizer();
    expect(await json()).toMatchObject({
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'turnpike-demo',
      choices: [{ index: 0, message: { role: 'assistant', content: whole }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: count('How do I rotate a key?') + 7,
        completion_tokens: count(whole),
        total_tokens: count('How do I rotate a key?') + 7 + count(whole),
      },
    });
  });

  test('looks up the last message of the user, text parts joined', async () => {
    await json({
      messages: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'x' },
        {
          role: 'user',
          content: [{ type: 'text', text: 'second' }, { type: 'image_url' }, { type: 'text', text: 'part' }],
        },
        { role: 'assistant', content: 'y' },
      ],
    });
    expect(asked).toEqual(['second\npart']);
  });

  test.each([
    {},
    { messages: 5 },
    { messages: [null, 7, 'x'] },
    { messages: [{ role: 'user' }] },
    { messages: [{ role: 'user', content: [null, 3] }] },
    { n: 'x', stop: [1, null, ''], max_tokens: -1 },
  ])('takes any body: %j', async (body) => {
    expect(await json({ messages: [], ...body })).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  });

  test('max_tokens cuts it and says so', async () => {
    for (const limit of [{ max_tokens: 5 }, { max_completion_tokens: 5, max_tokens: 9 }]) {
      const body = await json(limit);
      expect(body).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 5 } });
      const [choice] = body['choices'] as { message: { content: string } }[];
      expect(whole.startsWith(choice?.message.content ?? '-')).toBe(true);
    }
    expect(await json({ max_tokens: 1_000 })).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  });

  test('stop ends it before the words', async () => {
    expect(await json({ stop: ['request', 'rotated'] })).toMatchObject({
      choices: [
        { message: { content: 'The documentation says under “A › B”:\n\nA key is **' }, finish_reason: 'stop' },
      ],
    });
  });

  test('n gives as many choices and counts them all', async () => {
    const { count } = await loadTokenizer();
    expect(await json({ n: 3 })).toMatchObject({
      choices: [{ index: 0 }, { index: 1 }, { index: 2 }],
      usage: { completion_tokens: 3 * count(whole) },
    });
  });

  test('a failed search is an error without the question in it', async () => {
    const failing = provider(() =>
      Promise.reject(new Error('Failed query … params: my secret question', { cause: new Error('syntax error') })),
    );
    const error = await failing.chat(call({})).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UPSTREAM_ERROR', cause: { message: 'syntax error' } });
    const down = provider(() => Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'gone')));
    await expect(down.chat(call({}))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});

describe('a streamed answer', () => {
  test('comes in pieces that join to the whole, closed by [DONE]', async () => {
    const { events, sink } = await stream();
    events.start(sink);
    finish(sink);
    expect(sink.text()).toBe(whole);
    expect(sink.events.at(-1)).toBe('[DONE]');
    expect(sink.events[0]).toContain('"delta":{"role":"assistant","content":""}');
    expect(sink.events.at(-2)).toContain('"finish_reason":"stop"');
    expect(sink.events.join('')).not.toContain('usage');
    expect([sink.ended, clock.timers]).toEqual([true, 0]);
    expect(sink.flushes).toBeGreaterThan(3);
  });

  test('brings usage last when asked, null before', async () => {
    const { count } = await loadTokenizer();
    const { events, sink } = await stream({ stream_options: { include_usage: true }, n: 2 });
    events.start(sink);
    finish(sink);
    expect(sink.text(1)).toBe(whole);
    expect(JSON.parse(sink.events.at(-2) ?? '')).toMatchObject({
      choices: [],
      usage: { completion_tokens: 2 * count(whole) },
    });
    expect(sink.events[0]).toContain('"usage":null');
  });

  test('waits while paused, from whatever moment, and goes on where it was', async () => {
    const { events, sink } = await stream();
    sink.onEach = (count) => {
      if (count % 3 === 0) events.pause();
    };
    events.start(sink);
    clock.tick();
    expect([sink.events.length, clock.timers]).toEqual([3, 0]);
    while (!sink.ended) {
      events.resume();
      events.resume();
      clock.tick();
    }
    expect(sink.text()).toBe(whole);
  });

  test('says nothing more after an abort, by call or by signal', async () => {
    for (const how of ['call', 'signal'] as const) {
      const controller = new AbortController();
      const { events, sink } = await stream({}, controller.signal);
      events.start(sink);
      const before = sink.events.length;
      if (how === 'call') events.abort();
      else controller.abort();
      clock.tick();
      events.resume();
      clock.tick();
      expect([sink.events.length, sink.ended, clock.timers]).toEqual([before, false, 0]);
    }
  });

  test('an abort before it began is an error nobody sees', async () => {
    await expect(stream({}, AbortSignal.abort())).rejects.toMatchObject({ code: 'UPSTREAM_ERROR' });
  });
});

test('lists its model', async () => {
  expect(await provider().listModels(new AbortController().signal)).toEqual([
    'turnpike-demo',
    'turnpike-demo-embedding',
  ]);
});
