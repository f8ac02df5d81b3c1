import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import type { JsonObject } from '../provider.ts';
import fixture from './fixtures/request-tools.json' with { type: 'json' };
import { toNativeRequest } from './native-request.ts';
import { defaultMaxTokens, toCountRequest, toMessagesRequest } from './to-request.ts';

const user = { role: 'user', content: 'hi' };
const asked = (body: JsonObject, stream = false) =>
  toMessagesRequest({ model: 'claude-opus-4-6', messages: [user], ...body }, stream);

describe('a chat request in Anthropic’s words', () => {
  test('has everything the documentation has a place for', () => {
    expect(toMessagesRequest(fixture.chat, false)).toEqual(fixture.messages);
  });

  test('always names a largest answer', () => {
    expect(asked({})).toEqual({
      model: 'claude-opus-4-6',
      max_tokens: defaultMaxTokens,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    });
    expect(asked({ max_tokens: 9, max_completion_tokens: 7 }, true)).toMatchObject({ max_tokens: 7, stream: true });
  });

  test.each([
    ['auto', undefined, { tool_choice: { type: 'auto' } }],
    ['none', false, { tool_choice: { type: 'none' } }],
    [undefined, false, { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }],
    [{ type: 'function', function: { name: 'f' } }, true, { tool_choice: { type: 'tool', name: 'f' } }],
    [undefined, undefined, {}],
  ])('with tool_choice %j and parallel_tool_calls %j has %j', (choice, parallel, expected) => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const { tool_choice: given } = asked({ tools, tool_choice: choice, parallel_tool_calls: parallel });
    expect(given === undefined ? {} : { tool_choice: given }).toEqual(expected);
    expect(asked({ tool_choice: choice, parallel_tool_calls: parallel })).not.toHaveProperty('tool_choice');
  });

  test('has functions and calls of the old form', () => {
    const called = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } };
    const request = asked({
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
      messages: [user, called, { role: 'function', name: 'f', content: 'done' }],
    });
    expect(request).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name: 'f' },
      messages: [
        { role: 'user' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'f', name: 'f', input: { a: 1 } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'f' }] },
      ],
    });
  });

  test('asks for a schema where there is one, and for JSON in words where there is none', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    expect(asked({ response_format: { type: 'json_schema', json_schema: { name: 'a', schema } } })).toMatchObject({
      output_config: { format: { type: 'json_schema', schema } },
    });
    const { system } = asked({
      response_format: { type: 'json_object' },
      messages: [{ role: 'system', content: 'Be.' }, user],
    });
    expect(system).toEqual([
      { type: 'text', text: 'Be.' },
      { type: 'text', text: expect.stringContaining('JSON object') as unknown },
    ]);
    expect(asked({ response_format: { type: 'text' } })).not.toHaveProperty('output_config');
  });

  test('of instructions alone lets somebody say them', () => {
    expect(asked({ messages: [{ role: 'system', content: 'Say hi.' }] })).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hi.' }] }],
    });
  });

  test('ends without white space where the model is to go on', () => {
    const { messages } = asked({ messages: [user, { role: 'assistant', content: 'The answer is  \n' }] });
    expect(messages).toMatchObject([{}, { content: [{ text: 'The answer is' }] }]);
    const blank = asked({ messages: [user, { role: 'assistant', content: '  ' }] });
    expect(blank['messages']).toHaveLength(1);
  });

  test.each([
    [{ n: 2 }, 'n'],
    [{ audio: { voice: 'a' } }, 'audio'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools.0.type'],
    [{ tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: { type: 'allowed_tools' } }, 'tool_choice'],
    [{ messages: [user, { role: 'user', content: [{ type: 'input_audio' }] }] }, 'messages.1.content.0'],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
      'messages.0.content.0.file',
    ],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages.0.content.0.image_url'],
  ])('that cannot say %j is refused for %s', (body, param) => {
    const attempt = () => asked(body);
    expect(attempt).toThrow(AppError);
    expect(attempt).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CAPABILITY', param }) as Error);
  });
});

describe('the effort of reasoning', () => {
  const effort = (reasoning_effort: string, body: JsonObject = {}) => asked({ reasoning_effort, ...body });

  test('is a word for models that decide for themselves', () => {
    expect(effort('high')).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
    expect(effort('minimal')['output_config']).toEqual({ effort: 'low' });
    expect(effort('none')['thinking']).toEqual({ type: 'disabled' });
    expect(effort('immense')).not.toHaveProperty('thinking');
  });

  test.each(['claude-3-7-sonnet-latest', 'claude-sonnet-4-20250514', 'claude-opus-4-1', 'claude-haiku-4-5-20251001'])(
    'is a budget for %s, with room for words',
    (model) => {
      expect(effort('medium', { model, max_tokens: 8_192 })['thinking']).toEqual({
        type: 'enabled',
        budget_tokens: 4_096,
      });
      expect(effort('high', { model, max_tokens: 4_000 })['thinking']).toEqual({
        type: 'enabled',
        budget_tokens: 3_000,
      });
      expect(effort('high', { model, max_tokens: 1_000 })).not.toHaveProperty('thinking');
    },
  );

  test('leaves no temperature: Anthropic has none while it thinks', () => {
    expect(effort('high', { temperature: 0.2 })).not.toHaveProperty('temperature');
    expect(effort('none', { temperature: 0.2 })).toMatchObject({ temperature: 0.2 });
  });

  test('gives way where thoughts of the turn were not given back', () => {
    const model = 'claude-sonnet-4-5';
    const tool_calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const thinking_blocks = [{ index: 0, type: 'thinking', thinking: 'Hm.', signature: 's' }];
    const turn = (message: JsonObject) => [user, message, { role: 'tool', tool_call_id: 'c', content: 'x' }];
    const lost = effort('high', { model, messages: turn({ role: 'assistant', tool_calls }) });
    expect(lost).not.toHaveProperty('thinking');
    const kept = effort('high', { model, messages: turn({ role: 'assistant', tool_calls, thinking_blocks }) });
    expect(kept).toMatchObject({
      thinking: { type: 'enabled' },
      messages: [{}, { content: [{ type: 'thinking', thinking: 'Hm.', signature: 's' }, { type: 'tool_use' }] }, {}],
    });
    expect(JSON.stringify(kept)).not.toContain('"index"');
  });
});

describe('a request that came in Anthropic’s words', () => {
  const native = { model: 'public', max_tokens: 4_000, messages: [user], metadata: { user_id: 'u' }, top_k: 3 };

  test('is sent as it came, but for the model', () => {
    expect(toNativeRequest(native, { model: 'claude', max_tokens: 4_000 }, false)).toEqual({
      ...native,
      model: 'claude',
    });
  });

  test('asks for no more than was granted, and thinks within that', () => {
    const thinking = { type: 'enabled', budget_tokens: 3_000 };
    expect(toNativeRequest({ ...native, thinking }, { model: 'claude', max_tokens: 2_000 }, true)).toEqual({
      ...native,
      model: 'claude',
      max_tokens: 2_000,
      stream: true,
      thinking: { type: 'enabled', budget_tokens: 1_999 },
    });
    const small = toNativeRequest({ ...native, thinking }, { model: 'claude', max_tokens: 500 }, false);
    expect(small).toEqual({ ...native, model: 'claude', max_tokens: 500 });
  });

  test('is counted without what is not part of the prompt', () => {
    expect(toCountRequest({ ...native, system: 'Be.' })).toEqual({ model: 'public', messages: [user], system: 'Be.' });
  });
});

const text = fc.string({ unit: 'grapheme' });
const call = fc.record({
  id: fc.string({ minLength: 1 }),
  name: fc.stringMatching(/^[a-z_]{1,12}$/),
  arguments: fc.json(),
});
const history = fc.array(
  fc.oneof(
    fc.record({ role: fc.constant('user'), content: text }),
    fc.record({ role: fc.constant('system'), content: text }),
    fc.record({ role: fc.constant('assistant'), content: fc.option(text) }),
    fc.record({
      role: fc.constant('assistant'),
      content: fc.constant(null),
      tool_calls: fc.array(
        call.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    fc.record({ role: fc.constant('tool'), tool_call_id: fc.string({ minLength: 1 }), content: text }),
  ),
  { minLength: 1, maxLength: 12 },
);

test('any history becomes turns of changing roles without an empty block, and no word of a user is lost', () => {
  fc.assert(
    fc.property(history, (messages) => {
      const { messages: turns, system } = toMessagesRequest({ model: 'm', messages }, false) as {
        messages: { role: string; content: { type: string; text?: string }[] }[];
        system?: { text: string }[];
      };
      const roles = turns.map((turn) => turn.role);
      expect(roles.every((role, index) => role !== roles[index - 1])).toBe(true);
      const blocks = turns.flatMap((turn) => turn.content);
      expect(blocks.some((block) => block.type === 'text' && block.text === '')).toBe(false);
      const isSaid = ({ content }: { content: string | null }) => content !== null && content.trim() !== '';
      const said = (role: string) =>
        messages.filter((message) => message.role === role && isSaid(message)).map((message) => message.content);
      if (messages.every((message) => message.role === 'system' || !isSaid(message))) return;
      const texts = turns.filter((turn) => turn.role === 'user').flatMap((turn) => turn.content);
      expect(texts.filter((block) => block.type === 'text').map((block) => block.text)).toEqual(said('user'));
      expect(system?.map((block) => block.text) ?? []).toEqual(said('system'));
    }),
  );
});
