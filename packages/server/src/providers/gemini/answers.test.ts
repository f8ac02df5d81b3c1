import { describe, expect, test } from 'vitest';
import { chunksIn, contentIn } from '../../testing/hear-stream.ts';
import type { JsonObject } from '../provider.ts';
import { ChunkTranslator } from './chunk-translator.ts';
import answer from './fixtures/answer-tools.json' with { type: 'json' };
import errors from './fixtures/errors.json' with { type: 'json' };
import stream from './fixtures/stream-tools.json' with { type: 'json' };
import { fromGenerateContent, isAnswer } from './from-generate-content.ts';
import { toUsage } from './usage.ts';

const nowMs = 1_700_000_000_000;

function translated(events: readonly unknown[], hasEnd = true): string[] {
  const translator = new ChunkTranslator(nowMs);
  const given: string[] = [];
  const emit = (data: string) => given.push(data);
  for (const event of events) translator.onEvent(typeof event === 'string' ? event : JSON.stringify(event), emit);
  if (hasEnd) translator.onEnd(emit);
  return given;
}

const candidate = (parts: readonly JsonObject[], finishReason?: string, index = 0) => ({
  candidates: [{ content: { role: 'model', parts }, ...(finishReason === undefined ? {} : { finishReason }), index }],
});

describe('an answer of Gemini', () => {
  test('is a chat.completion, its thoughts and calls included', () => {
    expect(fromGenerateContent(answer.response, nowMs)).toEqual(answer.completion);
  });

  test.each([
    ['STOP', 'stop', false],
    ['MAX_TOKENS', 'length', false],
    ['SAFETY', 'content_filter', true],
    ['RECITATION', 'content_filter', true],
    ['LANGUAGE', 'content_filter', true],
    ['BLOCKLIST', 'content_filter', true],
    ['PROHIBITED_CONTENT', 'content_filter', true],
    ['SPII', 'content_filter', true],
    ['IMAGE_SAFETY', 'content_filter', true],
    ['SOMETHING_NEW', 'stop', false],
  ])('that ends for %s has the finish reason %s; said nothing, refuses: %j', (finishReason, reason, refuses) => {
    const body = { candidates: [{ finishReason }] };
    const refusal = refuses ? (expect.stringContaining(finishReason) as unknown) : null;
    expect(fromGenerateContent(body, nowMs)['choices']).toMatchObject([
      { index: 0, message: { role: 'assistant', content: '', refusal }, finish_reason: reason },
    ]);
    const chunks = chunksIn(translated([body]));
    const deltas = chunks.map((chunk) => chunk.choices[0]?.delta).slice(1);
    expect(deltas).toEqual(refuses ? [{ refusal }, {}] : [{}]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe(reason);
    expect(fromGenerateContent(candidate([{ text: 'Half' }], finishReason), nowMs)['choices']).toMatchObject([
      { message: { content: 'Half', refusal: null }, finish_reason: reason },
    ]);
  });

  test('that was withheld says why in Gemini’s words where it has some', () => {
    const body = { candidates: [{ finishReason: 'SAFETY', finishMessage: 'Not this.' }] };
    expect(fromGenerateContent(body, nowMs)['choices']).toMatchObject([{ message: { refusal: 'Not this.' } }]);
    expect(chunksIn(translated([body]))[1]?.choices[0]?.delta).toEqual({ refusal: 'Not this.' });
  });

  test.each(['MALFORMED_FUNCTION_CALL', 'OTHER', 'NO_IMAGE', 'UNEXPECTED_TOOL_CALL'])(
    'that failed for %s is an error, unless there is something to give',
    (finishReason) => {
      const nothing = { candidates: [{ finishReason }] };
      const thought = candidate([{ text: 'Hm.', thought: true }], finishReason);
      for (const body of [nothing, thought]) {
        const failure = expect.objectContaining({ code: 'UPSTREAM_ERROR' }) as Error;
        expect(() => fromGenerateContent(body, nowMs)).toThrow(failure);
        expect(() => translated([body])).toThrow(failure);
      }
      const some = candidate([{ text: 'Some.' }], finishReason);
      expect(fromGenerateContent(some, nowMs)['choices']).toMatchObject([{ finish_reason: 'stop' }]);
      expect(translated([some]).at(-1)).toBe('[DONE]');
    },
  );

  test('to a prompt that was blocked ends with content_filter, and costs the prompt', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 };
    const refusal = expect.stringContaining('PROHIBITED_CONTENT') as unknown;
    expect(fromGenerateContent(answer.blocked_prompt, nowMs)).toMatchObject({
      id: 'b10c',
      choices: [{ index: 0, message: { content: '', refusal }, finish_reason: 'content_filter' }],
      usage,
    });
    const given = translated([answer.blocked_prompt]);
    expect(given.at(-1)).toBe('[DONE]');
    expect(chunksIn(given)).toMatchObject([
      { id: 'b10c', choices: [{ delta: { role: 'assistant' } }] },
      { choices: [{ delta: { refusal } }] },
      { choices: [{ finish_reason: 'content_filter' }] },
      { choices: [], usage },
    ]);
  });

  test.each([
    [{}, false],
    [{ candidates: [] }, false],
    [{ candidates: [], promptFeedback: {} }, false],
    [{ promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' } }, false],
    [{ promptFeedback: { blockReason: 'OTHER' } }, true],
    [{ candidates: [{}] }, true],
  ])('%j is one: %j', (body, expected) => {
    expect(isAnswer(body)).toBe(expected);
  });

  test('has ids of ours where Gemini gives none', () => {
    const body = candidate([{ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'f' } }]);
    const completion = fromGenerateContent(body, nowMs) as {
      id: string;
      choices: { message: { tool_calls: { id: string }[] } }[];
    };
    const ids = completion.choices[0]?.message.tool_calls.map((call) => call.id) ?? [];
    expect(new Set(ids).size).toBe(2);
    expect([completion.id, ...ids].every((id) => /^(chatcmpl|call)_\w{26}$/.test(id))).toBe(true);
  });

  test('may have images, a signature and nothing anybody knows', () => {
    const inlineData = { mimeType: 'image/png', data: 'QUJD' };
    const parts = [
      { executableCode: { code: 'print(1)' } },
      { inlineData, thought: true },
      { inlineData },
      { inlineData: {} },
      { text: '', thoughtSignature: 'AbCd' },
    ];
    const extra_content = { google: { thought_signature: 'AbCd' } };
    const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } }];
    const body = candidate(parts, 'STOP');
    expect(fromGenerateContent(body, nowMs)['choices']).toMatchObject([
      { message: { content: '', images, extra_content }, finish_reason: 'stop' },
    ]);
    const deltas = chunksIn(translated([body])).map((chunk) => chunk.choices[0]?.delta);
    expect(deltas.slice(1)).toEqual([{ images }, { content: '', extra_content }, {}]);
  });

  test('has the probabilities of its tokens, whole and streamed', () => {
    const body = {
      candidates: [{ ...candidate([{ text: 'Ja.' }], 'STOP').candidates[0], logprobsResult: answer.logprobs.result }],
    };
    const { openai } = answer.logprobs;
    expect(fromGenerateContent(body, nowMs)['choices']).toMatchObject([{ logprobs: openai }]);
    const choices = chunksIn(translated([body])).map((chunk) => chunk.choices[0]);
    expect(choices).toMatchObject([{}, { delta: { content: 'Ja.' } }, { delta: {}, logprobs: openai }, {}]);
  });
});

describe('the usage of an answer', () => {
  test.each([
    [undefined, true, undefined],
    [{}, true, undefined],
    [{ promptTokenCount: 'many' }, true, undefined],
    [{ promptTokenCount: -1, candidatesTokenCount: 3 }, true, undefined],
    [{ promptTokenCount: 7, totalTokenCount: 7 }, false, [7, 0]],
    [{ promptTokenCount: 7, totalTokenCount: 7 }, true, undefined],
    [{ promptTokenCount: 7, totalTokenCount: 10 }, true, [7, 3]],
    [{ promptTokenCount: 7, thoughtsTokenCount: 5, totalTokenCount: 12 }, false, [7, 5]],
    [{ promptTokenCount: 7, candidatesTokenCount: 0 }, true, [7, 0]],
    [{ promptTokenCount: 7, toolUsePromptTokenCount: 2, candidatesTokenCount: 3, totalTokenCount: 12 }, true, [9, 3]],
  ])('%j (an answer: %j) is %j', (metadata, hasAnswer, expected) => {
    const usage = toUsage(metadata, hasAnswer);
    expect(usage === undefined ? undefined : [usage.prompt_tokens, usage.completion_tokens]).toEqual(expected);
  });
});

describe('a stream of Gemini', () => {
  test('is chunks: role, thoughts, text, calls, finish reason, usage, [DONE]', () => {
    const given = translated(stream.events);
    expect(given.at(-1)).toBe('[DONE]');
    const chunks = chunksIn(given);
    expect(chunks.slice(0, -1).map((chunk) => chunk.choices[0]?.delta)).toEqual(stream.deltas);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(chunks.at(-1)).toMatchObject({
      id: 'aZ09',
      model: 'gemini-3-flash-preview',
      choices: [],
      usage: stream.usage,
    });
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  });

  test('says nothing of an end before there is one', () => {
    const given = translated(stream.events, false);
    expect(chunksIn(given).every((chunk) => chunk.choices[0]?.finish_reason === null)).toBe(true);
    expect(given).not.toContain('[DONE]');
  });

  test.each([
    ['nothing', []],
    ['counts only', [{ usageMetadata: { promptTokenCount: 3 } }]],
    ['text without a reason to finish', [candidate([{ text: 'Half' }])]],
    ['a reason that is none', [candidate([{ text: 'Half' }], 'FINISH_REASON_UNSPECIFIED')]],
    ['one of two candidates', [candidate([{ text: 'Whole' }], 'STOP'), candidate([{ text: 'Half' }], undefined, 1)]],
  ])('that ends with %s was cut off', (_what, events) => {
    const given = translated(events);
    expect(given).not.toContain('[DONE]');
    expect(
      chunksIn(given)
        .flatMap((chunk) => chunk.choices)
        .every((choice) => choice.finish_reason === null),
    ).toBe(true);
    expect(chunksIn(given).every((chunk) => chunk.usage === undefined)).toBe(true);
  });

  test('may name its reason in every event, and finishes once', () => {
    const given = translated([candidate([{ text: 'a' }], 'STOP'), candidate([{ text: 'b' }], 'STOP'), '[DONE]']);
    expect(contentIn(given)).toBe('ab');
    const reasons = chunksIn(given).flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason));
    expect(reasons).toEqual([null, null, null, 'stop']);
    expect(given.filter((data) => data === '[DONE]')).toHaveLength(1);
  });

  test('has the candidates apart, each with its role and reason', () => {
    const given = translated([
      {
        candidates: [...candidate([{ text: 'a' }]).candidates, ...candidate([{ text: 'b' }], undefined, 1).candidates],
      },
      candidate([{ functionCall: { id: 'x', name: 'f', args: {} } }], 'STOP', 1),
      candidate([], 'MAX_TOKENS'),
    ]);
    const choices = chunksIn(given).flatMap((chunk) => chunk.choices);
    const of = (index: number) => choices.filter((choice) => choice.index === index);
    expect(of(0).map((choice) => choice.delta.role ?? choice.delta.content ?? choice.finish_reason)).toEqual([
      'assistant',
      'a',
      'length',
    ]);
    expect(of(1).at(-1)?.finish_reason).toBe('tool_calls');
    expect(of(1)[0]?.delta.role).toBe('assistant');
  });

  test('whose prompt was blocked half way ends for that', () => {
    const given = translated([candidate([{ text: 'Half' }]), answer.blocked_prompt]);
    expect(contentIn(given)).toBe('Half');
    expect(chunksIn(given).at(-1)?.choices).toMatchObject([{ delta: {}, finish_reason: 'content_filter' }]);
    expect(JSON.stringify(given)).not.toContain('blocked by');
  });

  test.each(errors.events)('that says $event fails as $code', ({ event, code }) => {
    expect(() => translated([event])).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('that fails tells nobody what it said: it may quote the prompt', () => {
    const event = { error: { code: 500, message: 'secret-word', status: 'INTERNAL' } };
    let shown = '';
    try {
      translated([event]);
    } catch (error) {
      shown = error instanceof Error ? `${error.message} ${String(error.cause)}` : '';
    }
    expect(shown).toContain('INTERNAL');
    expect(shown).not.toContain('secret-word');
  });

  test.each(['{"candidates":', '[]', '7'])('with the broken event %s fails', (event) => {
    expect(() => translated([event])).toThrow(expect.objectContaining({ code: 'UPSTREAM_ERROR' }) as Error);
  });
});
