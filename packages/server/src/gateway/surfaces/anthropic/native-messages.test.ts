import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../errors.ts';
import type { StreamStep } from '../../answer-stream.ts';
import { nativeMessages } from './native-messages.ts';

const { events } = JSON.parse(readFileSync(new URL('./fixtures/native-stream.json', import.meta.url), 'utf8')) as {
  readonly events: readonly string[];
};
const tokens = { promptTokens: 75, completionTokens: 89, cachedTokens: 40, reasoningTokens: 20 };
const dialect = nativeMessages((error) => `event: error\ndata: ${error.code}\n\n`);

const textOf = (step: StreamStep) => (step.kind === 'failed' ? `failed: ${step.error.code}` : step.text);

describe('a stream of an Anthropic upstream', () => {
  test('goes on byte for byte, but for the name of the model', () => {
    const stream = dialect.openStream({ model: 'large' });
    const sent = events.map((event) => textOf(stream.onEvent(event))).join('') + stream.closing(tokens);
    const expected = events
      .map((event) => `event: ${(JSON.parse(event) as { type: string }).type}\ndata: ${event}\n\n`)
      .join('')
      .replace('"model":"claude-large-1"', '"model":"large"');
    expect(sent).toBe(expected);
  });

  test('holds the count back until the answer is complete', () => {
    const stream = dialect.openStream({ model: 'large' });
    const steps = events.map((event) => stream.onEvent(event));
    expect(steps.at(-2)).toEqual({ kind: 'forward', text: '' });
    expect(steps.at(-1)).toMatchObject({ kind: 'complete' });
    expect(textOf(steps.at(-1) ?? { kind: 'forward', text: '' })).toMatch(
      /^event: message_delta\n.*\n\nevent: message_stop\n/,
    );
  });

  test('is metered by what both message_start and message_delta tell', () => {
    const stream = dialect.openStream({ model: 'large' });
    for (const event of events.slice(0, -2)) stream.onEvent(event);
    // The one token that message_start tells is no count of an answer that breaks off.
    expect(stream.usage).toBeUndefined();
    for (const event of events.slice(-2)) stream.onEvent(event);
    expect(stream.usage).toEqual(tokens);
  });

  test('its text can be counted: what was written, thought and called', () => {
    const stream = dialect.openStream({ model: 'large' });
    for (const event of events) stream.onEvent(event);
    const text = 'Weather…My "model" is fine.get_weather{"city": "Hamburg"}';
    expect(stream.uncountedLength).toBe(text.length);
    expect(stream.takeUncounted()).toBe(text);
    expect(stream.takeUncounted()).toBe('');
  });

  test('that ends without message_stop has failed', () => {
    const stream = dialect.openStream({ model: 'large' });
    for (const event of events.slice(0, -1)) stream.onEvent(event);
    expect(textOf(stream.onEnd())).toBe('failed: UPSTREAM_ERROR');
  });

  test.each([
    ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'failed: overloaded'],
    ['{"type":"error","error":{"type":"api_error","message":"Oops"}}', 'failed: UPSTREAM_ERROR'],
    ['{"type":"error"}', 'failed: UPSTREAM_ERROR'],
    ['{"type":', 'failed: UPSTREAM_ERROR'],
    ['[]', 'failed: UPSTREAM_ERROR'],
    [' ', ''],
    ['{"type":"of tomorrow"}', 'event: of tomorrow\ndata: {"type":"of tomorrow"}\n\n'],
    ['{"type":"ping",\n"a":1}', 'event: ping\ndata: {"type":"ping","a":1}\n\n'],
  ])('the event %j', (event, sent) => {
    expect(textOf(dialect.openStream({ model: 'large' }).onEvent(event))).toBe(sent);
  });

  test('a model name that stands there twice is replaced where it counts', () => {
    const event = '{"type":"message_start","message":{"model":"a","metadata":{"model":"a"}}}';
    expect(textOf(dialect.openStream({ model: 'b' }).onEvent(event))).toBe(
      'event: message_start\ndata: {"type":"message_start","message":{"model":"b","metadata":{"model":"a"}}}\n\n',
    );
  });

  test('an error inside it is rendered by the surface', () => {
    const stream = dialect.openStream({ model: 'large' });
    expect(stream.failure(new AppError('UPSTREAM_TIMEOUT', 'late'))).toBe('event: error\ndata: UPSTREAM_TIMEOUT\n\n');
  });
});

describe('a whole answer of an Anthropic upstream', () => {
  test('tells its tokens', () => {
    const usage = { input_tokens: 25, cache_creation_input_tokens: 10, cache_read_input_tokens: 40, output_tokens: 89 };
    expect(dialect.readUsage({ usage })).toEqual({ ...tokens, reasoningTokens: 0 });
    expect(dialect.readUsage({ usage: {} })).toBeUndefined();
    expect(dialect.readUsage({})).toBeUndefined();
    expect(dialect.readUsage({ usage: { input_tokens: -4, output_tokens: 2.5 } })).toMatchObject({
      promptTokens: 0,
      completionTokens: 2,
    });
  });

  test('can be counted by its text', () => {
    const content = [
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', id: 't', name: 'f', input: { city: 'Hamburg' } },
    ];
    expect(dialect.answerText({ content })).toBe('Let me look.\nf{"city":"Hamburg"}');
    expect(dialect.answerText({})).toBe('');
  });
});
