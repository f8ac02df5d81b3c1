import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { requireServer } from '../testing/require-server.ts';
import type { Limit, LimitStore, Reservation, Take, WindowSeed } from './limit.ts';
import { createMemoryLimitStore } from './memory-store.ts';
import { createRedisLimitStore } from './redis-store.ts';

const still: Clock = { now: () => nowMs, every: () => () => undefined };
/** Redis expires keys by its own clock, so tests live in the present, well inside a minute. */
const nowMs = Date.now() - (Date.now() % 60_000) + 30_000;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');
const opened: LimitStore[] = [];

afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
});

function openRedis(
  prefix: string,
  options: { seed?: WindowSeed; whenDown?: 'deny' | 'local'; url?: string; timeoutMs?: number; clock?: Clock } = {},
): LimitStore {
  const redis = new Redis(options.url ?? redisUrl ?? '', {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 50,
  });
  const clock = options.clock ?? still;
  const store = createRedisLimitStore({
    redis,
    clock,
    logger: quiet,
    seed: options.seed,
    timeoutMs: options.timeoutMs ?? 2_000,
    whenDown: options.whenDown ?? 'deny',
    local: createMemoryLimitStore({ clock }),
    keyPrefix: `${prefix}:`,
  });
  opened.push(store);
  return store;
}

function openMemory(seed?: WindowSeed): LimitStore {
  const store = createMemoryLimitStore({ clock: still, seed });
  opened.push(store);
  return store;
}

const limit = (
  counts: Limit['counts'],
  window: Limit['window'],
  quota: number,
  name = `${counts}-${window}`,
): Limit => ({ name, counts, window, quota, subject: `key_${randomUUID()}` });
let takesMade = 0;
const take = async (store: LimitStore, takes: readonly Take[], atMs = nowMs) =>
  store.take(`r${String((takesMade += 1))}-${randomUUID()}`, takes, atMs);

const kinds: { kind: string; open: (seed?: WindowSeed) => LimitStore; runs: boolean }[] = [
  { kind: 'memory', open: (seed) => openMemory(seed), runs: true },
  {
    kind: 'Redis (set TEST_REDIS_URL to run)',
    open: (seed) => openRedis(randomUUID(), seed === undefined ? {} : { seed }),
    runs: redisUrl !== undefined,
  },
];

for (const { kind, open, runs } of kinds) {
  describe.skipIf(!runs)(`limits in ${kind}`, () => {
    test('50 at once at a limit of 20: exactly 20 pass', async () => {
      const store = open();
      const requests = limit('requests', 'minute', 20);
      const decisions = await Promise.all(
        Array.from({ length: 50 }, () => take(store, [{ limit: requests, amount: 1 }])),
      );
      expect(decisions.filter((decision) => decision.allowed)).toHaveLength(20);
      const refused = decisions.find((decision) => !decision.allowed);
      expect(refused).toMatchObject({ violated: [{ remaining: 0, used: 20 }] });
    });

    test('a refused take consumes nothing of any window', async () => {
      const store = open();
      const requests = limit('requests', 'minute', 10);
      const tokens = limit('tokens', 'minute', 100);
      const decision = await take(store, [
        { limit: requests, amount: 1 },
        { limit: tokens, amount: 101 },
      ]);
      expect(decision.allowed).toBe(false);
      expect((await store.peek([requests, tokens], nowMs)).map((state) => state.used)).toEqual([0, 0]);
    });

    test('what is left is granted when it is enough, the same of every token window', async () => {
      const store = open();
      const minute = limit('tokens', 'minute', 100);
      const day = limit('tokens', 'day', 60);
      const decision = await take(store, [
        { limit: minute, amount: 80, atLeast: 50 },
        { limit: day, amount: 80, atLeast: 50 },
      ]);
      expect(decision).toMatchObject({ allowed: true, granted: 60, states: [{ used: 60 }, { used: 60 }] });
      expect((await take(store, [{ limit: minute, amount: 80, atLeast: 50 }])).allowed).toBe(false);
    });

    test('a reservation is settled once, up or down, and only its tokens', async () => {
      const store = open();
      const requests = limit('requests', 'minute', 10);
      const tokens = limit('tokens', 'minute', 1_000);
      const decision = await take(store, [
        { limit: requests, amount: 1 },
        { limit: tokens, amount: 500 },
      ]);
      if (!decision.allowed) throw new Error('must be allowed');
      await store.settle(decision.reservation, 120, nowMs);
      await store.settle(decision.reservation, 0, nowMs);
      expect((await store.peek([requests, tokens], nowMs)).map((state) => state.used)).toEqual([1, 120]);
    });

    test('what is given back never takes a window below nothing', async () => {
      const store = open();
      const tokens = limit('tokens', 'minute', 1_000);
      const decision = await take(store, [{ limit: tokens, amount: 500 }]);
      if (!decision.allowed) throw new Error('must be allowed');
      await store.settle(decision.reservation, -100, nowMs);
      expect((await store.peek([tokens], nowMs))[0]?.used).toBe(0);
    });

    test('a new window begins at nothing, and the old one is settled as the old one', async () => {
      const store = open();
      const tokens = limit('tokens', 'minute', 100);
      const decision = await take(store, [{ limit: tokens, amount: 100 }]);
      if (!decision.allowed) throw new Error('must be allowed');
      const later = nowMs + 60_000;
      expect((await take(store, [{ limit: tokens, amount: 30 }], later)).allowed).toBe(true);
      await store.settle(decision.reservation, 10, later);
      expect((await store.peek([tokens], later))[0]?.used).toBe(30);
    });

    test('a long window starts from the ledger, counted once', async () => {
      let reads = 0;
      const store = open(async (of) => {
        reads += 1;
        await Promise.resolve();
        return of.window === 'month' ? 70 : 0;
      });
      const month = limit('tokens', 'month', 100);
      const decisions = await Promise.all(
        Array.from({ length: 10 }, () => take(store, [{ limit: month, amount: 10 }])),
      );
      expect(decisions.filter((decision) => decision.allowed)).toHaveLength(3);
      // Over Redis a take may find the window missing just before another has made it.
      expect(reads).toBeLessThanOrEqual(kind === 'memory' ? 1 : 10);
    });

    test('a ledger that cannot be read refuses, and is asked again next time', async () => {
      let fail = true;
      const store = open(() => (fail ? Promise.reject(new Error('database gone')) : Promise.resolve(0)));
      const month = limit('tokens', 'month', 100);
      await expect(take(store, [{ limit: month, amount: 10 }])).rejects.toThrow();
      fail = false;
      if (kind === 'memory') expect((await take(store, [{ limit: month, amount: 10 }])).allowed).toBe(true);
    });

    test('holds as a simple model does, in any order of takes and settlements', async () => {
      const steps = fc.array(
        fc.oneof(
          fc.record({
            kind: fc.constant('take' as const),
            amount: fc.integer({ min: 0, max: 60 }),
            atLeast: fc.integer({ min: 0, max: 60 }),
          }),
          fc.record({
            kind: fc.constant('settle' as const),
            index: fc.nat(10),
            actual: fc.integer({ min: 0, max: 90 }),
          }),
        ),
        { maxLength: 25 },
      );
      await fc.assert(
        fc.asyncProperty(steps, async (list) => {
          const store = open();
          const tokens = limit('tokens', 'hour', 100);
          const requests = limit('requests', 'hour', 8);
          let used = 0;
          let count = 0;
          const held: { reservation: Reservation; amount: number; open: boolean }[] = [];
          for (const step of list) {
            if (step.kind === 'take') {
              const least = Math.min(step.amount, step.atLeast);
              const decision = await take(store, [
                { limit: requests, amount: 1 },
                { limit: tokens, amount: step.amount, atLeast: least },
              ]);
              const grant = Math.min(step.amount, 100 - used);
              const fits = count < 8 && (step.amount <= 100 - used || 100 - used >= least);
              expect(decision.allowed).toBe(fits);
              if (!decision.allowed) continue;
              expect(decision.granted).toBe(grant);
              held.push({ reservation: decision.reservation, amount: grant, open: true });
              used += grant;
              count += 1;
            } else {
              const entry = held[step.index];
              if (entry === undefined) continue;
              await store.settle(entry.reservation, step.actual, nowMs);
              if (entry.open) used = Math.max(0, used + step.actual - entry.amount);
              entry.open = false;
            }
          }
          expect((await store.peek([requests, tokens], nowMs)).map((state) => state.used)).toEqual([count, used]);
        }),
        { numRuns: 40 },
      );
    });
  });
}

describe.skipIf(redisUrl === undefined)('limits on several processes over Redis (set TEST_REDIS_URL to run)', () => {
  test('two stores on one server pass exactly the limit together', async () => {
    const prefix = randomUUID();
    const stores = [openRedis(prefix), openRedis(prefix)];
    const requests = limit('requests', 'minute', 20);
    const decisions = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        take(stores[index % 2] ?? openMemory(), [{ limit: requests, amount: 1 }]),
      ),
    );
    expect(decisions.filter((decision) => decision.allowed)).toHaveLength(20);
  });

  test('what one process took another may settle after a crash, once', async () => {
    const prefix = randomUUID();
    const tokens = limit('tokens', 'minute', 100);
    const decision = await take(openRedis(prefix), [{ limit: tokens, amount: 90 }]);
    if (!decision.allowed) throw new Error('must be allowed');
    const other = openRedis(prefix);
    const reread = JSON.parse(JSON.stringify(decision.reservation)) as Reservation;
    await other.settle(reread, 5, nowMs);
    await other.settle(reread, 5, nowMs);
    expect((await other.peek([tokens], nowMs))[0]?.used).toBe(5);
  });
});

/** A server that takes connections and never answers, until it is told to pass them on. */
async function startSilent(): Promise<{ server: Server; url: string; passOn: (to: string) => void }> {
  let target: URL | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (target === undefined) return;
    const peer = connect(Number(target.port), target.hostname);
    peer.on('error', () => undefined);
    socket.pipe(peer).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const passOn = (to: string) => {
    target = new URL(to);
    for (const socket of sockets) socket.destroy();
  };
  return {
    server,
    url: `redis://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    passOn,
  };
}

describe('limits while Redis is gone', () => {
  test('a Redis that never answers is waited for once, then refused at once with 503', async () => {
    const { server, url } = await startSilent();
    const store = openRedis('silent', { url, timeoutMs: 30 });
    const requests = limit('requests', 'minute', 20);
    await expect(take(store, [{ limit: requests, amount: 1 }])).rejects.toMatchObject({ code: 'LIMITS_UNAVAILABLE' });
    expect(store.health()).toMatchObject({ kind: 'redis', ok: false });
    await expect(take(store, [{ limit: requests, amount: 1 }])).rejects.toMatchObject({ code: 'LIMITS_UNAVAILABLE' });
    server.close();
  });

  test('this process counts by itself where the operator chose so', async () => {
    const { server, url } = await startSilent();
    const store = openRedis('silent', { url, timeoutMs: 30, whenDown: 'local' });
    const requests = limit('requests', 'minute', 2);
    const decisions = [
      await take(store, [{ limit: requests, amount: 1 }]),
      await take(store, [{ limit: requests, amount: 1 }]),
      await take(store, [{ limit: requests, amount: 1 }]),
    ];
    expect(decisions.map((decision) => decision.allowed)).toEqual([true, true, false]);
    server.close();
  });

  test.skipIf(redisUrl === undefined)('Redis coming back is noticed by the probe', async () => {
    const tasks: (() => void)[] = [];
    const clock: Clock = { now: () => nowMs, every: (_interval, task) => (tasks.push(task), () => undefined) };
    const { server, url, passOn } = await startSilent();
    const store = openRedis(randomUUID(), { url, timeoutMs: 200, clock });
    const requests = limit('requests', 'minute', 20);
    await expect(take(store, [{ limit: requests, amount: 1 }])).rejects.toMatchObject({ code: 'LIMITS_UNAVAILABLE' });
    passOn(redisUrl ?? '');
    await expect
      .poll(
        () => {
          for (const task of tasks) task();
          return store.health().ok;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    expect((await take(store, [{ limit: requests, amount: 1 }])).allowed).toBe(true);
    server.close();
  });
});
