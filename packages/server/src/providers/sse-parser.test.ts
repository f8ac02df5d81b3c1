import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SseParser } from './sse-parser.ts';

/** The events of bytes that arrive in these pieces. */
function parse(pieces: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  const parser = new SseParser((data) => events.push(data));
  for (const piece of pieces) parser.push(Buffer.from(piece));
  parser.end();
  return events;
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((left, right) => left - right),
    bytes.length,
  ];
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

const text = fc.string({
  unit: fc.constantFrom('a', '{', '"', ':', ' ', 'é', '漢', '🎈', '\u2028', '\u2029', '\u0085', 'data:'),
  maxLength: 20,
});
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value));
/** What a server writes, with what comes of it. */
const item = fc.record({
  data: fc.oneof(text, json, fc.constant('[DONE]')),
  space: fc.boolean(),
  before: fc.constantFrom(
    '',
    ': ping\n\n',
    ':\n',
    'event: message\n',
    'id: 7\n',
    'retry: 10\n',
    'database: x\n',
    'da\n',
    '\n\n',
  ),
});
const ends = fc.constantFrom('\n', '\r\n');

describe('a stream of events', () => {
  test('gives the same events, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 8 }),
        ends,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom(0, 1, 2),
        (items, end, cuts, missing) => {
          const written = items.map(({ data, space, before }) =>
            `${before}data:${space ? ' ' : ''}${data}\n\n`.replaceAll('\n', end),
          );
          // Without its space, data that begins with one loses it: that is the format.
          const expected = items.map(({ data, space }) => (!space && data.startsWith(' ') ? data.slice(1) : data));
          const whole = written.join('');
          const bytes = Buffer.from(items.length > 0 ? whole.slice(0, whole.length - missing * end.length) : whole);
          expect(parse(split(bytes, cuts))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('arrives byte by byte as well', () => {
    const bytes = Buffer.from('data: {"a":"漢🎈"}\r\n\r\ndata: [DONE]\r\n\r\n');
    expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual(['{"a":"漢🎈"}', '[DONE]']);
  });

  test('may end in the middle of its last line break', () => {
    expect(parse([Buffer.from('data: [DONE]\r')])).toEqual(['[DONE]']);
  });

  test('joins several data lines of one event', () => {
    expect(parse([Buffer.from('data: a\ndata: b\ndata\n\ndata: c\n\n')])).toEqual(['a\nb\n', 'c']);
  });

  test('without data says nothing', () => {
    expect(parse([Buffer.from('event: ping\n\n: comment\n\nid: 1\n\n')])).toEqual([]);
  });

  test('gives each event as soon as its blank line is there', () => {
    const events: string[] = [];
    const parser = new SseParser((data) => events.push(data));
    parser.push(Buffer.from('data: a\n'));
    expect(events).toEqual([]);
    parser.push(Buffer.from('\ndata: b'));
    expect(events).toEqual(['a']);
  });

  test('with an event without end is refused, whether in one line or in many', () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const lines = Buffer.from(`data: ${'x'.repeat(1024 * 1024)}\n`);
    for (const bytes of [piece, lines]) {
      const parser = new SseParser(() => undefined);
      expect(() => {
        for (let count = 0; count < 20; count += 1) parser.push(bytes);
      }).toThrow(RangeError);
    }
  });
});
