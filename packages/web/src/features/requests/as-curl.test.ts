import { ledgerSurfaces } from '@turnpike/contract/ledger-surfaces';
import { expect, test } from 'vitest';
import { asCurl } from './as-curl.ts';

const url = 'https://api.example.com';
const line = (surface: string, body?: unknown) => asCurl(url, { surface, model: 'm', body }, 'it’s not kept') ?? '';
const pathOf = (command: string) => /^curl https:\/\/api\.example\.com(\S+)/.exec(command)?.[1];

test.each(ledgerSurfaces)(
  'a request by %s can be shown though its body was not kept, which the line says',
  (surface) => {
    const command = line(surface);
    expect(pathOf(command)).toMatch(/^\/\w/);
    expect(command).toContain('it’s not kept'.replaceAll("'", String.raw`'\''`));
  },
);

test.each([
  ['openai-chat', '/v1/chat/completions', 'Authorization: Bearer $API_KEY'],
  ['openai-responses', '/v1/responses', 'Authorization: Bearer $API_KEY'],
  ['openai-moderations', '/v1/moderations', 'Authorization: Bearer $API_KEY'],
  ['anthropic-messages', '/v1/messages', 'x-api-key: $API_KEY'],
  ['spycore-chat', '/v1/chat', 'Authorization: Bearer $API_KEY'],
  ['public-chat', '/api/chat-completion.php', 'X-Simo-Token: $SESSION_TOKEN'],
])('%s has its own path and header', (surface, path, header) => {
  const command = line(surface, { any: 'thing' });
  expect(pathOf(command)).toBe(path);
  expect(command).toContain(`-H "${header}"`);
});

test('what anybody may ask without a key is shown without one', () => {
  expect(line('nlweb-ask', { query: 'x' })).not.toContain('$API_KEY');
});

test('a kept body stands there as it was, safe for a shell', () => {
  expect(line('openai-chat', { a: "it's $HOME" })).toContain(String.raw`-d '{"a":"it'\''s $HOME"}'`);
});

test('a line of a batch goes where its body belongs, and a question of a job is ordered as one', () => {
  expect(pathOf(line('openai-batch', { messages: [] }))).toBe('/v1/chat/completions');
  expect(pathOf(line('openai-batch', { prompt: 'x' }))).toBe('/v1/completions');
  expect(pathOf(line('openai-batch', { input: 'x' }))).toBe('/v1/embeddings');
  expect(pathOf(line('openai-batch', { input: 'x', max_output_tokens: 5 }))).toBe('/v1/responses');
  expect(line('hub-answer', { query: 'x' })).toContain('{"type":"ask","input":{"query":"x"}}');
});

test('what this console does not know is not made up', () => {
  expect(asCurl(url, { surface: 'tomorrow', model: 'm', body: {} }, '')).toBeUndefined();
});
