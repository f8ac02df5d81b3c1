import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percentOf, reachedThresholds } from './thresholds.ts';

test('percent are whole, as people read them', () => {
  expect([0, 494, 495, 994, 995, 1_500].map((used) => percentOf(used, 1_000))).toEqual([0, 49, 50, 99, 100, 150]);
  expect(percentOf(5, 0)).toBe(100);
});

test('more use never reaches less, and what is reached is sorted and single', () => {
  const amount = fc.integer({ min: 0, max: 1_000_000_000 });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 100 })), amount, amount, (thresholds, used, more) => {
      const before = reachedThresholds(thresholds, used, 1_000_000);
      const after = reachedThresholds(thresholds, used + more, 1_000_000);
      expect(before.every((threshold) => after.includes(threshold))).toBe(true);
      expect(after).toEqual([...new Set(after)].toSorted((left, right) => left - right));
    }),
  );
});
