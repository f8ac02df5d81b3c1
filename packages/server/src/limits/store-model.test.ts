import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { requireServer } from '../testing/require-server.ts';
import type { Limit, LimitStore, Reservation, WindowUnit } from './limit.ts';
import { createMemoryLimitStore } from './memory-store.ts';
import { createRedisLimitStore } from './redis-store.ts';
import { windowStart } from './window.ts';

const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');
const clock: Clock = { now: () => 0, every: () => () => undefined };
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const beginMs = Date.UTC(2026, 10, 30, 23, 59, 0);
const seeded = 5;
const seed = () => Promise.resolve(seeded);
const closers: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closers) await close();
});

function openRedisStore(): LimitStore {
  if (redisUrl === undefined) throw new Error('skipped without TEST_REDIS_URL');
  const redis = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  closers.push(() => {
    redis.disconnect();
  });
  const local = createMemoryLimitStore({ clock });
  const common = { redis, clock, logger: quiet, seed, timeoutMs: 5_000, whenDown: 'deny', local } as const;
  return createRedisLimitStore({ ...common, keyPrefix: `${randomUUID()}:` });
}

const kinds: { kind: string; open: () => LimitStore; runs: boolean }[] = [
  { kind: 'memory', open: () => createMemoryLimitStore({ clock, seed }), runs: true },
  { kind: 'Redis (set TEST_REDIS_URL to run)', open: openRedisStore, runs: redisUrl !== undefined },
];

const limitsOf = (subject: string): Limit[] => [
  { name: 'rpm', counts: 'requests', window: 'minute', quota: 6, subject },
  { name: 'tpm', counts: 'tokens', window: 'minute', quota: 100, subject },
  { name: 'tpd', counts: 'tokens', window: 'day', quota: 160, subject },
  { name: 'tpmonth', counts: 'tokens', window: 'month', quota: 240, subject },
];

/** The rules as plainly as they can be said: one number for each window. */
class Model {
  readonly #used = new Map<string, number>();

  used(limit: Limit, atMs: number): number {
    return this.#used.get(this.#key(limit, atMs)) ?? (isSeeded(limit.window) ? seeded : 0);
  }

  take(limits: readonly Limit[], amount: number, atLeast: number, atMs: number): number | undefined {
    let granted = amount;
    for (const limit of limits) {
      const left = limit.quota - this.used(limit, atMs);
      if (left < (limit.counts === 'tokens' ? atLeast : 1)) return undefined;
      if (limit.counts === 'tokens') granted = Math.min(granted, left);
    }
    for (const limit of limits) this.#add(limit, limit.counts === 'tokens' ? granted : 1, atMs);
    return granted;
  }

  settle(limits: readonly Limit[], change: number, atMs: number): void {
    for (const limit of limits) if (limit.counts === 'tokens') this.#add(limit, change, atMs);
  }

  #add(limit: Limit, amount: number, atMs: number): void {
    this.#used.set(this.#key(limit, atMs), Math.max(0, this.used(limit, atMs) + amount));
  }

  #key({ subject, name, window }: Limit, atMs: number): string {
    return `${subject} ${name} ${windowStart(window, atMs)}`;
  }
}

function isSeeded(window: WindowUnit): boolean {
  return window === 'day' || window === 'month';
}

const subjects = ['key_1', 'key_2'] as const;
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('take' as const),
        subject: fc.constantFrom(...subjects),
        amount: fc.integer({ min: 0, max: 70 }),
        atLeast: fc.integer({ min: 0, max: 70 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('settle' as const),
        index: fc.nat(20),
        actual: fc.integer({ min: 0, max: 90 }),
      }),
    },
    // Over a minute, and from one day and month into the next.
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(20_000, 60_000) }) },
  ),
  { maxLength: 40 },
);

for (const { kind, open, runs } of kinds) {
  describe.skipIf(!runs)(`limits in ${kind}`, () => {
    test('follow the model over all windows at once, in any order of takes, settlements and time', async () => {
      const store = open();
      await fc.assert(
        fc.asyncProperty(steps, async (list) => {
          const run = randomUUID();
          const model = new Model();
          const held: { reservation: Reservation; limits: Limit[]; granted: number; atMs: number; open: boolean }[] =
            [];
          let atMs = beginMs;
          for (const step of list) {
            if (step.kind === 'wait') atMs += step.ms;
            else if (step.kind === 'settle') {
              const entry = held[step.index];
              if (entry === undefined) continue;
              await store.settle(entry.reservation, step.actual, atMs);
              if (entry.open) model.settle(entry.limits, step.actual - entry.granted, entry.atMs);
              entry.open = false;
            } else {
              const limits = limitsOf(run + step.subject);
              const atLeast = Math.min(step.amount, step.atLeast);
              const takes = limits.map((limit) =>
                limit.counts === 'tokens' ? { limit, amount: step.amount, atLeast } : { limit, amount: 1 },
              );
              const decision = await store.take(randomUUID(), takes, atMs);
              const granted = model.take(limits, step.amount, atLeast, atMs);
              expect(decision.allowed ? decision.granted : undefined).toBe(granted);
              expect(decision.states.map(({ used }) => used)).toEqual(limits.map((limit) => model.used(limit, atMs)));
              if (decision.allowed && granted !== undefined)
                held.push({ reservation: decision.reservation, limits, granted, atMs, open: true });
            }
          }
          for (const subject of subjects) {
            const states = await store.peek(limitsOf(run + subject), atMs);
            expect(states.map(({ used }) => used)).toEqual(
              limitsOf(run + subject).map((limit) => model.used(limit, atMs)),
            );
          }
        }),
        { numRuns: 60 },
      );
    });

    test('whatever is asked at once, what is granted never adds up to more than the quota', async () => {
      const store = open();
      const wishes = fc.array(
        fc.record({ amount: fc.integer({ min: 1, max: 90 }), atLeast: fc.integer({ min: 1, max: 90 }) }),
        {
          maxLength: 30,
        },
      );
      await fc.assert(
        fc.asyncProperty(wishes, async (list) => {
          const subject = randomUUID();
          const tokens: Limit = { name: 'tpd', counts: 'tokens', window: 'day', quota: 200, subject };
          const decisions = await Promise.all(
            list.map(async ({ amount, atLeast }) =>
              store.take(randomUUID(), [{ limit: tokens, amount, atLeast: Math.min(amount, atLeast) }], beginMs),
            ),
          );
          let granted = 0;
          for (const decision of decisions) if (decision.allowed) granted += decision.granted;
          expect(granted).toBeLessThanOrEqual(200 - seeded);
          expect((await store.peek([tokens], beginMs))[0]?.used).toBe(seeded + granted);
        }),
        { numRuns: 40 },
      );
    });
  });
}
