import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Principal } from '../keys/key.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createToolRegistry } from './registry.ts';
import type { Tool } from './tool.ts';
import { typedTool } from './typed-tool.ts';

const clock = createManualClock();
const signal = new AbortController().signal;
const caller = { principal: undefined, signal };

const sum = typedTool({
  name: 'sum',
  title: 'Sum',
  description: 'Adds numbers, for this test only.',
  input: z.strictObject({ of: z.array(z.int()).min(1), unit: z.enum(['m', 'km']).optional() }),
  output: z.object({ sum: z.int(), unit: z.string() }),
  handle: ({ of, unit }) => ({ sum: of.reduce((left, right) => left + right), unit: unit ?? 'm' }),
});

function tool(part: Partial<Tool>): Tool {
  return { ...sum, name: 'other', input: { type: 'object' }, output: { type: 'object' }, ...part };
}

function registryOf(...tools: Tool[]) {
  return createToolRegistry({ tools, clock, timeoutMs: 1_000, maxResultBytes: 500 });
}

describe('a call', () => {
  const registry = registryOf(sum);

  test('with valid arguments is carried out', async () => {
    expect(await registry.call('sum', { of: [1, 2] }, caller)).toEqual({ sum: 3, unit: 'm' });
  });

  test('with null for an optional argument leaves it out, as strict dialects ask models to', async () => {
    expect(await registry.call('sum', { of: [1], unit: null }, caller)).toEqual({ sum: 1, unit: 'm' });
  });

  test.each([
    [{}, 'arguments.of'],
    [{ of: [] }, 'arguments.of'],
    [{ of: [1, 'x'] }, 'arguments.of.1'],
    [{ of: [1], unti: 'm' }, 'arguments.unti'],
    [{ of: [1], unit: 'mile' }, 'arguments.unit'],
    ['text', 'arguments'],
    [{ of: null }, 'arguments.of'],
  ])('with %j is refused and names %s', async (args, param) => {
    await expect(registry.call('sum', args, caller)).rejects.toMatchObject({ code: 'TOOL_ARGUMENTS_INVALID', param });
  });

  test('of an unknown tool names those there are', async () => {
    await expect(registry.call('constructor', {}, caller)).rejects.toMatchObject({
      code: 'TOOL_UNKNOWN',
      message: expect.stringContaining('sum') as string,
    });
  });

  test('that takes too long ends, and the tool is told', async () => {
    let told: unknown;
    const slow = tool({
      handle: (_args, context) =>
        new Promise(() => {
          context.signal.addEventListener('abort', () => {
            told = context.signal.reason;
          });
        }),
    });
    const answer = registryOf(slow).call('other', {}, caller);
    const outcome = expect(answer).rejects.toMatchObject({ code: 'TOOL_TIMEOUT' });
    clock.advance(1_000);
    await outcome;
    expect(told).toMatchObject({ code: 'TOOL_TIMEOUT' });
  });

  test('whose caller leaves ends', async () => {
    const gone = new AbortController();
    const waiting = registryOf(tool({ handle: () => new Promise(() => undefined) }));
    const answer = waiting.call('other', {}, { principal: undefined, signal: gone.signal });
    gone.abort(new Error('gone'));
    await expect(answer).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });

  test('answers no more than is allowed, and what was promised', async () => {
    const long = tool({ handle: () => Promise.resolve({ text: 'x'.repeat(600) }) });
    await expect(registryOf(long).call('other', {}, caller)).rejects.toMatchObject({
      message: expect.stringContaining('larger than 500 bytes') as string,
    });
    const wrong = tool({ output: sum.output, handle: () => Promise.resolve({ sum: 'three' }) });
    await expect(registryOf(wrong).call('other', {}, caller)).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });

  test('that fails inside says so without its reason', async () => {
    const broken = tool({ handle: () => Promise.reject(new Error('password=1')) });
    const error: unknown = await registryOf(broken)
      .call('other', {}, caller)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TOOL_FAILED', message: 'The tool other failed.' });
  });
});

describe('a tool with a scope', () => {
  const registry = registryOf(tool({ scopes: ['files'], handle: () => Promise.resolve({}) }));
  const holder = (...scopes: string[]) => ({ principal: { scopes: new Set(scopes) } as unknown as Principal, signal });

  test('is closed without a key, and to a key without the scope', async () => {
    await expect(registry.call('other', {}, caller)).rejects.toMatchObject({ code: 'INVALID_API_KEY' });
    await expect(registry.call('other', {}, holder('chat'))).rejects.toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
    await expect(registry.call('other', {}, holder('files'))).resolves.toEqual({});
  });
});

describe('the start', () => {
  test.each([
    [[tool({ name: 'two words' })], 'two words'],
    [[sum, sum], 'two of this name'],
    [[tool({ input: { type: 'object', properties: { x: { type: 'nonsense' } } } })], 'schema is not valid'],
  ])('is refused with a tool that is not valid', (tools, message) => {
    expect(() => registryOf(...tools)).toThrow(message);
  });
});
