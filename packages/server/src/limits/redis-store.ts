import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { denied, stateOf } from './decide.ts';
import type { Decision, Limit, LimitState, LimitStore, Reservation, Take, WindowSeed } from './limit.ts';
import { createRedisGuard, type RedisGuard } from './redis-guard.ts';
import { settleScript, takeScript } from './take-script.ts';
import { isLong, windowEnd, windowStart } from './window.ts';

export interface RedisLimitStoreOptions {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seed?: WindowSeed | undefined;
  /** How long a request waits for Redis. */
  readonly timeoutMs: number;
  /** Redis gone: `deny` refuses with 503, `local` counts in this process until it is back. */
  readonly whenDown: 'deny' | 'local';
  readonly local: LimitStore;
  readonly keyPrefix: string;
}

type Scripted = Redis & {
  turnpikeTake(keys: number, ...rest: string[]): Promise<(string | number)[]>;
  turnpikeSettle(keys: number, ...rest: string[]): Promise<number>;
};

/** A reservation may be settled a while after its window has ended. */
const graceMs = 3_600_000;
/** A window that must be seeded before it is used. */
const unknownSeed = '-2';
const maxWaitingSettlements = 10_000;

interface Settlement {
  readonly reservation: Reservation;
  readonly actual: number;
}

/** Counters shared by all processes: one Lua call takes, one settles. Window and reservation keys expire by themselves. */
class RedisLimitStore implements LimitStore {
  readonly outlivesProcess = true;
  readonly #options: RedisLimitStoreOptions;
  readonly #redis: Scripted;
  readonly #guard: RedisGuard;
  readonly #waiting: Settlement[] = [];
  readonly #seeding = new Map<string, Promise<number>>();

  constructor(options: RedisLimitStoreOptions) {
    this.#options = options;
    options.redis.defineCommand('turnpikeTake', { lua: takeScript });
    options.redis.defineCommand('turnpikeSettle', { lua: settleScript });
    // defineCommand adds the methods at run time.
    this.#redis = options.redis as Scripted;
    this.#guard = createRedisGuard({
      redis: options.redis,
      clock: options.clock,
      logger: options.logger,
      timeoutMs: options.timeoutMs,
      onBack: () => void this.#settleWaiting(),
    });
  }

  async take(id: string, takes: readonly Take[], nowMs: number): Promise<Decision> {
    const { whenDown, local } = this.#options;
    try {
      return await this.#takeShared(id, takes, nowMs);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (whenDown === 'local') return local.take(id, takes, nowMs);
      throw new AppError('LIMITS_UNAVAILABLE', 'The limit counters cannot be reached right now. Try again shortly.', {
        retryAfterSeconds: 1,
        cause: error,
      });
    }
  }

  async settle(reservation: Reservation, actual: number, nowMs: number): Promise<void> {
    // What was counted here while Redis was gone is settled here; elsewhere the id is unknown and nothing happens.
    await this.#options.local.settle(reservation, actual, nowMs);
    try {
      await this.#settleShared({ reservation, actual });
    } catch {
      if (this.#waiting.length < maxWaitingSettlements) this.#waiting.push({ reservation, actual });
    }
  }

  async peek(limits: readonly Limit[], nowMs: number): Promise<readonly LimitState[]> {
    if (limits.length === 0) return [];
    const keys = limits.map((limit) => this.#windowKey(limit, windowStart(limit.window, nowMs)));
    const values = await this.#guard.run(() => this.#redis.mget(...keys));
    return Promise.all(
      limits.map(async (limit, index) => {
        const startMs = windowStart(limit.window, nowMs);
        const value = values[index];
        const used = typeof value === 'string' ? Number(value) : await this.#seedOf(limit, startMs);
        return stateOf(limit, used, startMs);
      }),
    );
  }

  health(): ReturnType<LimitStore['health']> {
    const ok = this.#guard.isUp;
    const instead = this.#options.whenDown === 'local' ? 'counting in each process' : 'refusing requests';
    return { kind: 'redis', ok, detail: ok ? 'shared by all processes' : `Redis cannot be reached: ${instead}` };
  }

  async close(): Promise<void> {
    this.#guard.close();
    await this.#options.local.close();
    this.#options.redis.disconnect();
  }

  async #takeShared(id: string, takes: readonly Take[], nowMs: number): Promise<Decision> {
    const starts = takes.map(({ limit }) => windowStart(limit.window, nowMs));
    const seeds = takes.map(({ limit }) =>
      this.#options.seed !== undefined && isLong(limit.window) ? unknownSeed : '0',
    );
    let reply = await this.#callTake(id, takes, starts, seeds, nowMs);
    if (Number(reply[0]) === 0) {
      const known = await Promise.all(
        takes.map(async ({ limit }, index) =>
          seeds[index] === unknownSeed ? String(await this.#seedOf(limit, starts[index] ?? 0)) : '0',
        ),
      );
      reply = await this.#callTake(id, takes, starts, known, nowMs);
    }
    const used = (offset: number) =>
      takes.map(({ limit }, index) => ({ limit, startMs: starts[index] ?? 0, used: Number(reply[offset + index]) }));
    if (Number(reply[0]) === 2) return denied(takes, used(1));
    const granted = Number(reply[1]);
    const held = takes.map(({ limit, amount }, index) => ({
      limit,
      windowStartMs: starts[index] ?? 0,
      amount: limit.counts === 'tokens' ? granted : amount,
    }));
    const states = used(2).map((use) => stateOf(use.limit, use.used, use.startMs));
    return { allowed: true, states, reservation: { id, held }, granted };
  }

  #callTake(
    id: string,
    takes: readonly Take[],
    starts: readonly number[],
    seeds: readonly string[],
    nowMs: number,
  ): Promise<(string | number)[]> {
    const keys = [this.#reservationKey(id)];
    const values = [String(takes.length)];
    let latestMs = nowMs;
    for (const [index, { limit, amount, atLeast }] of takes.entries()) {
      const startMs = starts[index] ?? 0;
      const expiresAtMs = windowEnd(limit.window, startMs) + graceMs;
      if (limit.counts === 'tokens' && expiresAtMs > latestMs) latestMs = expiresAtMs;
      keys.push(this.#windowKey(limit, startMs));
      values.push(
        String(limit.quota),
        String(amount),
        String(atLeast ?? amount),
        limit.counts === 'tokens' ? '1' : '0',
        String(expiresAtMs),
        seeds[index] ?? '0',
      );
    }
    values.push(String(Math.max(latestMs, nowMs + graceMs)));
    return this.#guard.run(() => this.#redis.turnpikeTake(keys.length, ...keys, ...values));
  }

  async #settleShared({ reservation, actual }: Settlement): Promise<void> {
    const tokens = reservation.held.filter(({ limit }) => limit.counts === 'tokens');
    const keys = [
      this.#reservationKey(reservation.id),
      ...tokens.map(({ limit, windowStartMs }) => this.#windowKey(limit, windowStartMs)),
    ];
    await this.#guard.run(() =>
      this.#redis.turnpikeSettle(keys.length, ...keys, ...tokens.map(({ amount }) => String(actual - amount))),
    );
  }

  async #settleWaiting(): Promise<void> {
    for (const settlement of this.#waiting.splice(0)) {
      try {
        await this.#settleShared(settlement);
      } catch (error) {
        this.#options.logger.debug({ reason: errorMessage(error) }, 'a reservation will be settled later');
        this.#waiting.push(settlement);
      }
    }
  }

  #seedOf(limit: Limit, startMs: number): Promise<number> {
    const { seed } = this.#options;
    if (seed === undefined || !isLong(limit.window)) return Promise.resolve(0);
    const id = `${limit.subject} ${limit.name} ${startMs}`;
    const running = this.#seeding.get(id);
    if (running !== undefined) return running;
    const reading = seed(limit, startMs).finally(() => this.#seeding.delete(id));
    this.#seeding.set(id, reading);
    return reading;
  }

  #windowKey(limit: Limit, startMs: number): string {
    return `${this.#options.keyPrefix}window:${limit.subject}:${limit.name}:${startMs}`;
  }

  #reservationKey(id: string): string {
    return `${this.#options.keyPrefix}reservation:${id}`;
  }
}

export function createRedisLimitStore(options: RedisLimitStoreOptions): LimitStore {
  return new RedisLimitStore(options);
}
