import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

const canonicalOf = (text: string) => canonicalJson(JSON.parse(text));

/** The same JSON value with members in another order, white space and escapes wherever they may be. */
function rewritten(value: unknown, random: () => number): string {
  const space = () => [' ', '\n', '\t', '\r\n', '', ''][Math.floor(random() * 6)] ?? '';
  const list = (parts: string[]) => parts.map((part) => space() + part + space()).join(',');
  const text = (string: string) =>
    `"${[...string].map((letter) => (letter < '\u0080' && random() < 0.5 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(letter).slice(1, -1))).join('')}"`;
  if (Array.isArray(value)) return `[${list(value.map((member) => rewritten(member, random)))}]`;
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${text(name)}${space()}:${space()}${rewritten(member, random)}`,
  );
  return `{${list(
    members
      .map((member) => ({ member, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ member }) => member),
  )}}`;
}

describe('the canonical text of a JSON value', () => {
  test('is the same however the value is written', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (value, stream) => {
          const plain = JSON.stringify(value);
          const random = () => Number(stream.next().value);
          expect(canonicalOf(rewritten(JSON.parse(plain), random))).toBe(canonicalOf(plain));
        },
      ),
    );
  });

  test('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });

  test('differs for different values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        const [a, b]: unknown[] = [left, right].map((value): unknown => JSON.parse(JSON.stringify(value)));
        let same = true;
        try {
          expect(a).toEqual(b);
        } catch {
          same = false;
        }
        expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
      }),
    );
  });

  test.each([
    ['[1,2]', '[2,1]'],
    ['{"a":null}', '{}'],
    ['"1"', '1'],
    ['{"a":"b,c"}', '{"a":"b","c":""}'],
    ['[[]]', '[]'],
    ['{"a":{"b":1}}', '{"a":1,"b":1}'],
    ['true', '"true"'],
  ])('%s is not %s', (left, right) => {
    expect(canonicalOf(left)).not.toBe(canonicalOf(right));
  });

  test('no body is no text, which no JSON value has', () => {
    expect(canonicalJson(undefined)).toBe('');
    expect(canonicalJson(null)).toBe('null');
  });
});

describe('the examples of RFC 8785', () => {
  test('§3.2.2: numbers, strings and literals', () => {
    const source = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalOf(source)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('§3.2.3: members sorted by UTF-16 code units', () => {
    const source = String.raw`{
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }`;
    const parsed = JSON.parse(canonicalOf(source)) as Record<string, string>;
    const inText = Object.values(parsed).toSorted(
      (left, right) => canonicalOf(source).indexOf(left) - canonicalOf(source).indexOf(right),
    );
    expect(inText).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  test.each([
    ['-0', '0'],
    ['9007199254740992', '9007199254740992'],
    ['1e21', '1e+21'],
    ['999999999999999900000', '999999999999999900000'],
    ['0.0000033333333333333333', '0.0000033333333333333333'],
    ['5e-324', '5e-324'],
  ])('appendix B: %s is written %s', (source, canonical) => {
    expect(canonicalOf(source)).toBe(canonical);
  });
});
