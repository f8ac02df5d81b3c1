import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFloats, encodeEmbeddings, encodeFloats, isOtherwiseEncoded } from './embedding-encoding.ts';

const floats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 50 });

test('32-bit floats come back bit for bit, by way of JSON too', () => {
  fc.assert(
    fc.property(floats, (numbers) => {
      const back = JSON.parse(JSON.stringify(decodeFloats(encodeFloats(numbers)))) as number[];
      // JSON has no minus zero.
      expect(back.map((number) => number + 0)).toEqual(numbers.map((number) => number + 0));
      expect(encodeFloats(decodeFloats(encodeFloats(numbers)))).toBe(encodeFloats(numbers));
    }),
  );
});

test('numbers of 64 bits are rounded to the nearest of 32', () => {
  expect(decodeFloats(encodeFloats([0.1, 1e-50, 3.4]))).toEqual([Math.fround(0.1), 0, Math.fround(3.4)]);
});

test('the bytes are little-endian', () => {
  expect(Buffer.from(encodeFloats([1]), 'base64')).toEqual(Buffer.from([0, 0, 0x80, 0x3f]));
});

test('an answer in the other encoding is found and turned, all else stays', () => {
  const answer = (embedding: unknown) => ({ object: 'list', extra: 1, data: [{ index: 0, embedding }] });
  expect(isOtherwiseEncoded(answer([1, 2]), 'float')).toBe(false);
  expect(isOtherwiseEncoded(answer([1, 2]), 'base64')).toBe(true);
  expect(encodeEmbeddings(answer([1, 2]), 'base64')).toEqual(answer(encodeFloats([1, 2])));
  expect(isOtherwiseEncoded(answer(encodeFloats([1, 2])), 'float')).toBe(true);
  expect(encodeEmbeddings(answer(encodeFloats([1, 2])), 'float')).toEqual(answer([1, 2]));
  expect(isOtherwiseEncoded({ error: 'x' }, 'float')).toBe(false);
});
