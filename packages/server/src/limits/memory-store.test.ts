import { expect, test } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import type { Decision, Limit } from './limit.ts';
import { createMemoryLimitStore } from './memory-store.ts';

const limit = (counts: Limit['counts'], window: Limit['window'], quota: number): Limit => ({
  name: `${counts}-${window}`,
  counts,
  window,
  quota,
  subject: 'key_1',
});

test('without a ledger to read, a take is answered at once', () => {
  const clock = createManualClock();
  const store = createMemoryLimitStore({ clock });
  const takes = [{ limit: limit('tokens', 'month', 10), amount: 1 }];
  expect(store.take('a', takes, clock.now())).not.toBeInstanceOf(Promise);
});

test('once a long window is seeded, a take is answered at once', async () => {
  const clock = createManualClock();
  const store = createMemoryLimitStore({ clock, seed: () => Promise.resolve(4) });
  const takes = [{ limit: limit('tokens', 'month', 10), amount: 1 }];
  await store.take('a', takes, clock.now());
  expect(store.take('b', takes, clock.now())).toMatchObject({ allowed: true, states: [{ used: 6 }] });
});

test('whatever keeps the ledger from being read is an outage of the database', async () => {
  const clock = createManualClock();
  const store = createMemoryLimitStore({ clock, seed: () => Promise.reject(new Error('column missing')) });
  const month = limit('tokens', 'month', 10);
  const refused = { code: 'DATABASE_UNAVAILABLE', retryAfterSeconds: 2 };
  await expect(store.take('a', [{ limit: month, amount: 1 }], clock.now())).rejects.toMatchObject(refused);
  await expect(store.peek([month], clock.now())).rejects.toMatchObject(refused);
});

test('windows and reservations that nobody settles are forgotten', async () => {
  const clock = createManualClock();
  const startMs = clock.now();
  const store = createMemoryLimitStore({ clock });
  const tokens = limit('tokens', 'minute', 100);
  const decision: Decision = await store.take('a', [{ limit: tokens, amount: 40 }], startMs);
  if (!decision.allowed) throw new Error('must be allowed');
  clock.advance(120_000);
  expect(await store.peek([tokens], startMs)).toMatchObject([{ used: 40 }]);
  clock.advance(120_000);
  expect(await store.peek([tokens], startMs)).toMatchObject([{ used: 0 }]);
  // Its id is unknown by now: the same window, taken anew, is not touched by it.
  await store.take('b', [{ limit: tokens, amount: 40 }], startMs);
  await store.settle(decision.reservation, 0, clock.now());
  expect(await store.peek([tokens], startMs)).toMatchObject([{ used: 40 }]);
});
