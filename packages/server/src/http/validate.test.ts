import { chatCompletionRequest } from '@turnpike/contract/openai-chat';
import { createKeyRequest } from '@turnpike/contract/admin';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { validate } from './validate.ts';

function refusal(schema: z.ZodType, value: unknown): AppError {
  try {
    validate(schema, value, 'body');
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const chat = (change: object) => ({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...change });

describe('a value that does not fit', () => {
  test.each([
    ['messages', { model: 'm' }],
    ['messages', chat({ messages: [] })],
    [
      'messages.1.role',
      chat({
        messages: [
          { role: 'user', content: 'x' },
          { role: 'nobody', content: 'x' },
        ],
      }),
    ],
    [
      'messages.0.content.1.type',
      chat({ messages: [{ role: 'user', content: [{ type: 'text' }, { kind: 'text' }] }] }),
    ],
    ['messages.0.content', chat({ messages: [{ role: 'user', content: 5 }] })],
    ['max_tokens', chat({ max_tokens: 0 })],
    ['stop.1', chat({ stop: ['a', 1] })],
    ['stream_options.include_usage', chat({ stream_options: { include_usage: 'yes' } })],
    ['body', null],
    ['body', []],
  ])('is told by the field %s', (param, value) => {
    const error = refusal(chatCompletionRequest, value);
    expect(error.code).toBe('INVALID_REQUEST');
    expect(error.param).toBe(param);
    expect(error.message.startsWith(`${param}: `)).toBe(true);
  });

  test('is told by a field that is not known', () => {
    const error = refusal(createKeyRequest, { name: 'a', scope: ['chat'] });
    expect(error.param).toBe('scope');
    expect(error.message).toBe('scope: this field is not known here.');
    expect(refusal(z.object({ inner: z.strictObject({}) }), { inner: { surprise: 1 } }).param).toBe('inner.surprise');
  });

  test('is not repeated in the message', () => {
    const secret = 'a-very-secret-prompt';
    for (const value of [chat({ messages: secret }), chat({ n: secret }), chat({ messages: [{ role: secret }] })]) {
      expect(refusal(chatCompletionRequest, value).message).not.toContain(secret);
    }
  });
});

test('a value that fits comes back as the schema makes it', () => {
  expect(validate(z.object({ limit: z.coerce.number().default(50) }), {}, 'query')).toEqual({ limit: 50 });
});
