import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newId, newRequestId, ulid } from './ids.ts';

const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('a ULID', () => {
  test('has the form of its specification', () => {
    fc.assert(
      fc.property(instant, (nowMs) => {
        expect(ulid(nowMs)).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
      }),
    );
  });

  test('has the time of the specification’s example in front', () => {
    expect(ulid(1_469_918_176_385).slice(0, 10)).toBe('01ARYZ6S41');
    expect(ulid(0).slice(0, 10)).toBe('0000000000');
    expect(ulid(2 ** 48 - 1).slice(0, 10)).toBe('7ZZZZZZZZZ');
  });

  test('sorts by time', () => {
    fc.assert(
      fc.property(instant, instant, (left, right) => {
        fc.pre(left < right);
        expect(ulid(left) < ulid(right)).toBe(true);
      }),
    );
  });

  test('never comes twice, also across refills of the random pool', () => {
    expect(new Set(Array.from({ length: 5_000 }, () => ulid(1))).size).toBe(5_000);
  });
});

test('an id names its kind', () => {
  expect(newId('key', 0)).toMatch(/^key_0{10}[0-9A-Z]{16}$/);
});

test('a request id is req_ and 24 hex digits, and never comes twice', () => {
  const ids = Array.from({ length: 2_000 }, newRequestId);
  for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{24}$/);
  expect(new Set(ids).size).toBe(2_000);
});
