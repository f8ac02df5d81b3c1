import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { preferredWaitMs, prefers } from './prefer.ts';

describe('Prefer: wait', () => {
  test.each([
    [undefined, 0],
    ['', 0],
    ['wait=5', 5_000],
    ['Wait = 5', 5_000],
    ['wait="5"', 5_000],
    ['respond-async, wait=10', 10_000],
    ['resumable;wait=2', 2_000],
    ['wait=0', 0],
    ['wait', 0],
    ['wait=-5', 0],
    ['wait=soon', 0],
    ['await=5', 0],
    ['wait=999999', 30_000],
    ['wait=99999999999999', 30_000],
  ])('%j waits %i ms', (header, ms) => {
    expect(preferredWaitMs(header)).toBe(ms);
  });

  test('no header makes a request wait longer than the bound', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const ms = preferredWaitMs(`wait=${header}`);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});

describe('a preference', () => {
  test.each([
    ['resumable', true],
    ['Resumable', true],
    ['wait=5, resumable', true],
    ['resumable; x=1', true],
    ['resumable=yes', true],
    ['not-resumable', false],
    ['', false],
    [undefined, false],
  ])('%j is read', (header, expected) => {
    expect(prefers(header, 'resumable')).toBe(expected);
  });
});
