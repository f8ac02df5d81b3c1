import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { monthAround, overageOf, type OverageTerms, type Piece } from './overage.ts';

const per = (counted: 'key' | 'tenant', included: number, meter = 'm'): OverageTerms => ({
  included,
  per: counted,
  meter,
});
const piece = (terms: OverageTerms | undefined, tokens: Record<string, number>): Piece => ({
  terms,
  tokens: new Map(Object.entries(tokens)),
});
const total = (pieces: readonly Piece[]) => Object.fromEntries(overageOf(pieces));

describe('tokens beyond a plan', () => {
  test('are none within it, and each one behind it', () => {
    expect(total([piece(per('tenant', 100), { a: 60, b: 40 })])).toEqual({});
    expect(total([piece(per('tenant', 100), { a: 60, b: 41 })])).toEqual({ m: 1 });
    expect(total([piece(per('key', 100), { a: 60, b: 141 })])).toEqual({ m: 41 });
  });

  test('are judged by the plan of their time and all that was used before', () => {
    const small = per('tenant', 100);
    const large = per('tenant', 1_000, 'n');
    // An upgrade takes nothing back; a downgrade bills nothing that was included when it was used.
    expect(total([piece(small, { a: 150 }), piece(large, { a: 800 }), piece(large, { a: 100 })])).toEqual({
      m: 50,
      n: 50,
    });
    expect(total([piece(large, { a: 900 }), piece(small, { a: 10 })])).toEqual({ m: 10 });
    expect(total([piece(undefined, { a: 500 }), piece(small, { a: 10 })])).toEqual({ m: 10 });
  });

  const someTerms = fc.option(
    fc.record({
      included: fc.integer({ min: 0, max: 20 }),
      per: fc.constantFrom('key' as const, 'tenant' as const),
      meter: fc.constantFrom('m', 'n'),
    }),
    { nil: undefined },
  );
  const someTokens = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 15 }));
  const somePieces = fc.array(fc.tuple(someTerms, someTokens), { maxLength: 6 });

  test('are the same as when they are counted one by one', () => {
    fc.assert(
      fc.property(somePieces, (given) => {
        const counted: Record<string, number> = {};
        const used: Record<string, number> = {};
        let all = 0;
        for (const [terms, tokens] of given)
          for (const [key, count] of Object.entries(tokens))
            for (let token = 0; token < count; token += 1) {
              used[key] = (used[key] ?? 0) + 1;
              all += 1;
              const before = terms?.per === 'key' ? used[key] : all;
              if (terms !== undefined && before > terms.included)
                counted[terms.meter] = (counted[terms.meter] ?? 0) + 1;
            }
        expect(total(given.map(([terms, tokens]) => piece(terms, tokens)))).toEqual(counted);
      }),
    );
  });

  test('never become fewer when usage comes late', () => {
    fc.assert(
      fc.property(
        somePieces,
        fc.nat(5),
        fc.constantFrom('a', 'b'),
        fc.integer({ min: 1, max: 9 }),
        (given, at, key, late) => {
          const before = total(given.map(([terms, tokens]) => piece(terms, tokens)));
          const after = total(
            given.map(([terms, tokens], index) =>
              piece(terms, index === at ? { ...tokens, [key]: (tokens[key] ?? 0) + late } : tokens),
            ),
          );
          for (const [meter, tokens] of Object.entries(before)) expect(after[meter]).toBeGreaterThanOrEqual(tokens);
        },
      ),
    );
  });
});

test('months are those of UTC', () => {
  const { startMs, endMs } = monthAround(Date.UTC(2026, 11, 31, 23, 59));
  expect([startMs, endMs]).toEqual([Date.UTC(2026, 11, 1), Date.UTC(2027, 0, 1)]);
});
