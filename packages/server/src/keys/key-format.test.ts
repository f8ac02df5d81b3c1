import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateSecret, hashSecret, isWellFormedSecret, secretHint } from './key-format.ts';

const prefix = fc.constantFrom('sk_live_', 'sk_test_', 'sk-', 'a-b_', 'tk_');
const characters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
const secret = prefix.map((text) => generateSecret(text));

describe('a secret', () => {
  test('is well-formed, carries its prefix and is long enough for 256 bits', () => {
    fc.assert(
      fc.property(prefix, (text) => {
        const made = generateSecret(text);
        expect(made.startsWith(text)).toBe(true);
        expect(made).toHaveLength(text.length + 49);
        expect(isWellFormedSecret(made)).toBe(true);
      }),
    );
  });

  test('never comes twice', () => {
    const made = new Set(Array.from({ length: 500 }, () => generateSecret('sk-')));
    expect(made.size).toBe(500);
  });

  test('is refused when any one character differs', () => {
    fc.assert(
      fc.property(secret, fc.nat(), fc.constantFrom(...characters), (made, place, character) => {
        const at = place % made.length;
        fc.pre(made.charAt(at) !== character);
        expect(isWellFormedSecret(made.slice(0, at) + character + made.slice(at + 1))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('is refused when two neighbours are swapped', () => {
    fc.assert(
      fc.property(secret, fc.nat(), (made, place) => {
        const at = place % (made.length - 1);
        fc.pre(made.charAt(at) !== made.charAt(at + 1));
        const swapped = made.slice(0, at) + made.charAt(at + 1) + made.charAt(at) + made.slice(at + 2);
        expect(isWellFormedSecret(swapped)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('is refused when cut at either end', () => {
    fc.assert(
      fc.property(secret, fc.integer({ min: 1, max: 48 }), (made, cut) => {
        expect(isWellFormedSecret(made.slice(0, -cut))).toBe(false);
        expect(isWellFormedSecret(made.slice(cut))).toBe(false);
      }),
    );
  });

  test.each([
    '',
    'x',
    'sk-',
    'é'.repeat(60),
    `${generateSecret('sk-')}\n`,
    ` ${generateSecret('sk-')}`,
    'a'.repeat(10_000),
  ])('is not %j', (text) => {
    expect(isWellFormedSecret(text)).toBe(false);
  });

  test('shows its prefix and last four characters only', () => {
    const made = generateSecret('sk_live_');
    expect(secretHint('sk_live_', made)).toBe(`sk_live_…${made.slice(-4)}`);
  });

  test('is looked up by its SHA-256', () => {
    expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
