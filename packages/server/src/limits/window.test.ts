import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WindowUnit } from './limit.ts';
import { windowEnd, windowGone, windowSeconds, windowStart } from './window.ts';

const units: WindowUnit[] = ['minute', 'hour', 'day', 'month'];
const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) });

test('every instant lies in exactly one window of each unit', () => {
  fc.assert(
    fc.property(instants, fc.constantFrom(...units), (nowMs, unit) => {
      const start = windowStart(unit, nowMs);
      const end = windowEnd(unit, start);
      expect(start).toBeLessThanOrEqual(nowMs);
      expect(nowMs).toBeLessThan(end);
      expect(windowStart(unit, end)).toBe(end);
      expect(windowStart(unit, end - 1)).toBe(start);
    }),
  );
});

test('a month is as long as the calendar says', () => {
  const days = (year: number, month: number) => windowSeconds('month', Date.UTC(year, month, 1)) / 86_400;
  expect([days(2024, 1), days(2025, 1), days(2100, 1), days(2026, 3), days(2026, 11)]).toEqual([29, 28, 28, 30, 31]);
});

test('a window is forgotten two windows after its end', () => {
  const start = Date.UTC(2026, 10, 23, 12);
  expect(windowGone('minute', start) - start).toBe(180_000);
  expect(windowGone('day', Date.UTC(2026, 10, 23)) - Date.UTC(2026, 10, 23)).toBe(3 * 86_400_000);
});
