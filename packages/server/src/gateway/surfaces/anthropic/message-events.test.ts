import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../providers/provider.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { ChunkChoice } from '../../dialect.ts';
import { chatToMessage } from './chat-to-message.ts';
import { MessageEvents } from './message-events.ts';

const context = { nowMs: 1_768_478_400_000, stopSequences: ['###'] };
const tokens = { promptTokens: 36, completionTokens: 87, cachedTokens: 12, reasoningTokens: 0 };

type Delta = NonNullable<ChunkChoice['delta']>;

function stream(deltas: readonly Delta[], end: JsonObject = { finish_reason: 'stop' }): VersionedEvent[] {
  const dialect = new MessageEvents({ ...context, model: 'large', promptTokens: 30 });
  const events = [...dialect.onChunk({}, [{ index: 0, delta: { role: 'assistant', content: '' } }])];
  for (const delta of deltas) events.push(...dialect.onChunk({}, [{ index: 0, delta, finish_reason: null }]));
  events.push(...dialect.onChunk({}, [{ index: 0, delta: {}, ...end }]), ...dialect.finish(tokens));
  return events;
}

/** A short form: the kind of event, its block, and what it says. */
function told(events: readonly VersionedEvent[]): string[] {
  return events.map(({ name, data }) => {
    const event = JSON.parse(data) as { index?: number; delta?: JsonObject; content_block?: JsonObject };
    const { text, thinking, partial_json: json } = event.delta ?? {};
    const what = [event.index, event.content_block?.['type'], text ?? thinking ?? json].filter(
      (part) => part !== undefined,
    );
    return [name, ...what.map(String)].join(' ');
  });
}

/** What Anthropic's own client makes of the events. */
async function accumulated(events: readonly VersionedEvent[]) {
  const lines = events.map(({ data }) => `${data}\n`).join('');
  const message = await MessageStream.fromReadableStream(new Response(lines).body as ReadableStream).finalMessage();
  return JSON.parse(JSON.stringify(message)) as JsonObject;
}

function call(index: number, id: string | undefined, text: string) {
  const named = id === undefined ? {} : { id, type: 'function' };
  const fn = id === undefined ? { arguments: text } : { name: `do_${id}`, arguments: text };
  return { index, ...named, function: fn };
}

describe('chunks as the events of a message', () => {
  test('thinking, text and a tool call, in the documented order', () => {
    const events = stream(
      [
        { reasoning_content: 'Hm.' },
        { content: 'Let me ' },
        { content: 'look.' },
        { tool_calls: [call(0, 'a', '')] },
        { tool_calls: [call(0, undefined, '{"city":')] },
        { tool_calls: [call(0, undefined, '"Hamburg"}')] },
      ],
      { finish_reason: 'tool_calls' },
    );
    expect(told(events)).toEqual([
      'message_start',
      'content_block_start 0 thinking',
      'content_block_delta 0 Hm.',
      'content_block_stop 0',
      'content_block_start 1 text',
      'content_block_delta 1 Let me ',
      'content_block_delta 1 look.',
      'content_block_stop 1',
      'content_block_start 2 tool_use',
      'content_block_delta 2 {"city":',
      'content_block_delta 2 "Hamburg"}',
      'content_block_stop 2',
      'message_delta',
      'message_stop',
    ]);
    expect(events.map(({ data }) => (JSON.parse(data) as { type: string }).type)).toEqual(
      events.map(({ name }) => name),
    );
  });

  test('the count of the end is told in message_delta, the estimate in message_start', () => {
    const events = stream([{ content: 'x' }]);
    expect(JSON.parse(events[0]?.data ?? '')).toMatchObject({
      message: { model: 'large', content: [], stop_reason: null, usage: { input_tokens: 30, output_tokens: 0 } },
    });
    expect(JSON.parse(events.at(-2)?.data ?? '')).toEqual({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: {
        input_tokens: 24,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 12,
        output_tokens: 87,
      },
    });
  });

  test('an empty answer is a message without blocks', () => {
    expect(told(stream([]))).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  test('mixed pieces of parallel calls come out one block after the other', () => {
    const events = stream([
      { tool_calls: [call(0, 'a', '{"x"'), call(1, 'b', '{"y"')] },
      { tool_calls: [call(1, undefined, ':2}')] },
      { tool_calls: [call(0, undefined, ':1}')] },
    ]);
    expect(told(events).slice(1, -2)).toEqual([
      'content_block_start 0 tool_use',
      'content_block_delta 0 {"x"',
      'content_block_delta 0 :1}',
      'content_block_stop 0',
      'content_block_start 1 tool_use',
      'content_block_delta 1 {"y":2}',
      'content_block_stop 1',
    ]);
  });

  test('a call that is whole does not hold up the next one', () => {
    const dialect = new MessageEvents({ ...context, model: 'm', promptTokens: 1 });
    const give = (...calls: ReturnType<typeof call>[]) =>
      told(dialect.onChunk({}, [{ index: 0, delta: { tool_calls: calls } }]));
    give(call(0, 'a', '{"x":"}\\"{"}'));
    expect(give(call(1, 'b', '{"y"'))).toEqual([
      'content_block_stop 0',
      'content_block_start 1 tool_use',
      'content_block_delta 1 {"y"',
    ]);
  });

  test('calls that all have index 0 are told apart by their ids', async () => {
    const message = await accumulated(
      stream([{ tool_calls: [call(0, 'a', '{"x":1}')] }, { tool_calls: [call(0, 'b', '{}')] }]),
    );
    expect(message['content']).toMatchObject([
      { id: 'a', input: { x: 1 } },
      { id: 'b', input: {} },
    ]);
  });

  test('a call that never becomes whole is closed at the end', () => {
    const events = told(
      stream([{ tool_calls: [call(0, 'a', '{"x"')] }, { content: 'so' }], { finish_reason: 'length' }),
    );
    expect(events.slice(-6)).toEqual([
      'content_block_stop 0',
      'content_block_start 1 text',
      'content_block_delta 1 so',
      'content_block_stop 1',
      'message_delta',
      'message_stop',
    ]);
  });

  test('what a lying upstream puts into its lists is passed over', () => {
    const dialect = new MessageEvents({ ...context, model: 'm', promptTokens: 1 });
    const choices = [
      null,
      7,
      { index: 1, delta: { content: 'other' } },
      { delta: null },
      { delta: { tool_calls: [null] } },
    ];
    expect(told(dialect.onChunk({}, choices as unknown as ChunkChoice[]))).toEqual(['message_start']);
  });
});

describe('however an answer is cut', () => {
  /** Cuts a text at arbitrary places. */
  const cut = (text: string, places: readonly number[]) => {
    const at = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((left, right) => left - right);
    return [...at, text.length].map((end, index) => text.slice(at[index - 1] ?? 0, end));
  };
  const written = fc.string({ unit: 'grapheme', maxLength: 30 });
  const input = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
  const answer = fc.record({
    thinking: written,
    text: written,
    inputs: fc.array(input, { maxLength: 3 }),
    places: fc.array(fc.nat(60), { maxLength: 6 }),
    /** Which call goes on next, of those that are not over. */
    turns: fc.array(fc.nat(9), { maxLength: 40 }),
  });

  interface Written {
    readonly inputs: readonly JsonObject[];
    readonly places: readonly number[];
    readonly turns: readonly number[];
  }

  /** The pieces of all calls, mixed; the beginnings are in order, as OpenAI has them. */
  function callDeltas({ inputs, places, turns }: Written): Delta[] {
    const left = inputs.map((value, index) =>
      cut(JSON.stringify(value), places).map((piece, position) =>
        call(index, position === 0 ? `call${index}` : undefined, piece),
      ),
    );
    const deltas: Delta[] = [];
    for (const [index, pieces] of left.entries()) {
      const [first] = pieces.splice(0, 1);
      if (first !== undefined) deltas.push({ tool_calls: [first] });
      // Some of the earlier calls go on before the next one begins.
      const turn = turns[index] ?? 0;
      const earlier = left[turn % (index + 1)]?.shift();
      if (earlier !== undefined) deltas.push({ tool_calls: [earlier] });
    }
    for (const turn of turns) {
      const open = left.filter((pieces) => pieces.length > 0);
      const next = open[turn % Math.max(1, open.length)]?.shift();
      if (next !== undefined) deltas.push({ tool_calls: [next] });
    }
    for (const pieces of left) for (const piece of pieces) deltas.push({ tool_calls: [piece] });
    return deltas;
  }

  test('Anthropic’s client puts the same message together as the whole answer is', async () => {
    await fc.assert(
      fc.asyncProperty(answer, async ({ thinking, text, inputs, places, turns }) => {
        const whole = JSON.parse(
          JSON.stringify(
            chatToMessage(
              {
                model: 'large',
                choices: [
                  {
                    finish_reason: inputs.length > 0 ? 'tool_calls' : 'stop',
                    message: {
                      reasoning_content: thinking,
                      content: text,
                      tool_calls: inputs.map((value, index) => ({
                        id: `call${index}`,
                        function: { name: `do_call${index}`, arguments: JSON.stringify(value) },
                      })),
                    },
                  },
                ],
                usage: { prompt_tokens: 36, completion_tokens: 87, prompt_tokens_details: { cached_tokens: 12 } },
              },
              context,
            ),
          ),
        ) as JsonObject;
        const events = stream(
          [
            ...cut(thinking, places).map((piece) => ({ reasoning_content: piece })),
            ...cut(text, places).map((piece) => ({ content: piece })),
            ...callDeltas({ inputs, places, turns }),
          ],
          { finish_reason: inputs.length > 0 ? 'tool_calls' : 'stop' },
        );
        const { id, content, usage, stop_reason: reason, model } = await accumulated(events);
        expect(id).toMatch(/^msg_/);
        expect({ content, usage, reason, model }).toEqual({
          content: whole['content'],
          usage: whole['usage'],
          reason: whole['stop_reason'],
          model: whole['model'],
        });
      }),
      { numRuns: 200 },
    );
  });
});
