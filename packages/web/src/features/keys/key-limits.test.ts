import { expect, test } from 'vitest';
import { limitsOf } from './key-limits.ts';

function form(fields: Readonly<Record<string, string>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

test('empty fields are no limits', () => {
  expect(limitsOf(form({ perMinute: '', perMonth: '' }))).toBeUndefined();
});

test('only whole numbers above nothing are limits', () => {
  expect(limitsOf(form({ perMinute: '5', perMonth: '1.5' }))).toEqual({ requests_per_minute: 5 });
  expect(limitsOf(form({ perMinute: '-1', perMonth: '7' }))).toEqual({ tokens_per_month: 7 });
});

test('limits that are not shown are kept, those that were emptied go', () => {
  const before = { requests_per_minute: 5, tokens_per_day: 9 };
  expect(limitsOf(form({ perMinute: '', perMonth: '' }), before)).toEqual({ tokens_per_day: 9 });
});
