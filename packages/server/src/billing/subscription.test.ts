import { describe, expect, test } from 'vitest';
import { planOf, planStanding, readSubscription, standingOf, type Kept } from './subscription.ts';

const item = (price: string) => ({ price: { id: price }, current_period_start: 10, current_period_end: 20 });
const object = { id: 'sub_1', customer: 'cus_1', status: 'active', items: { data: [item('a'), item('b')] } };

describe('a subscription', () => {
  test('is read with its prices, its period and its end', () => {
    expect(readSubscription({ ...object, metadata: { tenant_id: 'ten_1' } }, { rank: 1 })).toMatchObject({
      ...{ id: 'sub_1', customerId: 'cus_1', tenantId: 'ten_1', status: 'active', rank: 1 },
      ...{ priceIds: ['a', 'b'], periodStart: 10, periodEnd: 20, cancelAt: null, endedAt: null },
    });
    expect(readSubscription({ ...object, cancel_at_period_end: true }, { rank: 1 })?.cancelAt).toBe(20);
    expect(readSubscription({ ...object, cancel_at: 15 }, { rank: 1 })?.cancelAt).toBe(15);
    expect(readSubscription({ ...object, customer: { id: 'cus_2' } }, { rank: 1 })?.customerId).toBe('cus_2');
  });

  test('of an old API version has its period at another place', () => {
    const old = {
      ...object,
      items: { data: [{ price: { id: 'a' } }] },
      current_period_start: 1,
      current_period_end: 2,
    };
    expect(readSubscription(old, { rank: 0 })).toMatchObject({ periodStart: 1, periodEnd: 2 });
  });

  test.each([{}, { id: 'sub_1' }, { id: 7, customer: 'cus_1' }, { id: 'sub_1', customer: null }])(
    'is none without id and customer: %j',
    (given) => {
      expect(readSubscription(given, { rank: 0 })).toBeUndefined();
    },
  );

  test('is for the plan of its price, and only else for the one noted on it', () => {
    const rules = {
      isPlan: (name: string) => name !== 'gone',
      planOfPrice: (id: string) => ({ b: 'large', c: 'gone' })[id],
    };
    expect(planOf({ priceIds: ['a', 'b'], planName: 'small' }, rules)).toBe('large');
    expect(planOf({ priceIds: ['a'], planName: 'small' }, rules)).toBe('small');
    expect(planOf({ priceIds: ['c'], planName: null }, rules)).toBeNull();
    expect(planOf({ priceIds: [], planName: 'gone' }, rules)).toBeNull();
  });
});

const dayMs = 86_400_000;
const when = { nowMs: 100 * dayMs, graceDays: 7 };
const kept = (status: string, more: Partial<Kept> = {}): Kept => ({
  ...{ id: 'sub', status, plan: 'small', pastDueSinceMs: null },
  ...more,
});

describe('what it means', () => {
  test.each([
    ['active', null, 'own'],
    ['trialing', null, 'own'],
    ['past_due', 93 * dayMs + 1, 'own'],
    ['past_due', 93 * dayMs, 'unpaid'],
    ['past_due', null, 'own'],
    ['unpaid', null, 'unpaid'],
    ['canceled', null, 'ended'],
    ['incomplete_expired', null, 'ended'],
    ['paused', null, 'ended'],
    ['incomplete', null, 'undecided'],
    ['of the future', null, 'undecided'],
  ] as const)('%s since %s: %s', (status, pastDueSinceMs, standing) => {
    expect(planStanding({ status, pastDueSinceMs }, when)).toBe(standing);
  });

  test('with others beside it: the newest that runs counts, and nothing is over while one is undecided', () => {
    expect(standingOf([], when).kind).toBe('undecided');
    expect(standingOf([kept('canceled'), kept('active', { plan: 'large' })], when)).toMatchObject({
      ...{ kind: 'running', plan: 'large', paysFully: true },
    });
    expect(standingOf([kept('trialing'), kept('active', { plan: 'large' })], when)).toMatchObject({
      ...{ plan: 'small', paysFully: false },
    });
    expect(standingOf([kept('active', { plan: null })], when).kind).toBe('undecided');
    expect(standingOf([kept('canceled'), kept('incomplete')], when).kind).toBe('undecided');
    expect(standingOf([kept('canceled'), kept('unpaid')], when).kind).toBe('unpaid');
    expect(standingOf([kept('canceled')], when).kind).toBe('ended');
  });
});
