import { chatCompletionRequest } from '@turnpike/contract/openai-chat';
import { responsesRequest, type ResponsesRequest } from '@turnpike/contract/openai-responses';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../errors.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import fixture from './fixtures/request.json' with { type: 'json' };
import { normaliseInput } from './normalise-input.ts';
import { refuseUnsupported, responsesToChat } from './responses-to-chat.ts';

function translate(given: JsonObject): JsonObject {
  const request: ResponsesRequest = responsesRequest.parse({ model: 'm', ...given });
  refuseUnsupported(request);
  let next = 0;
  const items = normaliseInput(request.input, (kind) => `${kind}_${(next += 1)}`);
  return responsesToChat(
    request,
    items.map((item, index) => ({ item, path: `input.${index}` })),
  );
}

function errorOf(given: JsonObject): AppError {
  try {
    translate(given);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const weather = { type: 'function', name: 'get_weather', parameters: { type: 'object' } };
const user = { role: 'user', content: 'hi' };

describe('a Responses request as a chat request', () => {
  test('is translated field by field', () => {
    expect(translate(fixture.request)).toEqual(fixture.chat);
  });

  test('needs nothing but a text', () => {
    expect(translate({ input: 'Hello' })).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] });
  });

  test('asks for a stream when the caller does', () => {
    expect(translate({ input: 'Hello', stream: true })['stream']).toBe(true);
    expect(translate({ input: 'Hello', stream: false })).not.toHaveProperty('stream');
  });

  test('sends the allowed tools alone where the choice is among some of them', () => {
    const tools = [weather, { ...weather, name: 'get_time' }];
    const choice = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'get_time' }] };
    const chat = translate({ input: 'Hello', tools, tool_choice: choice });
    expect(chat['tools']).toEqual([
      { type: 'function', function: { name: 'get_time', parameters: { type: 'object' } } },
    ]);
    expect(chat['tool_choice']).toBe('required');
  });

  test('leaves out a choice among no tools', () => {
    expect(translate({ input: 'Hello', tools: [], tool_choice: 'auto', parallel_tool_calls: true })).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
    });
  });

  test('keeps for itself what concerns the stored response', () => {
    const chat = translate({ input: 'x', metadata: { a: 'b' }, store: false, include: [], truncation: 'auto' });
    expect(Object.keys(chat)).toEqual(['model', 'messages']);
  });

  test('asks for log probabilities in chat’s words', () => {
    expect(translate({ input: 'x', top_logprobs: 3 })).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(translate({ input: 'x', include: ['message.output_text.logprobs'] })).toMatchObject({ logprobs: true });
  });

  const refused: readonly (readonly [string, JsonObject, string])[] = [
    ['no input', {}, 'input'],
    ['background', { input: 'x', background: true }, 'background'],
    ['a conversation', { input: 'x', conversation: 'conv_1' }, 'conversation'],
    ['a prompt template', { input: 'x', prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['web search', { input: 'x', tools: [weather, { type: 'web_search' }] }, 'tools.1.type'],
    ['an MCP server', { input: 'x', tools: [{ type: 'mcp', server_label: 'a' }] }, 'tools.0.type'],
    ['a custom tool', { input: 'x', tools: [{ type: 'custom', name: 'a' }] }, 'tools.0.type'],
    ['a nameless function', { input: 'x', tools: [{ type: 'function' }] }, 'tools.0.name'],
    [
      'a choice of an unknown tool',
      { input: 'x', tools: [weather], tool_choice: { type: 'function', name: 'b' } },
      'tool_choice.name',
    ],
    [
      'a choice of a hosted tool',
      { input: 'x', tools: [weather], tool_choice: { type: 'file_search' } },
      'tool_choice',
    ],
    ['an unknown choice', { input: 'x', tools: [weather], tool_choice: 'any' }, 'tool_choice'],
    ['a demand without tools', { input: 'x', tool_choice: 'required' }, 'tool_choice'],
    [
      'a schema without a name',
      { input: 'x', text: { format: { type: 'json_schema', schema: {} } } },
      'text.format.name',
    ],
    [
      'a schema without a schema',
      { input: 'x', text: { format: { type: 'json_schema', name: 'a' } } },
      'text.format.schema',
    ],
    ['an unknown item', { input: [user, { type: 'computer_call', id: 'c' }] }, 'input.1.type'],
    [
      'an unknown part',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
      'input.0.content.0.type',
    ],
    [
      'an image by file id',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
      'input.0.content.0.file_id',
    ],
    [
      'an image without a URL',
      { input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
      'input.0.content.0.image_url',
    ],
    [
      'a text part without text',
      { input: [{ role: 'user', content: [{ type: 'input_text' }] }] },
      'input.0.content.0.text',
    ],
    ['a message without parts', { input: [{ role: 'user', content: [] }] }, 'input.0.content'],
    ['an unknown role', { input: [{ role: 'robot', content: 'x' }] }, 'input.0.role'],
    ['a call without arguments', { input: [{ type: 'function_call', call_id: 'c', name: 'f' }] }, 'input.0.arguments'],
    [
      'an output without its call',
      { input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] },
      'input.0.call_id',
    ],
    [
      'a call without its output',
      { input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }, user] },
      'input.0',
    ],
    ['reasoning alone', { input: [{ type: 'reasoning', id: 'r', summary: [] }] }, 'input'],
  ];
  test.each(refused)('is refused by the name of the field: %s', (_, given, param) => {
    const error = errorOf(given);
    expect(error.code).toBe('INVALID_REQUEST');
    expect(error.param).toBe(param);
    expect(error.message.startsWith(`${param}: `)).toBe(true);
  });

  test('takes a second output of the same call for a mistake', () => {
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
    const output = { type: 'function_call_output', call_id: 'c', output: 'x' };
    expect(errorOf({ input: [call, output, output] }).param).toBe('input.2.call_id');
  });
});

const text = fc.string({ minLength: 1, unit: 'grapheme' });

/** Turns of a conversation as its items, in any legal order of calls and outputs. */
const turn = fc.oneof(
  text.map((content): JsonObject[] => [{ role: 'user', content }]),
  text.map((content): JsonObject[] => [{ role: 'assistant', content: [{ type: 'output_text', text: content }] }]),
  text.map((thought): JsonObject[] => [{ type: 'reasoning', summary: [{ type: 'summary_text', text: thought }] }]),
  fc
    .record({
      calls: fc.uniqueArray(fc.record({ id: text, name: text, arguments: fc.string(), output: fc.string() }), {
        minLength: 1,
        maxLength: 4,
        selector: ({ id }) => id,
      }),
      order: fc.infiniteStream(fc.nat()),
      said: fc.option(text),
    })
    .map(({ calls, order, said }): JsonObject[] => {
      const outputs = calls.map(({ id, output }) => ({ type: 'function_call_output', call_id: id, output }));
      const ranks = outputs.map(() => (order.next() as IteratorYieldResult<number>).value);
      const shuffled = outputs.toSorted((a, b) => (ranks[outputs.indexOf(a)] ?? 0) - (ranks[outputs.indexOf(b)] ?? 0));
      const spoken = said === null ? [] : [{ role: 'user', content: said }];
      return [
        ...calls.map(({ id, name, arguments: given }) => ({
          type: 'function_call',
          call_id: id,
          name,
          arguments: given,
        })),
        ...spoken,
        ...shuffled,
      ];
    }),
);

interface Message {
  readonly role: string;
  readonly content: unknown;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { name: string; arguments: string } }[];
}

describe('any conversation', () => {
  test('becomes a valid chat request that holds every text, call and output once, outputs right behind their calls', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1 }), (turns) => {
        const input = [{ role: 'user', content: 'begin' }, ...turns.flat()];
        const chat = translate({ input });
        expect(chatCompletionRequest.safeParse(chat).success).toBe(true);
        const messages = chat['messages'] as Message[];

        const calls = messages.flatMap(({ tool_calls: made = [] }) =>
          made.map(({ id, function: { name, arguments: given } }) => [id, name, given]),
        );
        const asked: JsonObject[] = input.filter((item) => 'name' in item);
        expect(calls).toEqual(asked.map((item) => [item['call_id'], item['name'], item['arguments']]));

        const outputs = messages.filter(({ role }) => role === 'tool').map((m) => [m.tool_call_id, m.content]);
        const answered = input.filter(({ type }) => type === 'function_call_output');
        expect(outputs).toEqual(answered.map((item) => [item['call_id'], item['output']]));

        const spoken = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
        expect(spoken).toEqual(input.filter(({ role }) => role === 'user').map((i) => i['content']));

        for (const [index, message] of messages.entries()) {
          const open = new Set(message.tool_calls?.map(({ id }) => id));
          for (let at = index + 1; open.size > 0; at += 1) {
            const answer = messages[at];
            expect(answer?.role).toBe('tool');
            expect(open.delete(answer?.tool_call_id ?? '')).toBe(true);
          }
        }
      }),
    );
  });
});
