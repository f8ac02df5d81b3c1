import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelayMs } from './retry-delay.ts';

const policy = { backoff_ms: 200, max_backoff_ms: 4_000 };

test('the pause is within a ceiling that doubles up to its bound, never less than was asked for, never past the end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      fc.integer({ min: -100, max: 15_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, retryAfterSeconds, remainingMs, drawn) => {
        const askedMs = (retryAfterSeconds ?? 0) * 1_000;
        const delay = retryDelayMs(policy, { failures, retryAfterSeconds, remainingMs }, () => drawn);
        if (delay === undefined) {
          expect(askedMs).toBeGreaterThanOrEqual(remainingMs);
          return;
        }
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(askedMs);
        expect(delay - askedMs).toBeLessThanOrEqual(Math.min(4_000, 200 * 2 ** (failures - 1)));
        expect(delay).toBeLessThan(remainingMs);
      },
    ),
  );
});

test('the whole ceiling is used: two who failed together come back apart', () => {
  const question = { failures: 3, retryAfterSeconds: undefined, remainingMs: 30_000 };
  expect(retryDelayMs(policy, question, () => 0)).toBe(0);
  expect(retryDelayMs(policy, question, () => 0.999)).toBe(799);
});
