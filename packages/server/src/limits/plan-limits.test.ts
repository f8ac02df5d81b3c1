import { describe, expect, test } from 'vitest';
import { planSchema } from '../config/schema.ts';
import { limitsWithOverage } from './plan-limits.ts';

const overage = { meter_event: 'm', stripe_price: 'p' };
const plan = (more: object) => planSchema.parse({ requests_per_minute: 5, tokens_per_month: 1_000, ...more });
const monthOf = (more: object, pays: boolean) =>
  limitsWithOverage(plan(more), 'key_1', pays).find(({ window }) => window === 'month');

describe('the tokens of a month', () => {
  test('end with the plan for who does not pay for more, or cannot', () => {
    expect(monthOf({ overage }, false)?.quota).toBe(1_000);
    expect(monthOf({}, true)?.quota).toBe(1_000);
  });

  test('go on for who pays: to the bound there is, or without one but counted', () => {
    expect(monthOf({ overage: { ...overage, max_tokens: 500 } }, true)).toMatchObject({ quota: 1_500 });
    const open = monthOf({ overage }, true);
    expect(open?.isUnbounded).toBe(true);
    expect(open?.quota).toBeGreaterThan(1e12);
  });

  test('change no other limit', () => {
    const others = (pays: boolean) =>
      limitsWithOverage(plan({ overage }), 'key_1', pays).filter(({ window }) => window !== 'month');
    expect(others(true)).toEqual(others(false));
  });
});
