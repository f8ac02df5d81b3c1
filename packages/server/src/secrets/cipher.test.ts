import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCipher } from './cipher.ts';

const masterKey = randomBytes(32);
const cipher = createCipher(masterKey, 'idempotency');
const anyText = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));

describe('a sealed text', () => {
  test('opens to what it was, with the context it was sealed in', () => {
    fc.assert(
      fc.property(anyText, fc.string(), (plain, context) => {
        expect(cipher.open(cipher.seal(plain, context), context).equals(plain)).toBe(true);
      }),
    );
  });

  test('does not open in another context, under another key or for another purpose', () => {
    const sealed = cipher.seal(Buffer.from('secret'), 'row 1');
    expect(() => cipher.open(sealed, 'row 2')).toThrow();
    expect(() => createCipher(randomBytes(32), 'idempotency').open(sealed, 'row 1')).toThrow();
    expect(() => createCipher(masterKey, 'streams').open(sealed, 'row 1')).toThrow();
    expect(createCipher(masterKey, 'idempotency').open(sealed, 'row 1').toString()).toBe('secret');
  });

  test('does not open once any bit of it is changed, or a part is cut off', () => {
    const sealed = cipher.seal(Buffer.from('a secret of some length'), 'row');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.nat(7), (index, bit) => {
        const changed = Buffer.from(sealed);
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        expect(() => cipher.open(changed, 'row')).toThrow();
      }),
    );
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), (length) => {
        expect(() => cipher.open(sealed.subarray(0, length), 'row')).toThrow();
      }),
    );
  });

  test('looks different every time, and does not show the text', () => {
    const plain = Buffer.from('the very same words');
    const [first, second] = [cipher.seal(plain, 'row'), cipher.seal(plain, 'row')];
    expect(first.equals(second)).toBe(false);
    expect(first.includes(plain)).toBe(false);
  });
});
