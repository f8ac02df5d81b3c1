import { responsesRequest } from '@turnpike/contract/openai-responses';
import fc from 'fast-check';
import OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../errors.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { TokenCounts } from '../../../usage/usage-event.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { ChunkChoice } from '../../dialect.ts';
import { eventFrame } from '../../sse-frame.ts';
import { chatToResponse } from './chat-to-response.ts';
import type { ResponseSeed } from './response-object.ts';
import { responsesDialect } from './responses-dialect.ts';

const tokens: TokenCounts = { promptTokens: 5, completionTokens: 7, cachedTokens: 2, reasoningTokens: 3 };
const usage = {
  prompt_tokens: 5,
  completion_tokens: 7,
  prompt_tokens_details: { cached_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
};

function seedOf(): ResponseSeed {
  let next = 0;
  return {
    id: 'resp_1',
    createdAtSeconds: 1768478400,
    request: responsesRequest.parse({ model: 'large', input: 'x' }),
    newItemId: (kind) => `${kind}_${(next += 1)}`,
    nowMs: () => 1768478401_500,
  };
}

type Delta = NonNullable<ChunkChoice['delta']>;

interface Streamed {
  readonly events: readonly VersionedEvent[];
  /** What was handed on to be stored. */
  readonly ended: readonly JsonObject[];
}

function stream(deltas: readonly Delta[], finishReason: string | undefined, error?: AppError): Streamed {
  const ended: JsonObject[] = [];
  const dialect = responsesDialect(seedOf(), (response) => ended.push(response));
  const translation = dialect.openStream({ model: 'large', promptTokens: 0 });
  const events = deltas.flatMap((delta) => [...translation.onChunk({}, [{ index: 0, delta, finish_reason: null }])]);
  if (finishReason !== undefined)
    events.push(...translation.onChunk({}, [{ index: 0, delta: {}, finish_reason: finishReason }]));
  events.push(...(error === undefined ? translation.finish(tokens) : (translation.fail?.(error) ?? [])));
  return { events, ended };
}

function parsed(events: readonly VersionedEvent[]): JsonObject[] {
  return events.map(({ data }) => JSON.parse(data) as JsonObject);
}

function typesOf(events: readonly VersionedEvent[]): string[] {
  return events.map(({ name }) => (name ?? '').replace('response.', ''));
}

/** An official client whose server answers with these events. */
function clientOf(events: readonly VersionedEvent[], closing = 'data: [DONE]\n\n'): OpenAI {
  const body = events.map(eventFrame).join('') + closing;
  return new OpenAI({
    apiKey: 'none',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
  });
}

const call = (index: number, more: object): Delta => ({ tool_calls: [{ index, ...more }] });

describe('the events of a streamed Response', () => {
  test('come in OpenAI’s order for a text', () => {
    const { events } = stream([{ role: 'assistant', content: '' }, { content: 'Hel' }, { content: 'lo' }], 'stop');
    expect(typesOf(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(parsed(events)).toMatchObject([
      { response: { id: 'resp_1', status: 'in_progress', output: [], usage: null } },
      {},
      { output_index: 0, item: { id: 'msg_1', status: 'in_progress', content: [] } },
      { item_id: 'msg_1', output_index: 0, content_index: 0, part: { type: 'output_text', text: '' } },
      { delta: 'Hel', logprobs: [] },
      { delta: 'lo' },
      { text: 'Hello' },
      { part: { text: 'Hello', annotations: [] } },
      { item: { status: 'completed', content: [{ text: 'Hello' }] } },
      { response: { status: 'completed', usage: { input_tokens: 5, total_tokens: 12 } } },
    ]);
  });

  test('keep parallel calls apart whose pieces are mixed', () => {
    const { events, ended } = stream(
      [
        call(0, { id: 'call_a', type: 'function', function: { name: 'f', arguments: '' } }),
        call(0, { function: { arguments: '{"a"' } }),
        call(1, { id: 'call_b', type: 'function', function: { name: 'g', arguments: '{"b"' } }),
        call(0, { function: { arguments: ':1}' } }),
        call(1, { function: { arguments: ':2}' } }),
      ],
      'tool_calls',
    );
    expect(ended[0]?.['output']).toMatchObject([
      { type: 'function_call', call_id: 'call_a', name: 'f', arguments: '{"a":1}', status: 'completed' },
      { type: 'function_call', call_id: 'call_b', name: 'g', arguments: '{"b":2}', status: 'completed' },
    ]);
    const deltas = parsed(events).filter(({ type }) => type === 'response.function_call_arguments.delta');
    expect(deltas.map((event) => [event['output_index'], event['item_id'], event['delta']])).toEqual([
      [0, 'fc_1', '{"a"'],
      [1, 'fc_2', '{"b"'],
      [0, 'fc_1', ':1}'],
      [1, 'fc_2', ':2}'],
    ]);
  });

  test('tell two whole calls apart that carry the same index', () => {
    const { ended } = stream(
      [
        call(0, { id: 'call_a', function: { name: 'f', arguments: '{}' } }),
        call(0, { id: 'call_b', function: { name: 'g', arguments: '{}' } }),
      ],
      'tool_calls',
    );
    expect(ended[0]?.['output']).toMatchObject([{ call_id: 'call_a' }, { call_id: 'call_b', name: 'g' }]);
  });

  test('wait for the name of a call, and invent nothing but its id', () => {
    const { events, ended } = stream(
      [call(0, { function: { arguments: '{"a"' } }), call(0, { function: { name: 'f', arguments: ':1}' } })],
      'tool_calls',
    );
    expect(typesOf(events).slice(2, 4)).toEqual(['output_item.added', 'function_call_arguments.delta']);
    expect(ended[0]?.['output']).toMatchObject([{ name: 'f', arguments: '{"a":1}' }]);
  });

  test('have what the model thinks and refuses as parts of their own', () => {
    const { events, ended } = stream(
      [{ reasoning_content: 'Hm' }, { content: 'Well' }, { refusal: 'No' }, { refusal: '.' }],
      'stop',
    );
    expect(typesOf(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'reasoning_text.delta',
      'reasoning_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'content_part.added',
      'refusal.delta',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(ended[0]?.['output']).toMatchObject([
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] },
      { type: 'message', content: [{ text: 'Well' }, { type: 'refusal', refusal: 'No.' }] },
    ]);
  });

  test('end incomplete where the model was stopped', () => {
    const { events } = stream([{ content: 'Once' }], 'length');
    expect(parsed(events).at(-2)).toMatchObject({ item: { status: 'incomplete' } });
    expect(parsed(events).at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    });
  });

  test('say of a failure what was there until then, and hand that on', () => {
    const error = new AppError('UPSTREAM_ERROR', 'The model server broke off.');
    const { events, ended } = stream([{ content: 'Once' }], undefined, error);
    expect(parsed(events).slice(-2)).toMatchObject([
      {
        type: 'response.failed',
        sequence_number: 5,
        response: {
          status: 'failed',
          error: { code: 'server_error', message: error.message },
          output: [{ status: 'incomplete', content: [{ text: 'Once' }] }],
        },
      },
      {
        type: 'error',
        sequence_number: 6,
        code: 'UPSTREAM_ERROR',
        message: error.message,
        param: null,
        error: { message: error.message, type: 'server_error', code: 'UPSTREAM_ERROR', param: null },
      },
    ]);
    expect(ended).toMatchObject([{ status: 'failed' }]);
  });

  test('begin with the response even when nothing came but a failure', () => {
    const { events } = stream([], undefined, new AppError('UPSTREAM_TIMEOUT', 'Silence.'));
    expect(typesOf(events)).toEqual(['created', 'in_progress', 'failed', 'error']);
  });

  test('pass over what is no choice, and other choices than the first', () => {
    const translation = responsesDialect(seedOf(), () => undefined).openStream({ model: 'large', promptTokens: 0 });
    const odd = [null, { index: 1, delta: { content: 'b' } }, { delta: null }] as unknown as ChunkChoice[];
    expect(typesOf(translation.onChunk({}, odd))).toEqual(['created', 'in_progress']);
  });
});

interface Answer {
  readonly reasoning: string;
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finishReason: string;
}

const words = fc.string({ unit: 'grapheme' });

const answers: fc.Arbitrary<Answer> = fc.record({
  reasoning: words,
  text: words,
  calls: fc.uniqueArray(
    fc.record({ id: fc.string({ minLength: 1 }), name: fc.string({ minLength: 1 }), arguments: words }),
    { maxLength: 4, selector: ({ id }) => id },
  ),
  finishReason: fc.constantFrom('stop', 'tool_calls', 'length', 'content_filter'),
});

function pieces(text: string, cuts: () => number): string[] {
  const characters = [...text];
  const found: string[] = [];
  while (characters.length > 0) found.push(characters.splice(0, 1 + (cuts() % 5)).join(''));
  return found;
}

/** Some way a server may cut an answer into chunks: pieces of parallel calls in any mixture, each call's in order. */
function chunked(answer: Answer, cuts: () => number): Delta[] {
  const deltas: Delta[] = [{ role: 'assistant', content: '' }];
  for (const piece of pieces(answer.reasoning, cuts)) deltas.push({ reasoning_content: piece });
  for (const piece of pieces(answer.text, cuts)) deltas.push({ content: piece });
  // Calls begin in their order; after that their pieces are mixed.
  const waiting = answer.calls.map(({ id, name, arguments: given }, index) => [
    call(index, { id, type: 'function', function: { name, arguments: '' } }),
    ...pieces(given, cuts).map((piece) => call(index, { function: { arguments: piece } })),
  ]);
  let begun = 0;
  while (waiting.some((queue) => queue.length > 0)) {
    const pick = cuts() % (begun + 1);
    const queue = waiting[pick]?.length === 0 ? waiting.find((one) => one.length > 0) : waiting[pick];
    const next = queue?.shift();
    if (next !== undefined) deltas.push(next);
    if (queue === waiting[begun] && begun < waiting.length - 1) begun += 1;
  }
  return deltas;
}

function wholeOf({ reasoning, text, calls, finishReason }: Answer): JsonObject {
  const toolCalls = calls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }));
  const message = { role: 'assistant', content: text, reasoning_content: reasoning, tool_calls: toolCalls };
  return { model: 'large', choices: [{ index: 0, finish_reason: finishReason, message }], usage };
}

const cutting = fc
  .infiniteStream(fc.nat(1000))
  .map((numbers) => () => (numbers.next() as IteratorYieldResult<number>).value);

describe('any answer, however it is cut into chunks', () => {
  test('is the same Response as the whole answer', () => {
    fc.assert(
      fc.property(answers, cutting, (answer, cuts) => {
        const { events, ended } = stream(chunked(answer, cuts), answer.finishReason);
        const whole = chatToResponse(wholeOf(answer), seedOf());
        expect(ended).toEqual([whole]);
        expect(parsed(events).at(-1)?.['response']).toEqual(whole);
      }),
    );
  });

  test('numbers its events from 0 without a gap, and ends everything it begins', () => {
    fc.assert(
      fc.property(answers, cutting, (answer, cuts) => {
        const { events } = stream(chunked(answer, cuts), answer.finishReason);
        const all = parsed(events);
        expect(all.map((event) => event['sequence_number'])).toEqual(all.map((_, index) => index));
        expect(events.map(({ name }) => name)).toEqual(all.map(({ type }) => type));
        const keyOf = (event: JsonObject): string =>
          `${String(event['output_index'])}/${String(event['content_index'])}`;
        for (const kind of ['output_item', 'content_part']) {
          const of = (end: string) => all.filter(({ type }) => type === `response.${kind}.${end}`).map(keyOf);
          expect(of('done').toSorted()).toEqual(of('added').toSorted());
        }
        const said = new Map<string, string>();
        for (const event of all) {
          const { type, delta } = event as { type: string; delta?: string };
          const key = `${type.replace(/\.\w+$/, '')} ${keyOf(event)}`;
          if (type.endsWith('.delta')) said.set(key, (said.get(key) ?? '') + (delta ?? ''));
          if (/(output_text|reasoning_text|arguments)\.done$/.test(type))
            expect(said.get(key) ?? '').toBe(event['text'] ?? event['arguments']);
        }
      }),
    );
  });

  test('is put together by OpenAI’s own client to the same Response', async () => {
    await fc.assert(
      fc.asyncProperty(answers, cutting, async (answer, cuts) => {
        const { events } = stream(chunked(answer, cuts), answer.finishReason);
        const whole = chatToResponse(wholeOf(answer), seedOf());
        const final = await clientOf(events).responses.stream({ model: 'large', input: 'x' }).finalResponse();
        expect(final).toMatchObject({ id: 'resp_1', status: whole['status'], usage: whole['usage'] });
        expect(final.output_text).toBe(answer.text);
        expect(final.output.length).toBe((whole['output'] as unknown[]).length);
        const calls = final.output.filter((item) => item.type === 'function_call');
        expect(calls.map((item) => [item.call_id, item.name, item.arguments])).toEqual(
          answer.calls.map(({ id, name, arguments: given }) => [id, name, given]),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('OpenAI’s own client', () => {
  test('reads every event as one of its types', async () => {
    const { events } = stream([{ reasoning_content: 'Hm' }, { content: 'Hello' }], 'stop');
    const read: ResponseStreamEvent[] = [];
    for await (const event of await clientOf(events).responses.create({ model: 'm', input: 'x', stream: true }))
      read.push(event);
    expect(read.map(({ type }) => type)).toEqual(events.map(({ name }) => name));
    const [text] = read.filter((event) => event.type === 'response.output_text.done');
    expect(text?.text).toBe('Hello');
  });

  test('throws at a failure in the middle', async () => {
    const { events } = stream([{ content: 'Once' }], undefined, new AppError('UPSTREAM_ERROR', 'It broke off.'));
    const read: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const event of await clientOf(events, '').responses.create({ model: 'm', input: 'x', stream: true }))
        read.push(event.type);
    };
    await expect(reading()).rejects.toThrow('It broke off.');
    expect(read).toContain('response.output_text.delta');
  });
});
