import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamStep } from './answer-stream.ts';
import { ChatStream } from './chat-stream.ts';
import { eventFrame, frame } from './sse-frame.ts';

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const counted = { promptTokens: 7, completionTokens: 3, cachedTokens: 0, reasoningTokens: 0 };

function chunk(
  change: {
    content?: string | undefined;
    finish?: string | null;
    index?: number;
    choices?: unknown[];
    [field: string]: unknown;
  } = {},
): string {
  const { content, finish = null, index = 0, choices, ...fields } = change;
  return JSON.stringify({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'vendor/m-1',
    choices: choices ?? [{ index, delta: content === undefined ? {} : { content }, finish_reason: finish }],
    ...fields,
  });
}
const create = (includeUsage = false, publicModel = 'public') =>
  new ChatStream({ publicModel, includeUsage, encode: eventFrame, renderError: (error) => frame(error.code) });
const closingEvent = frame('[DONE]');
/** What the client gets of these events; `failed` marks an error. */
const textOf = (step: StreamStep): string => (step.kind === 'failed' ? `failed: ${step.error.code}` : step.text);
const run = (stream: ChatStream, events: readonly string[]) => events.map((data) => textOf(stream.onEvent(data)));
const dataOf = (text: string): Record<string, unknown> =>
  JSON.parse(text.slice('data: '.length)) as Record<string, unknown>;

describe('the model name', () => {
  test('is replaced in place; every other byte stays as it came', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(',"odd":1e-7', ',"big":12345678901234567890', ''),
        (content, odd) => {
          const data = chunk({ content }).replace(/\}$/, `${odd}}`);
          expect(textOf(create().onEvent(data))).toBe(
            `data: ${data.replace('"model":"vendor/m-1"', '"model":"public"')}\n\n`,
          );
        },
      ),
    );
  });

  test('in the text of the answer is left alone', () => {
    const content = 'say "model":"vendor/m-1" twice';
    expect(dataOf(textOf(create().onEvent(chunk({ content }))))).toMatchObject({
      model: 'public',
      choices: [{ delta: { content } }],
    });
  });

  test('is found in any spelling of the JSON, and beside another one of the same name', () => {
    const spaced = JSON.stringify(JSON.parse(chunk({ content: 'x' })), null, 1).replaceAll('\n', '');
    const nested = chunk({ content: 'x', route: { model: 'vendor/m-1' } });
    for (const data of [spaced, nested, chunk({ content: 'x' }).replace('vendor/', 'vendor\\/')]) {
      expect(dataOf(textOf(create().onEvent(data)))).toEqual({ ...(JSON.parse(data) as object), model: 'public' });
    }
  });

  test('is added where the upstream names none', () => {
    expect(dataOf(textOf(create().onEvent(chunk({ model: undefined }))))['model']).toBe('public');
  });

  test('may hold what a replacement string would take for a pattern', () => {
    const stream = create(false, "a$&$'b");
    expect(dataOf(textOf(stream.onEvent(chunk())))['model']).toBe("a$&$'b");
  });
});

describe('usage', () => {
  test('in an event of its own is kept from a client that did not ask', () => {
    const stream = create();
    const sent = run(stream, [
      chunk({ content: 'a', usage: null }),
      chunk({ finish: 'stop', usage: null }),
      chunk({ choices: [], usage }),
      '[DONE]',
    ]);
    expect(sent.join('')).not.toContain('usage');
    expect(stream.usage).toEqual(counted);
    expect(stream.closing(counted)).toBe(closingEvent);
  });

  test('in an event of its own goes, held to the end, to a client that asked', () => {
    const stream = create(true);
    const [, , held, done] = run(stream, [
      chunk({ content: 'a', usage: null }),
      chunk({ finish: 'stop', usage: null }),
      chunk({ choices: [], usage }),
      '[DONE]',
    ]);
    expect(held).toBe('');
    expect(dataOf(done ?? '')).toMatchObject({ choices: [], usage, model: 'public' });
    expect(stream.closing(counted)).toBe(closingEvent);
  });

  test.each([true, false])('on the last chunk is held with it (asked for: %s)', (asked) => {
    const stream = create(asked);
    const [, held, done] = run(stream, [chunk({ content: 'a' }), chunk({ finish: 'stop', usage }), '[DONE]']);
    expect(held).toBe('');
    expect(dataOf(done ?? '')).toMatchObject({ choices: [{ finish_reason: 'stop' }], ...(asked ? { usage } : {}) });
    expect('usage' in dataOf(done ?? '')).toBe(asked);
    expect(stream.usage).toEqual(counted);
  });

  test('on every chunk does not hold the answer up, also with several choices', () => {
    const stream = create(true);
    const sent = run(stream, [
      chunk({ content: 'a', index: 0, usage }),
      chunk({ content: 'b', index: 1, usage }),
      chunk({ finish: 'stop', index: 0, usage }),
      chunk({ content: 'c', index: 1, usage }),
      chunk({ content: 'd', index: 1, usage }),
    ]);
    expect(sent.every((text) => text !== '')).toBe(true);
    expect(textOf(stream.onEvent(chunk({ finish: 'stop', index: 1, usage })))).toBe('');
  });

  test('without a list of choices is counted, and shown with one', () => {
    const stream = create(true);
    run(stream, [chunk({ content: 'a' }), chunk({ finish: 'stop' })]);
    expect(textOf(stream.onEvent(JSON.stringify({ id: 'c1', usage })))).toBe('');
    expect(stream.usage).toEqual(counted);
    expect(dataOf(textOf(stream.onEvent('[DONE]')))).toMatchObject({ choices: [], usage });
  });

  test('that never came is told from our count to a client that asked', () => {
    const stream = create(true);
    run(stream, [chunk({ content: 'a' }), chunk({ finish: 'stop' }), '[DONE]']);
    expect(stream.usage).toBeUndefined();
    expect(dataOf(stream.closing(counted).replace(closingEvent, ''))).toEqual({
      id: 'c1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'public',
      choices: [],
      usage,
    });
  });
});

describe('the end', () => {
  test('is [DONE], and a stream that closes after its last choice has finished', () => {
    const stream = create();
    run(stream, [chunk({ content: 'a' }), chunk({ finish: 'stop' })]);
    expect(stream.onEnd().kind).toBe('complete');
    expect(create().onEvent('[DONE]').kind).toBe('complete');
  });

  test.each([
    ['nothing', []],
    ['text only', [chunk({ content: 'a' })]],
    [
      'one of two choices finished',
      [chunk({ content: 'a', index: 0 }), chunk({ content: 'a', index: 1 }), chunk({ finish: 'stop', index: 0 })],
    ],
  ])('without [DONE] after %s is a failure', (_what, events) => {
    const stream = create();
    run(stream, events);
    expect(textOf(stream.onEnd())).toBe('failed: UPSTREAM_ERROR');
  });

  test('holds nothing back: what was held goes before it', () => {
    const stream = create(true);
    run(stream, [chunk({ finish: 'stop', usage })]);
    expect(textOf(stream.onEnd())).toContain('"usage"');
    expect(textOf(stream.onEnd())).toBe('');
  });
});

describe('an event', () => {
  test('of an error fails the stream and tells the client nothing of its text', () => {
    const step = create().onEvent('{"error":{"message":"secret path /srv/model"}}');
    if (step.kind !== 'failed') throw new Error('it did not fail');
    expect(step.error.code).toBe('UPSTREAM_ERROR');
    expect(step.error.message).not.toContain('secret');
    expect(String(step.error.cause)).not.toContain('secret path');
  });

  test('that is no JSON fails the stream', () => {
    expect(textOf(create().onEvent('{"choices":[{'))).toBe('failed: UPSTREAM_ERROR');
  });

  test.each(['', ' ', '{}', 'null', '5', '[]', '"text"', '{"error":null}', '{"choices":null}'])(
    '%j says nothing',
    (data) => {
      expect(create().onEvent(data)).toEqual({ kind: 'forward', text: '' });
    },
  );

  test('of any JSON never throws', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.record({
        choices: fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record({ delta: fc.oneof(fc.jsonValue(), fc.record({ tool_calls: fc.jsonValue() })) }),
          ),
        ),
        usage: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(odd, fc.boolean(), (value, asked) => {
        const stream = create(asked);
        expect(['forward', 'failed']).toContain(stream.onEvent(JSON.stringify(value)).kind);
      }),
    );
  });
});

test('text of every kind is taken for counting, once', () => {
  const stream = create();
  const call = { function: { name: 'weather', arguments: '{"city"' } };
  run(stream, [
    chunk({ content: 'text ' }),
    chunk({
      choices: [{ index: 0, delta: { reasoning_content: 'thought ', refusal: 'no ', tool_calls: [call, null] } }, null],
    }),
  ]);
  expect(stream.uncountedLength).toBe(30);
  expect(stream.takeUncounted()).toBe('text thought no weather{"city"');
  expect(stream.takeUncounted()).toBe('');
});
