import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTokens, createTokenCounter, loadTokenizer } from './count-tokens.ts';
import { estimateTextTokens } from './estimate.ts';

test('counts as o200k_base does', async () => {
  expect(await countTokens('')).toBe(0);
  expect(await countTokens('Hello, world!')).toBe(4);
  expect(await countTokens('Schlüssel 世界 👋🏽')).toBe(7);
});

test('text that looks like a special token is text', async () => {
  expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1);
});

test('a run of 100 000 letters is counted in pieces', async () => {
  const { count } = await loadTokenizer();
  expect(count('a'.repeat(100_000))).toBe(12_500);
  expect(count(' '.repeat(100_000))).toBeLessThan(3_000);
});

test('of a text of millions of characters a part is counted', async () => {
  const { count } = await loadTokenizer();
  const text = 'one two three four five six seven '.repeat(2_000);
  expect(count(text.repeat(50)) / count(text)).toBeCloseTo(50, 0);
});

test('never throws, and a cut text keeps its beginning', async () => {
  const { count, truncate } = await loadTokenizer();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.nat(50), (text, maxTokens) => {
      const cut = truncate(text, maxTokens);
      expect(count(text)).toBeGreaterThanOrEqual(0);
      expect(cut.tokens).toBeLessThanOrEqual(maxTokens);
      expect(text.toWellFormed().startsWith(cut.text.toWellFormed())).toBe(true);
    }),
  );
});

test('a counter estimates until the tokenizer is loaded', async () => {
  const count = createTokenCounter();
  const text = 'The quick brown fox jumps over the lazy dog.';
  expect(count(text)).toBe(estimateTextTokens(text));
  await loadTokenizer();
  expect(count(text)).toBe(10);
});
