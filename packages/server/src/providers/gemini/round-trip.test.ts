import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderGeminiEvents, renderGeminiJson } from '../../testing/fake-gemini.ts';
import { renderJson, type ChatScript } from '../../testing/fake-upstream-script.ts';
import { chunksIn } from '../../testing/hear-stream.ts';
import type { JsonObject } from '../provider.ts';
import { ChunkTranslator } from './chunk-translator.ts';
import { fromGenerateContent } from './from-generate-content.ts';
import { toGenerateContent } from './to-generate-content.ts';

const nowMs = 1_700_000_000_000;

function translated(events: readonly string[]): string[] {
  const translator = new ChunkTranslator(nowMs);
  const given: string[] = [];
  const emit = (data: string) => given.push(data);
  for (const event of events) translator.onEvent(event, emit);
  translator.onEnd(emit);
  return given;
}

const text = fc.string({ unit: 'grapheme', minLength: 1 });
const count = fc.nat(100_000);
const script: fc.Arbitrary<ChatScript> = fc
  .record({
    pieces: fc.array(text, { maxLength: 6 }),
    reasoning: fc.option(text, { nil: undefined }),
    calls: fc.array(
      fc.record({
        name: fc.stringMatching(/^[a-z]{1,8}$/),
        input: fc.dictionary(fc.string(), fc.jsonValue()),
      }),
      { maxLength: 3 },
    ),
    finishReason: fc.constantFrom('stop', 'length', 'content_filter'),
    prompt: count,
    cached: count,
    completion: count,
    thought: count,
  })
  .map(({ pieces, reasoning, calls, finishReason, prompt, cached, completion, thought }) => ({
    kind: 'chat' as const,
    stream: { chunks: pieces },
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(calls.length === 0
      ? {}
      : {
          toolCalls: calls.map(({ name, input }, index) => ({
            id: `fc_${String(index)}`,
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

function meant({ stream: streamed, reasoning = '', toolCalls = [], finishReason, usage }: ChatScript): Said {
  const { prompt_tokens: prompt = 0, completion_tokens: completion = 0 } = usage ?? {};
  const { prompt_tokens_details: read, completion_tokens_details: thought } = usage ?? {};
  return {
    content: streamed?.chunks?.join('') ?? '',
    reasoning,
    calls: toolCalls.map((call) => ({ id: call.id, name: call.name, input: JSON.parse(call.arguments) as unknown })),
    finishReason: finishReason === 'stop' && toolCalls.length > 0 ? 'tool_calls' : finishReason,
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      ...(read?.cached_tokens === 0 ? {} : { prompt_tokens_details: read }),
      ...(thought?.reasoning_tokens === 0 ? {} : { completion_tokens_details: thought }),
    },
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
  const body = { model: 'gemini-2.5-flash', contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };

  test('any answer means the same, whole and however it is cut into events', () => {
    fc.assert(
      fc.property(script, (answered) => {
        const completion = fromGenerateContent(renderGeminiJson(answered, body, 'x'), nowMs);
        expect(saidWhole(completion)).toEqual(meant(answered));
        const events = [...renderGeminiEvents(answered, body, 'x')].map((event) => event.data);
        expect(saidStreamed(translated(events))).toEqual(meant(answered));
      }),
    );
  });

  test('an answer given back as history is the content it was, its calls answered by name', () => {
    fc.assert(
      fc.property(script, (answered) => {
        const response = renderGeminiJson(answered, body, 'x') as {
          candidates: { content: { parts: JsonObject[] } }[];
        };
        const [choice] = fromGenerateContent(response, nowMs)['choices'] as { message: JsonObject }[];
        const results = (answered.toolCalls ?? []).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: id }));
        const messages = [{ role: 'user', content: 'a' }, { ...choice?.message, refusal: null }, ...results];
        const { contents } = toGenerateContent({ model: body.model, messages }) as {
          contents: { parts: JsonObject[] }[];
        };
        const parts = (response.candidates[0]?.content.parts ?? []).filter((part) => part['thought'] !== true);
        expect(contents[1]?.parts ?? []).toEqual(parts);
        if (results.length > 0)
          expect(contents[2]?.parts).toEqual(
            (answered.toolCalls ?? []).map(({ id, name }) => ({
              functionResponse: { id, name, response: { output: id } },
            })),
          );
      }),
    );
  });

  test('the fake says the same in both dialects', () => {
    fc.assert(
      fc.property(script, (answered) => {
        const native = saidWhole(renderJson(answered, body, 'x'));
        const said = saidWhole(fromGenerateContent(renderGeminiJson(answered, body, 'x'), nowMs));
        // OpenAI's rendering leaves text out beside calls, and says of them in no finish reason but its own.
        const calls = answered.toolCalls !== undefined;
        expect([calls ? '' : said.content, said.reasoning, said.calls]).toEqual([
          native.content,
          native.reasoning,
          native.calls,
        ]);
      }),
    );
  });

  test('the fake has a call that was written wrongly as Gemini has it: not at all', () => {
    for (const broken of ['{"a":', '5']) {
      const answered: ChatScript = { kind: 'chat', toolCalls: [{ id: 'a', name: 'f', arguments: broken }] };
      expect(renderGeminiJson(answered, body, 'x')).toMatchObject({
        candidates: [{ content: { parts: [] }, finishReason: 'MALFORMED_FUNCTION_CALL' }],
      });
    }
  });

  test('the fake gives as many candidates as are asked for', () => {
    const asked = { ...body, generationConfig: { candidateCount: 3 } };
    const completion = fromGenerateContent(renderGeminiJson({ kind: 'chat' }, asked, 'x'), nowMs);
    expect(completion['choices']).toMatchObject([{ index: 0 }, { index: 1 }, { index: 2 }]);
  });
});
