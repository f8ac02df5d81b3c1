import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SseParser } from './sse-parser.ts';

function parse(pieces: readonly Buffer[]): string[] {
  const events: string[] = [];
  const parser = new SseParser((data) => events.push(data));
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return events;
}

test('every line end of the standard is one, wherever the bytes are split', () => {
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer(), lineEnd), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (events, sizes) => {
        const bytes = Buffer.from(events.map(([value, end]) => `data: {"v":"ü${value}"}${end}${end}`).join(''));
        const pieces: Buffer[] = [];
        for (let start = 0, index = 0; start < bytes.length; index += 1) {
          const size = sizes[index % sizes.length] ?? 1;
          pieces.push(bytes.subarray(start, start + size));
          start += size;
        }
        expect(parse(pieces)).toEqual(events.map(([value]) => `{"v":"ü${value}"}`));
      },
    ),
  );
});

test('a byte order mark before the first event is dropped, even split', () => {
  const bytes = Buffer.from('\uFEFFdata: x\n\n');
  expect(parse([bytes])).toEqual(['x']);
  expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual(['x']);
});
