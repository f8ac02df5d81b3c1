import { expect, test } from 'vitest';
import { mainCurrency, scaleEnd, stackOf, sumsOf, type UsageRow } from './usage-sums.ts';

function row(day: string, model: string, requests: number, more: Partial<UsageRow> = {}): UsageRow {
  const numbers = { errors: 0, total_tokens: requests * 10, average_duration_ms: 100, cost: '0.5', currency: 'EUR' };
  return { day, model, requests, ...numbers, ...more };
}

const asked = { steps: ['2026-11-01', '2026-11-02', '2026-11-03'], stepName: 'day', split: 'model' } as const;

test('a mean is weighed by its requests, and amounts stay apart by currency', () => {
  const sums = sumsOf([
    row('2026-11-01', 'a', 1, { average_duration_ms: 1_000 }),
    row('2026-11-01', 'b', 9, { currency: 'USD' }),
  ]);
  expect(sums.durationMs / sums.requests).toBe(190);
  expect([...sums.cost]).toEqual([
    ['EUR', 0.5],
    ['USD', 0.5],
  ]);
});

test('bars stand for every step, in layers from the largest, and sum up to the total', () => {
  const rows = [row('2026-11-01', 'small', 1), row('2026-11-01', 'large', 5), row('2026-11-03', 'large', 2)];
  expect(stackOf(rows, { ...asked, measure: 'requests' })).toEqual({
    layers: ['large', 'small'],
    bars: [
      { step: '2026-11-01', total: 6, parts: [5, 1] },
      { step: '2026-11-02', total: 0, parts: [0, 0] },
      { step: '2026-11-03', total: 2, parts: [2, 0] },
    ],
  });
});

test('beyond six there is a layer for the rest', () => {
  const rows = Array.from({ length: 9 }, (_, index) => row('2026-11-01', `model-${index}`, 10 - index));
  const { layers, bars } = stackOf(rows, { ...asked, measure: 'requests' });
  expect(layers).toEqual(['model-0', 'model-1', 'model-2', 'model-3', 'model-4', undefined]);
  expect(bars[0]?.parts).toEqual([10, 9, 8, 7, 6, 5 + 4 + 3 + 2]);
});

test('means are one layer', () => {
  const rows = [row('2026-11-01', 'a', 1, { average_duration_ms: 300 }), row('2026-11-01', 'b', 1)];
  expect(stackOf(rows, { ...asked, measure: 'latency' })).toMatchObject({
    layers: [undefined],
    bars: [{ total: 200 }, {}, {}],
  });
});

test('amounts are those of the currency that most requests have', () => {
  const rows = [row('2026-11-01', 'a', 1, { currency: 'USD', cost: '9' }), row('2026-11-01', 'a', 3)];
  expect(mainCurrency(rows)).toBe('EUR');
  expect(stackOf(rows, { ...asked, measure: 'cost' }).bars[0]?.total).toBe(0.5);
});

test.each([
  [0, 1],
  [1, 1],
  [3, 4],
  [7, 8],
  [9, 10],
  [23, 40],
  [41, 60],
  [1_001, 2_000],
  [0.000_3, 0.000_4],
])('a scale for %f ends at %f', (most, end) => {
  expect(scaleEnd(most)).toBeCloseTo(end, 10);
});
