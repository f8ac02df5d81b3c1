import { describe, expect, test } from 'vitest';
import { startOfDay, sumOf } from './day-sums.ts';

const from = Date.parse('2026-05-04T00:00:00Z');
const to = Date.parse('2026-05-05T00:00:00Z');
const row = (hour: string, requests: number, cost = '0.5', currency = 'EUR') => ({
  ...{ hour, requests, errors: 1, total_tokens: 10 * requests, cost, currency },
});

describe('the sums of a day', () => {
  test('hold its hours and no others', () => {
    const rows = [
      row('2026-05-03T23:00:00Z', 7),
      row('2026-05-04T00:00:00Z', 2),
      row('2026-05-04T23:00:00Z', 3),
      row('2026-05-05T00:00:00Z', 9),
    ];
    const sums = sumOf(rows, from, to);
    expect(sums).toMatchObject({ requests: 5, errors: 2, tokens: 50 });
    expect(sums.hours).toHaveLength(24);
    expect([sums.hours[0], sums.hours[1], sums.hours[23]]).toEqual([2, 0, 3]);
  });

  test('keep currencies apart', () => {
    const sums = sumOf([row('2026-05-04T01:00:00Z', 1), row('2026-05-04T01:00:00Z', 1, '2', 'USD')], from, to);
    expect([...sums.cost]).toEqual([
      ['EUR', 0.5],
      ['USD', 2],
    ]);
    expect(sums.hours[1]).toBe(2);
  });
});

test('a day begins at the reader’s own midnight', () => {
  const noon = new Date(2026, 4, 4, 12).getTime();
  expect(startOfDay(noon)).toBe(new Date(2026, 4, 4).getTime());
  expect(startOfDay(noon, 1)).toBe(new Date(2026, 4, 3).getTime());
});
