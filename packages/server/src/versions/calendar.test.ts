import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addMonths, dayOf, isDay, startOfDay } from './calendar.ts';

const days = fc
  .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const monthsBetween = (from: number, to: number) => {
  const [left, right] = [new Date(from), new Date(to)];
  return (right.getUTCFullYear() - left.getUTCFullYear()) * 12 + right.getUTCMonth() - left.getUTCMonth();
};

describe('isDay', () => {
  test.each(['2026-05-18', '2024-02-29', '2000-02-29', '2026-12-31'])('%s exists', (day) => {
    expect(isDay(day)).toBe(true);
  });
  test.each([
    '2026-02-29',
    '2026-02-30',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-1-1',
    '26-01-01',
    ' 2026-01-01',
    '2026-01-01\n',
    '2026-01-01T00:00:00Z',
    '',
  ])('%j does not', (day) => {
    expect(isDay(day)).toBe(false);
  });
  test('every day written by the calendar exists', () => {
    fc.assert(fc.property(days, (day) => isDay(day) && dayOf(startOfDay(day)) === day));
  });
});

describe('addMonths', () => {
  test.each([
    ['2026-05-18', 12, '2027-05-18'],
    ['2026-08-31', 6, '2027-02-28'],
    ['2027-08-31', 6, '2028-02-29'],
    ['2024-02-29', 12, '2025-02-28'],
    ['2024-02-29', 48, '2028-02-29'],
    ['2026-01-31', 1, '2026-02-28'],
    ['2026-03-31', 11, '2027-02-28'],
    ['2026-12-15', 1, '2027-01-15'],
    ['2026-05-31', 6, '2026-11-30'],
  ])('%s and %i months is %s', (day, months, expected) => {
    expect(dayOf(addMonths(day, months))).toBe(expected);
  });

  test('it is the start of a day in exactly that month, on the same day or the last of it', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 240 }), (day, months) => {
        const later = addMonths(day, months);
        expect(later).toBe(startOfDay(dayOf(later)));
        expect(monthsBetween(startOfDay(day), later)).toBe(months);
        const wanted = Number(day.slice(8));
        const got = new Date(later).getUTCDate();
        expect(got).toBeLessThanOrEqual(wanted);
        if (got < wanted) expect(new Date(later + 86_400_000).getUTCDate()).toBe(1);
      }),
    );
  });

  test('more months are never earlier, and a later day is never earlier', () => {
    fc.assert(
      fc.property(days, days, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 60 }), (a, b, few, more) => {
        expect(addMonths(a, few + more)).toBeGreaterThan(addMonths(a, few));
        const [early, late] = a < b ? [a, b] : [b, a];
        expect(addMonths(late, few)).toBeGreaterThanOrEqual(addMonths(early, few));
      }),
    );
  });
});
