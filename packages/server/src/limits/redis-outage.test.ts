import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { requireServer } from '../testing/require-server.ts';
import type { Limit, LimitStore, Reservation, Take, WindowSeed } from './limit.ts';
import { createMemoryLimitStore } from './memory-store.ts';
import { createRedisLimitStore } from './redis-store.ts';

const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');
const nowMs = Date.UTC(2026, 10, 23, 12, 0, 30);
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What the proxy does with what the client of a connection sends, and with what Redis answers. */
interface Line {
  holdsCommands: boolean;
  holdsAnswers: boolean;
  readonly heldCommands: Buffer[];
  readonly heldAnswers: Buffer[];
  readonly client: Socket;
  readonly redis: Socket;
}

/** A way to Redis that can be cut, and on which either direction can be held up: for each connection apart. */
class Proxy {
  readonly lines: Line[] = [];
  refuses = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: URL) {
    // Half-open: what was sent before the client gave up is still delivered, as a network does.
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      if (this.refuses) {
        client.destroy();
        return;
      }
      const redis = connect(Number(target.port), target.hostname);
      const line: Line = {
        holdsCommands: false,
        holdsAnswers: false,
        heldCommands: [],
        heldAnswers: [],
        client,
        redis,
      };
      this.lines.push(line);
      for (const socket of [client, redis]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
      client.on('data', (bytes: Buffer) => (line.holdsCommands ? line.heldCommands.push(bytes) : redis.write(bytes)));
      redis.on('data', (bytes: Buffer) => (line.holdsAnswers ? line.heldAnswers.push(bytes) : client.write(bytes)));
      redis.on('close', () => client.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return `redis://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  cut(): void {
    this.refuses = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

async function openProxy(): Promise<{ proxy: Proxy; url: string }> {
  const proxy = new Proxy(new URL(redisUrl ?? ''));
  closers.push(() => {
    proxy.close();
  });
  return { proxy, url: await proxy.listen() };
}

interface Opened {
  readonly store: LimitStore;
  readonly clock: ManualClock;
  readonly redis: Redis;
  readonly logged: string[];
}

function openRedis(
  prefix: string,
  options: { url?: string; whenDown?: 'deny' | 'local'; seed?: WindowSeed; timeoutMs?: number } = {},
): Opened {
  const clock = createManualClock(nowMs);
  const logged: string[] = [];
  const log = (_fields: object, message: string) => void logged.push(message);
  const redis = new Redis(options.url ?? redisUrl ?? '', {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    disconnectTimeout: 20,
    retryStrategy: () => 20,
  });
  const store = createRedisLimitStore({
    redis,
    clock,
    logger: { debug: () => undefined, info: log, warn: log, error: log },
    seed: options.seed,
    timeoutMs: options.timeoutMs ?? 100,
    whenDown: options.whenDown ?? 'deny',
    local: createMemoryLimitStore({ clock }),
    keyPrefix: `${prefix}:`,
  });
  closers.push(() => store.close());
  return { store, clock, redis, logged };
}

const limit = (counts: Limit['counts'], window: Limit['window'], quota: number): Limit => ({
  name: `${counts}-${window}`,
  counts,
  window,
  quota,
  subject: `key_${randomUUID()}`,
});
const take = async (store: LimitStore, takes: readonly Take[]) => store.take(randomUUID(), takes, nowMs);
const usedIn = async (store: LimitStore, limits: readonly Limit[]) =>
  (await store.peek(limits, nowMs)).map((state) => state.used);

async function reserved(store: LimitStore, takes: readonly Take[]): Promise<Reservation> {
  const decision = await take(store, takes);
  if (!decision.allowed) throw new Error('must be allowed');
  return decision.reservation;
}

/** Lets the probe run until the store is in use again. */
async function recover({ store, clock }: Opened): Promise<void> {
  await expect
    .poll(
      () => {
        clock.advance(1_000);
        return store.health().ok;
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBe(true);
}

describe.skipIf(redisUrl === undefined)('limits when Redis fails (set TEST_REDIS_URL to run)', () => {
  test('a take whose answer was lost is given back once Redis is there again', async () => {
    const prefix = randomUUID();
    const { proxy, url } = await openProxy();
    const opened = openRedis(prefix, { url });
    const direct = openRedis(prefix).store;
    const tokens = limit('tokens', 'month', 1_000);
    await reserved(opened.store, [{ limit: tokens, amount: 1 }]);
    for (const line of proxy.lines) line.holdsAnswers = true;
    await expect(take(opened.store, [{ limit: tokens, amount: 400 }])).rejects.toMatchObject({
      code: 'LIMITS_UNAVAILABLE',
    });
    expect(await usedIn(direct, [tokens])).toEqual([401]);
    await recover(opened);
    await expect.poll(() => usedIn(direct, [tokens])).toEqual([1]);
  });

  test('a take that was given up and reaches Redis late takes nothing', async () => {
    const prefix = randomUUID();
    const { proxy, url } = await openProxy();
    const opened = openRedis(prefix, { url });
    const direct = openRedis(prefix);
    const tokens = limit('tokens', 'month', 1_000);
    await reserved(opened.store, [{ limit: tokens, amount: 1 }]);
    const [line] = proxy.lines;
    if (line === undefined) throw new Error('no connection');
    line.holdsCommands = true;
    await expect(take(opened.store, [{ limit: tokens, amount: 400 }])).rejects.toMatchObject({
      code: 'LIMITS_UNAVAILABLE',
    });
    await recover(opened);
    await expect.poll(() => direct.redis.keys(`${prefix}:reservation:*`)).toHaveLength(2);
    line.redis.write(Buffer.concat(line.heldCommands));
    await new Promise((resolve) => line.redis.once('data', resolve));
    expect(await usedIn(direct.store, [tokens])).toEqual([1]);
  });

  test('a connection that is dead without being closed is replaced', async () => {
    const { proxy, url } = await openProxy();
    const opened = openRedis(randomUUID(), { url });
    const requests = limit('requests', 'minute', 20);
    await take(opened.store, [{ limit: requests, amount: 1 }]);
    for (const line of proxy.lines) line.holdsCommands = true;
    await expect(take(opened.store, [{ limit: requests, amount: 1 }])).rejects.toThrow();
    await recover(opened);
    expect(proxy.lines.length).toBeGreaterThan(1);
    expect((await take(opened.store, [{ limit: requests, amount: 1 }])).allowed).toBe(true);
  });

  test('what ends while Redis is gone is settled when it is back, once', async () => {
    const prefix = randomUUID();
    const { proxy, url } = await openProxy();
    const opened = openRedis(prefix, { url });
    const tokens = limit('tokens', 'hour', 1_000);
    const reservation = await reserved(opened.store, [{ limit: tokens, amount: 700 }]);
    proxy.cut();
    await opened.store.settle(reservation, 20, nowMs);
    await opened.store.settle(reservation, 20, nowMs);
    proxy.refuses = false;
    await recover(opened);
    await expect.poll(() => usedIn(openRedis(prefix).store, [tokens])).toEqual([20]);
  });

  test('where limits stand is refused with 503 too, or told from this process', async () => {
    const requests = limit('requests', 'minute', 20);
    for (const whenDown of ['deny', 'local'] as const) {
      const { proxy, url } = await openProxy();
      const { store } = openRedis(randomUUID(), { url, whenDown });
      await take(store, [{ limit: requests, amount: 1 }]);
      proxy.cut();
      if (whenDown === 'local') expect(await usedIn(store, [requests])).toEqual([0]);
      else await expect(usedIn(store, [requests])).rejects.toMatchObject({ code: 'LIMITS_UNAVAILABLE' });
    }
  });

  test('what this process counted alone does not wait for Redis to be settled', async () => {
    const prefix = randomUUID();
    const { proxy, url } = await openProxy();
    const opened = openRedis(prefix, { url, whenDown: 'local' });
    const tokens = limit('tokens', 'hour', 1_000);
    await reserved(opened.store, [{ limit: tokens, amount: 1 }]);
    proxy.cut();
    const reservation = await reserved(opened.store, [{ limit: tokens, amount: 700 }]);
    await opened.store.settle(reservation, 20, nowMs);
    expect(await usedIn(opened.store, [tokens])).toEqual([20]);
  });

  test('an outage is logged once, and its end once', async () => {
    const { proxy, url } = await openProxy();
    const opened = openRedis(randomUUID(), { url });
    const requests = limit('requests', 'minute', 20);
    await take(opened.store, [{ limit: requests, amount: 1 }]);
    proxy.cut();
    for (let round = 0; round < 3; round += 1)
      await expect(take(opened.store, [{ limit: requests, amount: 1 }])).rejects.toThrow();
    opened.clock.advance(3_000);
    proxy.refuses = false;
    await recover(opened);
    expect(opened.logged).toEqual(['Redis cannot be reached', 'Redis is back']);
  });

  test('closing waits for settlements that are on their way', async () => {
    const prefix = randomUUID();
    const { store } = openRedis(prefix);
    const tokens = limit('tokens', 'hour', 1_000);
    const reservation = await reserved(store, [{ limit: tokens, amount: 700 }]);
    let isSettled = false;
    void Promise.resolve(store.settle(reservation, 20, nowMs)).then(() => (isSettled = true));
    await store.close();
    expect(isSettled).toBe(true);
    expect(await usedIn(openRedis(prefix).store, [tokens])).toEqual([20]);
  });

  test('a Redis that answers but takes nothing stays out of use', async () => {
    const opened = openRedis(randomUUID());
    const requests = limit('requests', 'minute', 20);
    await take(opened.store, [{ limit: requests, amount: 1 }]);
    // As a read-only replica or a full server refuses: reads and PING go on.
    let refusals = 0;
    const refuse = () => {
      refusals += 1;
      return Promise.reject(new Error('READONLY'));
    };
    opened.redis.set = refuse;
    opened.redis.mget = refuse;
    await expect(usedIn(opened.store, [requests])).rejects.toMatchObject({ code: 'LIMITS_UNAVAILABLE' });
    for (let round = 0; round < 3; round += 1) {
      opened.clock.advance(1_000);
      await opened.redis.ping();
      expect(opened.store.health().ok).toBe(false);
    }
    expect(refusals).toBeGreaterThan(1);
    expect(opened.logged).toEqual(['Redis cannot be reached']);
  });
});

describe.skipIf(redisUrl === undefined)('what limits leave in Redis (set TEST_REDIS_URL to run)', () => {
  test('a take of requests alone leaves no reservation, since nothing of it is ever settled', async () => {
    const prefix = randomUUID();
    const { store, redis } = openRedis(prefix);
    const decision = await reserved(store, [{ limit: limit('requests', 'minute', 20), amount: 1 }]);
    expect(await redis.keys(`${prefix}:reservation:*`)).toEqual([]);
    await store.settle(decision, 5, nowMs);
  });

  test('keys go soon after their window, whatever the clock of Redis says', async () => {
    const prefix = randomUUID();
    const { store, redis } = openRedis(prefix);
    await reserved(store, [
      { limit: limit('requests', 'minute', 20), amount: 1 },
      { limit: limit('tokens', 'minute', 20), amount: 1 },
    ]);
    const keys = await redis.keys(`${prefix}:*`);
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      const leftMs = await redis.pttl(key);
      expect(leftMs).toBeGreaterThan(30_000);
      expect(leftMs).toBeLessThanOrEqual(150_000);
    }
  });

  test('a request that is too large does not ask the ledger each time', async () => {
    let reads = 0;
    const { store } = openRedis(randomUUID(), {
      seed: () => {
        reads += 1;
        return Promise.resolve(0);
      },
    });
    const month = limit('tokens', 'month', 100);
    for (let round = 0; round < 3; round += 1)
      expect((await take(store, [{ limit: month, amount: 101 }])).allowed).toBe(false);
    expect(await usedIn(store, [month])).toEqual([0]);
    expect(reads).toBe(1);
  });

  test('looking where limits stand asks the ledger once', async () => {
    let reads = 0;
    const { store } = openRedis(randomUUID(), {
      seed: () => {
        reads += 1;
        return Promise.resolve(7);
      },
    });
    const month = limit('tokens', 'month', 100);
    for (let round = 0; round < 3; round += 1) expect(await usedIn(store, [month])).toEqual([7]);
    expect(reads).toBe(1);
  });
});
