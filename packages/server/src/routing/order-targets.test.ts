import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderTargets, type Target } from './order-targets.ts';

const target = fc.record({
  upstream: fc.string(),
  model: fc.string(),
  weight: fc.option(fc.double({ min: 0.001, max: 1000, noNaN: true }), { nil: undefined }),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** A small repeatable generator (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('targets', () => {
  test('are all tried, each once, the rest in the configured order', () => {
    fc.assert(
      fc.property(fc.array(target, { maxLength: 6 }), random, (targets, drawn) => {
        const ordered = orderTargets(targets, () => drawn);
        expect(ordered).toHaveLength(targets.length);
        expect(new Set(ordered)).toEqual(new Set(targets));
        expect(ordered.slice(1)).toEqual(targets.filter((entry) => entry !== ordered[0]));
      }),
    );
  });

  test('without weights stay as configured, whatever is drawn', () => {
    const targets: Target[] = [
      { upstream: 'a', model: 'm' },
      { upstream: 'b', model: 'm' },
    ];
    expect(orderTargets(targets, () => 0.999)).toBe(targets);
  });

  test('are first about as often as their weight says; no weight counts 1', () => {
    const targets: Target[] = [
      { upstream: 'a', model: 'm', weight: 3 },
      { upstream: 'b', model: 'm' },
    ];
    const draw = seeded(42);
    let first = 0;
    for (let round = 0; round < 10_000; round += 1) if (orderTargets(targets, draw)[0]?.upstream === 'a') first += 1;
    expect(first).toBeGreaterThan(7_200);
    expect(first).toBeLessThan(7_800);
  });

  test('of equal content are still separate targets', () => {
    const same = { upstream: 'a', model: 'm', weight: 1 };
    expect(orderTargets([same, { ...same }], () => 0.9)).toHaveLength(2);
  });
});
