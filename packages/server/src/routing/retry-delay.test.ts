import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelayMs } from './retry-delay.ts';

const policy = { backoff_ms: 200, max_backoff_ms: 4_000 };

test('the pause is within a ceiling that doubles up to its bound, and never less than was asked for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (round, retryAfterMs, drawn) => {
        const delay = retryDelayMs(policy, round, retryAfterMs, () => drawn);
        if (retryAfterMs !== undefined && retryAfterMs > 4_000) expect(delay).toBeUndefined();
        else {
          expect(delay).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
          expect(delay).toBeLessThanOrEqual(Math.max(retryAfterMs ?? 0, Math.min(4_000, 200 * 2 ** (round - 1))));
        }
      },
    ),
  );
});
