import { message as messageSchema } from '@turnpike/contract/anthropic-messages';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../providers/provider.ts';
import { chatToMessage } from './chat-to-message.ts';
import { messagesToChat } from './messages-to-chat.ts';

const fixture = JSON.parse(readFileSync(new URL('./fixtures/answer.json', import.meta.url), 'utf8')) as {
  readonly completion: JsonObject;
  readonly message: JsonObject;
};
const context = { nowMs: 1_768_478_400_000, stopSequences: ['###'] };

function answer(message: JsonObject, end: JsonObject = { finish_reason: 'stop' }): JsonObject {
  return chatToMessage({ model: 'm', choices: [{ index: 0, message, ...end }] }, context);
}

describe('a chat.completion as a Message', () => {
  test('the documented answer in all its parts', () => {
    const message = chatToMessage(fixture.completion, context);
    expect(message).toEqual({ ...fixture.message, id: expect.stringMatching(/^msg_/) as string });
    expect(messageSchema.safeParse(message).success).toBe(true);
  });

  test.each([
    [{ finish_reason: 'stop' }, 'end_turn'],
    [{ finish_reason: 'length' }, 'max_tokens'],
    [{ finish_reason: 'content_filter' }, 'refusal'],
    [{ finish_reason: null }, 'end_turn'],
    [{ finish_reason: 'tool_calls' }, 'end_turn'],
    [{ finish_reason: 'stop', stop_reason: '###' }, 'stop_sequence'],
    [{ finish_reason: 'stop', stop_reason: 'never asked for' }, 'end_turn'],
  ])('%o of a text is %s', (end, reason) => {
    expect(answer({ content: 'x' }, end)).toMatchObject({
      stop_reason: reason,
      stop_sequence: reason === 'stop_sequence' ? '###' : null,
    });
  });

  test('a server that ends tool calls with stop is understood', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    expect(answer({ content: null, tool_calls: [call] })['stop_reason']).toBe('tool_use');
    expect(answer({ tool_calls: [call] }, { finish_reason: 'length' })['stop_reason']).toBe('max_tokens');
  });

  test('a refusal is its text and its stop reason', () => {
    expect(answer({ content: null, refusal: 'I will not.' })).toMatchObject({
      content: [{ type: 'text', text: 'I will not.' }],
      stop_reason: 'refusal',
    });
  });

  test.each([
    ['', {}],
    ['{"a":', { invalid_arguments: '{"a":' }],
    ['[1]', { invalid_arguments: '[1]' }],
  ])('the arguments %j are the input %o', (text, input) => {
    const message = answer({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: text } }] });
    expect(message['content']).toEqual([{ type: 'tool_use', id: 'a', name: 'f', input }]);
  });

  test('a call without an id gets one', () => {
    const message = answer({ tool_calls: [{ function: { name: 'f', arguments: '{}' } }] });
    expect(message['content']).toMatchObject([{ id: expect.stringMatching(/^toolu_/) as string }]);
  });

  test('whatever an upstream sends is a valid message', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (message, choice, usage) => {
        for (const choices of [choice, [choice], [{ message, finish_reason: choice }]]) {
          const shaped = chatToMessage({ model: 'm', choices, usage }, context);
          expect(messageSchema.safeParse(shaped).success).toBe(true);
        }
      }),
    );
  });

  test('sent back in the next turn it is the same message of the chat', () => {
    const call = fc.record({
      id: fc.uuid(),
      type: fc.constant('function'),
      function: fc.record({
        name: fc.stringMatching(/^[a-z]{1,8}$/),
        arguments: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })).map((input) => JSON.stringify(input)),
      }),
    });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.array(call, { minLength: 1 }), (content, calls) => {
        const message = { role: 'assistant', content, tool_calls: calls };
        const shaped = answer(message);
        const { body } = messagesToChat(
          { model: 'm', messages: [{ role: 'assistant', content: shaped['content'] as { type: string }[] }] },
          { reasoning: false },
        );
        expect(body.messages).toEqual([
          {
            ...message,
            // JSON may be written in more than one way; what it says is the same.
            tool_calls: calls.map((made) => ({
              ...made,
              function: { ...made.function, arguments: JSON.stringify(JSON.parse(made.function.arguments)) },
            })),
          },
        ]);
      }),
    );
  });
});
