import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cachePolicy } from './cache-policy.ts';

const longest = 3_600;
const use = (maxAgeSeconds: number) => ({ read: true, write: true, maxAgeSeconds });
const renew = (maxAgeSeconds: number) => ({ read: false, write: true, maxAgeSeconds });

test.each([
  // Nobody asks.
  [undefined, undefined, undefined],
  ['', undefined, undefined],
  ['private, no-transform', undefined, undefined],
  ['only-if-cached', undefined, undefined],
  ['s-maxage=60, x-max-age=60', undefined, undefined],
  // The request asks.
  ['max-age=60', undefined, use(60)],
  ['max-age=60', 0, use(60)],
  ['max-age=999999', undefined, use(3_600)],
  ['only-if-cached, max-age=60', undefined, use(60)],
  // The key asks.
  [undefined, 30, use(30)],
  [undefined, 0, undefined],
  [undefined, 999_999, use(3_600)],
  ['max-age=5', 30, use(5)],
  ['max-age=50', 30, use(50)],
  // Kept out.
  ['no-store', 30, undefined],
  ['no-store, max-age=60', 30, undefined],
  ['max-age=60, NO-STORE', undefined, undefined],
  // Renewed.
  ['no-cache', undefined, undefined],
  ['no-cache', 30, renew(30)],
  ['no-cache, max-age=60', undefined, renew(60)],
  ['no-cache, max-age=60', 30, renew(60)],
  ['no-cache, max-age=0', undefined, undefined],
  ['max-age=0', undefined, undefined],
  ['max-age=0', 30, renew(30)],
])('Cache-Control %j with a default of %s: %j', (header, keySeconds, expected) => {
  expect(cachePolicy(header, keySeconds, longest)).toEqual(expected);
});

describe('odd headers are read as RFC 9111 has it', () => {
  test.each([
    ['Max-Age="60", private', use(60)],
    ['max-age = 60', use(60)],
    [' ,, max-age=60 ,', use(60)],
    ['max-age=00060', use(60)],
    ['\tmax-age=60\t', use(60)],
    // The first of a name counts.
    ['max-age=60, max-age=0', use(60)],
    ['max-age=0, max-age=60', renew(30)],
    // A comma or an equals sign inside a quoted string separates nothing.
    ['ext="no-store, max-age=7", max-age=60', use(60)],
    ['ext="a\\", no-store", max-age=60', use(60)],
    ['ext="never closed, no-store', use(30)],
    ['ext="a=b"=c, max-age=60', use(60)],
    // Larger than can be held: as long as can be.
    ['max-age=99999999999999999999999', use(3_600)],
    [`max-age=${'9'.repeat(400)}`, use(3_600)],
    // No number: nothing old is good enough.
    ['max-age=soon', renew(30)],
    ['max-age=-1', renew(30)],
    ['max-age=+5', renew(30)],
    ['max-age=1.5', renew(30)],
    ['max-age=1e3', renew(30)],
    ['max-age=', renew(30)],
    ['max-age', renew(30)],
    ['max-age="6', use(6)],
    ['max-age=٦٠', renew(30)],
    // Those of responses, with arguments, mean the same.
    ['no-cache="set-cookie"', renew(30)],
    ['no-store=1', undefined],
    ['no-store-please', use(30)],
  ])('%j', (header, expected) => {
    expect(cachePolicy(header, 30, longest)).toEqual(expected);
  });
});

const directive = fc.oneof(
  fc.constantFrom('no-store', 'no-cache', 'max-age=0', 'private', 'only-if-cached', 'max-age', 'ext="a, b"'),
  fc.integer({ min: -5, max: 100_000 }).map((age) => `max-age=${age}`),
  fc.string({ maxLength: 12 }),
);
const header = fc.oneof(
  fc.string(),
  fc.array(directive, { maxLength: 6 }).map((parts) => parts.join(', ')),
);
const keyDefault = fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined });

describe('whatever the header says', () => {
  test('nothing is kept longer than allowed, and never without being asked', () => {
    fc.assert(
      fc.property(header, keyDefault, fc.integer({ min: 1, max: 100_000 }), (text, own, most) => {
        const policy = cachePolicy(text, own, most);
        if (policy !== undefined) {
          expect(policy.maxAgeSeconds).toBeGreaterThan(0);
          expect(policy.maxAgeSeconds).toBeLessThanOrEqual(most);
          expect(policy.read || policy.write).toBe(true);
        }
        if (own === undefined && !/max-age/i.test(text)) expect(policy).toBeUndefined();
      }),
    );
  });

  test('no-store before it keeps the request out, and no-cache before it never reads', () => {
    fc.assert(
      fc.property(header, keyDefault, (text, own) => {
        expect(cachePolicy(`no-store, ${text}`, own, longest)).toBeUndefined();
        expect(cachePolicy(`no-cache, ${text}`, own, longest)?.read ?? false).toBe(false);
      }),
    );
  });

  test('case and space make no difference', () => {
    fc.assert(
      fc.property(
        fc.array(
          directive.filter((part) => /^[\w=-]+$/.test(part)),
          { maxLength: 5 },
        ),
        keyDefault,
        (parts, own) => {
          const plain = cachePolicy(parts.join(','), own, longest);
          expect(cachePolicy(parts.map((part) => ` ${part.toUpperCase()}\t`).join(' , '), own, longest)).toEqual(plain);
        },
      ),
    );
  });

  test('a header of hostile length is read at once', () => {
    const text = `${'"\\'.repeat(50_000)},${'='.repeat(50_000)}`;
    expect(cachePolicy(text, undefined, longest)).toBeUndefined();
  });
});
