import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryPauseMs } from './retry-schedule.ts';

test('ten tries take about three days', () => {
  const pauses = Array.from({ length: 9 }, (_, index) => retryPauseMs(index + 1, 0) ?? 0);
  expect(pauses[0]).toBe(5_000);
  expect(pauses).toEqual(pauses.toSorted((left, right) => left - right));
  expect(pauses.reduce((sum, pause) => sum + pause, 0) / 3_600_000).toBeCloseTo(75.6, 1);
  expect(retryPauseMs(10, 0)).toBeUndefined();
});

test('pauses are drawn within a fifth, and an endpoint may ask for a longer one, up to a day', () => {
  const wish = fc.integer({ min: 0, max: 1_000_000_000_000 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      wish,
      (tries, random, asked) => {
        const [least, pause] = [retryPauseMs(tries, 0) ?? 0, retryPauseMs(tries, random, asked) ?? 0];
        expect(pause).toBeGreaterThanOrEqual(Math.max(least, Math.min(asked, 86_400_000)));
        expect(pause).toBeLessThanOrEqual(Math.max(Math.ceil(least * 1.2), 86_400_000));
      },
    ),
  );
});
