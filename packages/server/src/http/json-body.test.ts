import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { jsonDepth, parseJsonBody } from './json-body.ts';

/** Depth of a parsed value, the slow and plain way. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function refusal(bytes: Buffer | string, maxDepth = 64): AppError {
  try {
    parseJsonBody(Buffer.from(bytes), maxDepth);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a JSON body', () => {
  test('is read as JSON.parse reads it, and its depth is that of the value', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }),
        fc.constantFrom(undefined, 2),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          const parsed: unknown = JSON.parse(text);
          expect(parseJsonBody(Buffer.from(text), 100)).toEqual(parsed);
          expect(jsonDepth(Buffer.from(text))).toBe(depthOf(parsed));
        },
      ),
    );
  });

  test('has brackets and quotes in strings that do not count', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', 'a', '漢', '\n') }), (text) => {
        expect(jsonDepth(Buffer.from(JSON.stringify([text])))).toBe(1);
        expect(parseJsonBody(Buffer.from(JSON.stringify([text])), 1)).toEqual([text]);
      }),
    );
  });

  test('may be nested to the limit and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJsonBody(Buffer.from(nested(64)), 64)).toBeInstanceOf(Array);
    expect(refusal(nested(65)).code).toBe('NESTING_TOO_DEEP');
    expect(refusal('['.repeat(1_000_000)).code).toBe('NESTING_TOO_DEEP');
    expect(refusal('{"a":'.repeat(1_000_000)).code).toBe('NESTING_TOO_DEEP');
  });

  test.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a sequence cut short', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('with %s is refused as not UTF-8', (_what, bytes) => {
    expect(refusal(Buffer.from(bytes)).code).toBe('INVALID_UTF8');
  });

  test('that is empty or cut short is told so', () => {
    expect(refusal('').message).toBe('The body is not valid JSON: it is empty.');
    expect(refusal('{"model":"m"').code).toBe('INVALID_JSON');
  });

  test('names the place of a fault where the parser tells it', () => {
    expect(refusal('{"model": "m",, "messages": []}').message).toMatch(/at position 14 \(line 1 column 15\)\.$/);
  });

  test('never has its text in the message', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{12,40}$/),
        fc.constantFrom('', '"', '{"', '["x",', '{"a":"b"} '),
        (secret, before) => {
          expect(refusal(before + secret).message).not.toContain(secret.slice(0, 6));
        },
      ),
    );
    // Text that looks like the parser's own words is not taken for them.
    expect(refusal('at position 999').message).not.toContain('999');
  });

  test('with a member __proto__ changes no prototype', () => {
    const parsed = parseJsonBody(Buffer.from('{"__proto__":{"admin":true}}'), 64) as Record<string, unknown>;
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect({ ...parsed }['admin']).toBeUndefined();
  });
});
