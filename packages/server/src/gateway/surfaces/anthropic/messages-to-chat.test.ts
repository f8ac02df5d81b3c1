import { messagesRequest, type MessagesRequest } from '@turnpike/contract/anthropic-messages';
import { chatCompletionRequest } from '@turnpike/contract/openai-chat';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../providers/provider.ts';
import { messagesToChat } from './messages-to-chat.ts';

const fixture = JSON.parse(readFileSync(new URL('./fixtures/request.json', import.meta.url), 'utf8')) as {
  readonly request: JsonObject;
  readonly chat: JsonObject;
};

const thinker = { reasoning: true };

function translate(fields: JsonObject, traits = thinker) {
  const request = messagesRequest.parse({
    model: 'm',
    max_tokens: 10,
    messages: [{ role: 'user', content: 'Hi' }],
    ...fields,
  });
  return messagesToChat(request, traits);
}

/** The messages that a user's or an assistant's blocks become. */
function said(role: string, ...content: JsonObject[]) {
  const { body, gap } = translate({ messages: [{ role, content }] });
  return { messages: body.messages, gap };
}

describe('a Messages request as a chat request', () => {
  test('the documented request in all its parts', () => {
    const { body, gap } = messagesToChat(messagesRequest.parse(fixture.request), thinker);
    expect(gap).toBeUndefined();
    expect(body).toEqual(fixture.chat);
    expect(chatCompletionRequest.safeParse(body).success).toBe(true);
  });

  test('a model that does not think is not told how much to', () => {
    const thinking = { type: 'enabled', budget_tokens: 20_000 };
    expect(translate({ thinking }).body['reasoning_effort']).toBe('high');
    expect(translate({ thinking }, { reasoning: false }).body).not.toHaveProperty('reasoning_effort');
  });

  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 1_024 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 8_000 } }, 'medium'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'high'],
    [{ output_config: { effort: 'medium' } }, 'medium'],
    [{ thinking: { type: 'disabled' } }, undefined],
    [{ thinking: { type: 'adaptive' } }, undefined],
  ])('%o is the effort %s', (fields, effort) => {
    expect(translate(fields).body['reasoning_effort']).toBe(effort);
  });

  test('a schema of the answer is asked for in either of its places', () => {
    const format = { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } };
    const expected = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: format.schema } };
    expect(translate({ output_config: { format } }).body.response_format).toEqual(expected);
    expect(translate({ output_format: format }).body.response_format).toEqual(expected);
  });

  test.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [{ type: 'any' }, 'required'],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
  ])('the choice %o', (choice, expected) => {
    const tools = [{ name: 'f', input_schema: { type: 'object' } }];
    expect(translate({ tools, tool_choice: choice }).body['tool_choice']).toEqual(expected);
  });

  test('a choice without tools is left out, as servers refuse it', () => {
    expect(translate({ tools: [], tool_choice: { type: 'auto' } }).body).not.toHaveProperty('tool_choice');
  });

  test('a turn of the system in the middle stays there', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'system', content: [{ type: 'text', text: 'Now in German.' }] },
    ];
    expect(translate({ system: 'Be brief.', messages }).body.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'system',
    ]);
  });
});

describe('results of tools', () => {
  const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };

  test('come before what the user adds, whatever the order', () => {
    const { messages } = said(
      'user',
      { type: 'text', text: 'And?' },
      { type: 'tool_result', tool_use_id: 'a', content: '1' },
      { type: 'tool_result', tool_use_id: 'b' },
    );
    expect(messages).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'user', content: 'And?' },
    ]);
  });

  test('that are images follow in the name of the user', () => {
    const { messages } = said('user', { type: 'tool_result', tool_use_id: 'a', content: [image] });
    expect(messages).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Images of the tool result a:' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        ],
      },
    ]);
  });
});

describe('what only Anthropic’s own models know is named', () => {
  const search = { type: 'web_search_20250305', name: 'web_search' };
  test.each([
    ['tools.1.type', { tools: [{ name: 'f', input_schema: {} }, search] }],
    ['tools.0.input_schema', { tools: [{ name: 'f' }] }],
    ['output_config.format.type', { output_config: { format: { type: 'grammar' } } }],
    ['max_tokens', { max_tokens: 0 }],
    ['tool_choice.type', { tools: [{ name: 'f', input_schema: {} }], tool_choice: { type: 'some' } }],
  ])('%s', (param, fields) => {
    expect(translate(fields).gap).toMatchObject({ code: 'INVALID_REQUEST', param });
  });

  const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } };
  test.each([
    ['messages.0.content.0.source', 'user', pdf],
    ['messages.0.content.0.source', 'user', { type: 'image', source: { type: 'file', file_id: 'file_1' } }],
    ['messages.0.content.0.type', 'user', { type: 'container_upload', file_id: 'file_1' }],
    ['messages.0.content.0.type', 'assistant', { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }],
    ['messages.0.content.0.text', 'user', { type: 'text' }],
    [
      'messages.0.content.0.content.0.type',
      'user',
      { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_reference' }] },
    ],
    ['messages.0.content.0.content', 'user', { type: 'tool_result', tool_use_id: 'a', content: 7 }],
  ])('%s of a turn of the %s', (param, role, block) => {
    const { gap, messages } = said(role, block);
    expect(gap).toMatchObject({ code: 'INVALID_REQUEST', param });
    expect(gap?.message.startsWith(`${param}: `)).toBe(true);
    // The rest is still told, so that limits and checks see the request.
    expect(messages.length).toBeGreaterThan(0);
  });
});

describe('there and back', () => {
  type Block = JsonObject;
  const text = fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary' }) });
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  const toolUse = fc.record({
    type: fc.constant('tool_use'),
    id: fc.uuid(),
    name,
    input: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
  });
  const toolResult = fc.record({ type: fc.constant('tool_result'), tool_use_id: fc.uuid(), content: fc.string() });
  const turn = fc.oneof(
    fc.record({ role: fc.constant('assistant' as const), content: fc.array(fc.oneof(text, toolUse)) }),
    fc.record({ role: fc.constant('user' as const), content: fc.array(fc.oneof(text, toolResult), { minLength: 1 }) }),
  );

  /** All that was said and called, in order of kind: from blocks. */
  function ofTurns(turns: readonly { readonly content: readonly Block[] }[]) {
    const blocks = turns.flatMap(({ content }) => content);
    return {
      text: blocks.map((block) => (block['type'] === 'text' ? block['text'] : '')).join(''),
      calls: blocks
        .filter(({ type }) => type === 'tool_use')
        .map(({ id, name: called, input }) => ({ id, called, input })),
      results: blocks
        .filter(({ type }) => type === 'tool_result')
        .map((block) => [block['tool_use_id'], block['content']]),
    };
  }

  /** The same, from messages of a chat. */
  function ofMessages(messages: readonly JsonObject[]) {
    const texts = messages
      .filter(({ role }) => role !== 'tool')
      .map(({ content }) =>
        Array.isArray(content)
          ? content.map((part: { text: string }) => part.text).join('')
          : typeof content === 'string'
            ? content
            : '',
      );
    const calls = messages.flatMap(
      (message) => (message['tool_calls'] ?? []) as { id: string; function: { name: string; arguments: string } }[],
    );
    return {
      text: texts.join(''),
      calls: calls.map((call) => ({
        id: call.id,
        called: call.function.name,
        input: JSON.parse(call.function.arguments) as unknown,
      })),
      results: messages
        .filter(({ role }) => role === 'tool')
        .map((result) => [result['tool_call_id'], result['content']]),
    };
  }

  test('no text, call, argument or result is lost or changed', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 4 }), (turns) => {
        // Through JSON, as it comes over the wire.
        const messages = JSON.parse(JSON.stringify(turns)) as MessagesRequest['messages'] & { content: Block[] }[];
        const { body, gap } = translate({ messages });
        expect(gap).toBeUndefined();
        expect(ofMessages(body.messages)).toEqual(ofTurns(messages));
        expect(chatCompletionRequest.safeParse(body).success).toBe(true);
      }),
    );
  });
});
