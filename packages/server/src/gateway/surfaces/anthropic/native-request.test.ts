import { expect, test } from 'vitest';
import { nativeRequest } from './native-request.ts';

const headers = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'a,b', 'x-api-key': 'secret', cookie: 'c' };

test('the body goes as it came, with the headers of the protocol and no other', () => {
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const body = { model: 'm', messages, container: 'c', of_tomorrow: 1 };
  const request = nativeRequest({ headers }, body, messages);
  expect(request.body).toBe(body);
  expect(request.headers).toEqual({ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'a,b' });
  expect(nativeRequest({ headers: {} }, body, messages).headers).toEqual({});
});

test('thinking that another upstream said stays behind, signed thinking does not', () => {
  const signed = { type: 'thinking', thinking: 'x', signature: 'c2ln' };
  const unsigned = { type: 'thinking', thinking: 'y', signature: '' };
  const text = { type: 'text', text: 'z' };
  const messages = [
    { role: 'assistant' as const, content: [unsigned] },
    { role: 'assistant' as const, content: [signed, unsigned, text] },
    { role: 'user' as const, content: 'Hi' },
  ];
  const { body } = nativeRequest({ headers }, { model: 'm', messages }, messages);
  expect(body).toEqual({
    model: 'm',
    messages: [
      { role: 'assistant', content: [signed, text] },
      { role: 'user', content: 'Hi' },
    ],
  });
});
