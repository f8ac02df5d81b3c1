import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderAnthropicEvents, renderAnthropicJson } from '../../testing/fake-anthropic.ts';
import { renderJson, type ChatScript } from '../../testing/fake-upstream-script.ts';
import { chunksIn } from '../../testing/hear-stream.ts';
import type { JsonObject } from '../provider.ts';
import answer from './fixtures/answer-tools.json' with { type: 'json' };
import errors from './fixtures/errors.json' with { type: 'json' };
import stream from './fixtures/stream-tools.json' with { type: 'json' };
import { fromMessage } from './from-message.ts';
import { MessageEvents } from './message-events.ts';
import { toConversation } from './to-messages.ts';

const nowMs = 1_700_000_000_000;

function translated(events: readonly string[]): string[] {
  const translator = new MessageEvents(nowMs);
  const given: string[] = [];
  for (const event of events) translator.onEvent(event, (data) => given.push(data));
  return given;
}

describe('a message of Anthropic', () => {
  test('is a chat.completion, its thoughts and calls included', () => {
    expect(fromMessage(answer.message, nowMs)).toEqual(answer.completion);
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['something_new', 'stop'],
  ])('that stops for %s has the finish reason %s', (stopReason, reason) => {
    const body = fromMessage({ ...answer.message, stop_reason: stopReason }, nowMs);
    expect(body['choices']).toMatchObject([{ finish_reason: reason }]);
    const [finish] = chunksIn(
      translated([JSON.stringify({ type: 'message_delta', delta: { stop_reason: stopReason }, usage: {} })]),
    );
    expect(finish?.choices[0]?.finish_reason).toBe(reason);
  });

  test('that refuses says why', () => {
    const stop_details = { type: 'refusal', category: 'cyber', explanation: 'Not this.' };
    const body = fromMessage({ ...answer.message, content: [], stop_reason: 'refusal', stop_details }, nowMs);
    expect(body['choices']).toMatchObject([{ message: { content: '', refusal: 'Not this.' } }]);
  });

  test('without usage has none', () => {
    const { usage: _usage, ...rest } = answer.message;
    expect(fromMessage(rest, nowMs)).not.toHaveProperty('usage');
  });
});

describe('a stream of Anthropic', () => {
  test('is chunks: role, thoughts, text, calls, finish reason, usage, [DONE]', () => {
    const given = translated(stream.events.map((event) => JSON.stringify(event)));
    expect(given.at(-1)).toBe('[DONE]');
    const chunks = chunksIn(given);
    expect(chunks.slice(0, -1).map((chunk) => chunk.choices[0]?.delta)).toEqual(stream.deltas);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(chunks.at(-1)).toMatchObject({ id: 'msg_01B', model: 'claude-opus-4-6', choices: [], usage: stream.usage });
  });

  test.each(errors.events)('that says %j fails as %s', (event, code) => {
    expect(() => translated([JSON.stringify(event)])).toThrow(expect.objectContaining({ code }) as Error);
  });

  test.each(['{"type":', '[]', '7'])('with the broken event %s fails', (event) => {
    expect(() => translated([event])).toThrow(expect.objectContaining({ code: 'UPSTREAM_ERROR' }) as Error);
  });

  test('with events and blocks of any other kind goes on', () => {
    const odd = [
      '',
      '{}',
      '{"type":"message_start"}',
      '{"type":"content_block_start","index":0}',
      '{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"a","name":"web_search"}}',
      '{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{"}}',
      '{"type":"content_block_delta","index":9,"delta":{"type":"text_delta","text":"lost"}}',
      '{"type":"content_block_stop","index":0}',
      '{"type":"message_delta"}',
    ];
    expect(translated(odd)).toEqual([]);
  });

  test('whose call brings its input at once has it', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } };
    const given = translated([
      JSON.stringify({ type: 'content_block_start', index: 0, content_block: block }),
      JSON.stringify({ type: 'content_block_stop', index: 0 }),
    ]);
    const texts = chunksIn(given).map((chunk) => chunk.choices[0]?.delta.tool_calls?.[0]?.function.arguments);
    expect(texts).toEqual(['', '{"x":1}']);
  });
});

const text = fc.string({ unit: 'grapheme', minLength: 1 });
const count = fc.nat(100_000);
const script: fc.Arbitrary<ChatScript> = fc
  .record({
    content: fc.option(text, { nil: '' }),
    reasoning: fc.option(text, { nil: undefined }),
    calls: fc.array(
      fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), input: fc.dictionary(fc.string(), fc.jsonValue()) }),
      {
        maxLength: 3,
      },
    ),
    finishReason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
    prompt: count,
    cached: count,
    completion: count,
    thought: count,
  })
  .map(({ content, reasoning, calls, finishReason, prompt, cached, completion, thought }) => ({
    kind: 'chat' as const,
    content,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(calls.length === 0
      ? {}
      : {
          toolCalls: calls.map(({ name, input }, index) => ({
            id: `toolu_${String(index)}`,
            name,
            arguments: JSON.stringify(input),
          })),
        }),
    finishReason,
    usage: {
      prompt_tokens: prompt + cached,
      completion_tokens: completion + thought,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: thought },
    },
  }));

interface Said {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly id?: unknown; readonly name?: unknown; readonly input: unknown }[];
  readonly finishReason: unknown;
  readonly usage: unknown;
}

function meant({ content = '', reasoning = '', toolCalls = [], finishReason, usage }: ChatScript): Said {
  const details = {
    ...(usage?.prompt_tokens_details?.cached_tokens === 0
      ? {}
      : { prompt_tokens_details: usage?.prompt_tokens_details }),
    ...(usage?.completion_tokens_details?.reasoning_tokens === 0
      ? {}
      : { completion_tokens_details: usage?.completion_tokens_details }),
  };
  const { prompt_tokens: prompt = 0, completion_tokens: completion = 0 } = usage ?? {};
  return {
    content,
    reasoning,
    calls: toolCalls.map((call) => ({ id: call.id, name: call.name, input: JSON.parse(call.arguments) as unknown })),
    finishReason,
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, ...details },
  };
}

interface CompletionMessage {
  readonly content: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

function saidWhole(completion: JsonObject): Said {
  const [choice] = completion['choices'] as { message: CompletionMessage; finish_reason: string }[];
  return {
    content: choice?.message.content ?? '',
    reasoning: choice?.message.reasoning_content ?? '',
    calls: (choice?.message.tool_calls ?? []).map(({ id, function: { name, arguments: input } }) => ({
      id,
      name,
      input: JSON.parse(input) as unknown,
    })),
    finishReason: choice?.finish_reason,
    usage: completion['usage'],
  };
}

function saidStreamed(events: readonly string[]): Said {
  const chunks = chunksIn(events);
  const deltas = chunks.map((chunk) => chunk.choices[0]?.delta);
  const calls: { id?: unknown; name?: unknown; text: string }[] = [];
  for (const piece of deltas.flatMap((delta) => delta?.tool_calls ?? [])) {
    const call = (calls[piece.index] ??= { id: piece.id, name: piece.function.name, text: '' });
    call.text += piece.function.arguments ?? '';
  }
  return {
    content: deltas.map((delta) => delta?.content ?? '').join(''),
    reasoning: deltas.map((delta) => delta?.reasoning_content ?? '').join(''),
    calls: calls.map(({ id, name, text: input }) => ({ id, name, input: JSON.parse(input) as unknown })),
    finishReason: chunks.find((chunk) => (chunk.choices[0]?.finish_reason ?? null) !== null)?.choices[0]?.finish_reason,
    usage: chunks.at(-1)?.usage,
  };
}

describe('there and back', () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

  test('any answer means the same, whole and streamed', () => {
    fc.assert(
      fc.property(script, (answered) => {
        const completion = fromMessage(renderAnthropicJson(answered, body, 'x'), nowMs);
        expect(saidWhole(completion)).toEqual(meant(answered));
        const events = renderAnthropicEvents(answered, body, 'x').map((event) => event.data);
        expect(saidStreamed(translated(events))).toEqual(meant(answered));
      }),
    );
  });

  test('an answer given back as history is the message it was', () => {
    fc.assert(
      fc.property(script, (answered) => {
        const message = renderAnthropicJson(answered, body, 'x');
        const [choice] = fromMessage(message, nowMs)['choices'] as { message: JsonObject }[];
        const back = toConversation([{ role: 'user', content: 'a' }, choice?.message, { role: 'user', content: 'b' }]);
        const blocks = back.messages[1]?.role === 'assistant' ? back.messages[1].content : [];
        const plain = (message['content'] as JsonObject[])
          .filter((block) => typeof block['text'] !== 'string' || block['text'].trim() !== '')
          .map(({ citations: _citations, ...block }) => block);
        expect(blocks).toEqual(plain);
      }),
    );
  });

  test('the fake says the same in both dialects', () => {
    fc.assert(
      fc.property(script, (answered) => {
        const native = saidWhole(renderJson(answered, body, 'x'));
        const { usage: _usage, ...said } = saidWhole(fromMessage(renderAnthropicJson(answered, body, 'x'), nowMs));
        // OpenAI's rendering leaves text out beside calls.
        const calls = answered.toolCalls !== undefined;
        expect({ ...said, content: calls ? '' : said.content }).toEqual({
          content: native.content,
          reasoning: native.reasoning,
          calls: native.calls,
          finishReason: native.finishReason,
        });
      }),
    );
  });
});
