import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { denied, stateOf } from './decide.ts';
import type { Decision, Limit, LimitState, LimitStore, Reservation, Take, WindowSeed } from './limit.ts';
import { readSeed } from './read-seed.ts';
import { createRedisGuard, type RedisGuard } from './redis-guard.ts';
import { settleScript, takeScript } from './take-script.ts';
import { createWaitingSettlements, type Settlement } from './waiting-settlements.ts';
import { isLong, windowGone, windowStart } from './window.ts';

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

/** What an absent window begins at: short ones at nothing, long ones at what the ledger says. */
const noSeed = '-1';
const unknownSeed = '-2';
/** How long a take that was given up is kept from coming into force. Far longer than a network holds anything back. */
const abandonedLifeMs = 600_000;
const probeLifeMs = 10_000;

/** Counters shared by all processes: one Lua call takes, one settles. Window and reservation keys expire by themselves. */
class RedisLimitStore implements LimitStore {
  readonly outlivesProcess = true;
  readonly #options: RedisLimitStoreOptions;
  readonly #redis: Scripted;
  readonly #guard: RedisGuard;
  readonly #waiting = createWaitingSettlements();
  readonly #settling = new Set<Promise<void>>();
  /** Reservations that this process counted alone: Redis knows nothing of them. */
  readonly #local = new WeakSet<Reservation>();
  readonly #seeding = new Map<string, Promise<number>>();

  constructor(options: RedisLimitStoreOptions) {
    const { redis, clock, logger, timeoutMs, keyPrefix } = options;
    this.#options = options;
    redis.defineCommand('turnpikeTake', { lua: takeScript });
    redis.defineCommand('turnpikeSettle', { lua: settleScript });
    // defineCommand adds the methods at run time.
    this.#redis = redis as Scripted;
    this.#guard = createRedisGuard({
      ...{ redis, clock, logger, timeoutMs },
      probe: () => redis.set(`${keyPrefix}probe`, '1', 'PX', probeLifeMs),
      onBack: () => void this.#waiting.settleAll((settlement) => this.#settleShared(settlement)),
    });
  }

  async take(id: string, takes: readonly Take[], nowMs: number): Promise<Decision> {
    try {
      return await this.#takeShared(id, takes, nowMs);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (this.#options.whenDown === 'deny') throw unavailable(error);
      const decision = await this.#options.local.take(id, takes, nowMs);
      if (decision.allowed) this.#local.add(decision.reservation);
      return decision;
    }
  }

  async settle(reservation: Reservation, actual: number, nowMs: number): Promise<void> {
    if (this.#local.has(reservation)) {
      await this.#options.local.settle(reservation, actual, nowMs);
      return;
    }
    const settlement = { reservation, actual, abandoned: false };
    const settling = this.#settleShared(settlement).catch(() => {
      this.#waiting.add(settlement);
    });
    this.#settling.add(settling);
    await settling;
    this.#settling.delete(settling);
  }

  async peek(limits: readonly Limit[], nowMs: number): Promise<readonly LimitState[]> {
    if (limits.length === 0) return [];
    try {
      return await this.#peekShared(limits, nowMs);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (this.#options.whenDown === 'deny') throw unavailable(error);
      return this.#options.local.peek(limits, nowMs);
    }
  }

  health(): ReturnType<LimitStore['health']> {
    const ok = this.#guard.isUp;
    const instead = this.#options.whenDown === 'local' ? 'counting in each process' : 'refusing requests';
    return { kind: 'redis', ok, detail: ok ? 'shared by all processes' : `Redis cannot be reached: ${instead}` };
  }

  /** Settlements on their way get there first: tokens they did not return would be held until their window ends. */
  async close(): Promise<void> {
    await Promise.all(this.#settling);
    this.#guard.close();
    await this.#options.local.close();
    this.#options.redis.disconnect();
  }

  async #takeShared(id: string, takes: readonly Take[], nowMs: number): Promise<Decision> {
    const starts = takes.map(({ limit }) => windowStart(limit.window, nowMs));
    const isSeeded = ({ window }: Limit) => this.#options.seed !== undefined && isLong(window);
    const unknown = takes.map(({ limit }) => (isSeeded(limit) ? unknownSeed : noSeed));
    let reply = await this.#callTake(id, takes, starts, unknown, nowMs);
    if (Number(reply[0]) === 0) {
      const seeds = await Promise.all(
        takes.map(async ({ limit }, index) =>
          isSeeded(limit) ? String(await this.#seedOf(limit, starts[index] ?? 0)) : noSeed,
        ),
      );
      reply = await this.#callTake(id, takes, starts, seeds, nowMs);
    }
    return decisionOf(id, takes, starts, reply);
  }

  async #peekShared(limits: readonly Limit[], nowMs: number): Promise<readonly LimitState[]> {
    const starts = limits.map((limit) => windowStart(limit.window, nowMs));
    const keys = limits.map((limit, index) => this.#windowKey(limit, starts[index] ?? 0));
    const read = () => this.#guard.run(() => this.#redis.mget(...keys));
    let values = await read();
    const unseeded = limits.flatMap((limit, index) =>
      values[index] === null && this.#options.seed !== undefined && isLong(limit.window) ? [{ limit, index }] : [],
    );
    if (unseeded.length > 0) {
      await Promise.all(
        unseeded.map(async ({ limit, index }) => {
          const startMs = starts[index] ?? 0;
          const seed = await this.#seedOf(limit, startMs);
          const lifeMs = windowGone(limit.window, startMs) - nowMs;
          await this.#guard.run(() => this.#redis.set(keys[index] ?? '', seed, 'PX', lifeMs, 'NX'));
        }),
      );
      values = await read();
    }
    return limits.map((limit, index) => stateOf(limit, Number(values[index] ?? 0), starts[index] ?? 0));
  }

  async #callTake(
    id: string,
    takes: readonly Take[],
    starts: readonly number[],
    seeds: readonly string[],
    nowMs: number,
  ): Promise<(string | number)[]> {
    const keys = [this.#reservationKey(id)];
    const values = [String(takes.length)];
    const tokenTakes = takes.filter(({ limit }) => limit.counts === 'tokens');
    let reservationLifeMs = 0;
    for (const [index, { limit, amount, atLeast }] of takes.entries()) {
      const startMs = starts[index] ?? 0;
      const lifeMs = windowGone(limit.window, startMs) - nowMs;
      if (limit.counts === 'tokens') reservationLifeMs = Math.max(reservationLifeMs, lifeMs);
      keys.push(this.#windowKey(limit, startMs));
      values.push(
        String(limit.quota),
        String(amount),
        String(atLeast ?? amount),
        limit.counts === 'tokens' ? '1' : '0',
        String(lifeMs),
        seeds[index] ?? noSeed,
      );
    }
    values.push(String(reservationLifeMs));
    const mayArrive = this.#guard.isUp;
    try {
      return await this.#guard.run(() => this.#redis.turnpikeTake(keys.length, ...keys, ...values));
    } catch (error) {
      // Given up here, it may have taken its tokens there, or do so yet.
      if (mayArrive && tokenTakes.length > 0) {
        const held = tokenTakes.map(({ limit }) => ({
          limit,
          windowStartMs: windowStart(limit.window, nowMs),
          amount: 0,
        }));
        this.#waiting.add({ reservation: { id, held }, actual: 0, abandoned: true });
      }
      throw error;
    }
  }

  async #settleShared({ reservation, actual, abandoned }: Settlement): Promise<void> {
    const tokens = reservation.held.filter(({ limit }) => limit.counts === 'tokens');
    if (tokens.length === 0) return;
    const keys = [
      this.#reservationKey(reservation.id),
      ...tokens.map(({ limit, windowStartMs }) => this.#windowKey(limit, windowStartMs)),
    ];
    const lifeMs = abandoned ? abandonedLifeMs : 0;
    await this.#guard.run(() => this.#redis.turnpikeSettle(keys.length, ...keys, String(actual), String(lifeMs)));
  }

  #seedOf(limit: Limit, startMs: number): Promise<number> {
    const { seed } = this.#options;
    if (seed === undefined || !isLong(limit.window)) return Promise.resolve(0);
    const id = `${limit.subject} ${limit.name} ${startMs}`;
    const running = this.#seeding.get(id);
    if (running !== undefined) return running;
    const reading = readSeed(seed, limit, startMs).finally(() => this.#seeding.delete(id));
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

function unavailable(cause: unknown): AppError {
  return new AppError('LIMITS_UNAVAILABLE', 'The limit counters cannot be reached right now. Try again shortly.', {
    retryAfterSeconds: 1,
    cause,
  });
}

/** Reads the answer of the take script. */
function decisionOf(
  id: string,
  takes: readonly Take[],
  starts: readonly number[],
  reply: readonly (string | number)[],
): Decision {
  const used = (offset: number) =>
    takes.map(({ limit }, index) => ({ limit, startMs: starts[index] ?? 0, used: Number(reply[offset + index]) }));
  const answer = Number(reply[0]);
  if (answer === 2) return denied(takes, used(1));
  if (answer !== 1) throw new Error(`The take was answered with ${answer}`);
  const granted = Number(reply[1]);
  const held = takes.map(({ limit, amount }, index) => ({
    limit,
    windowStartMs: starts[index] ?? 0,
    amount: limit.counts === 'tokens' ? granted : amount,
  }));
  const states = used(2).map((use) => stateOf(use.limit, use.used, use.startMs));
  return { allowed: true, states, reservation: { id, held }, granted };
}

export function createRedisLimitStore(options: RedisLimitStoreOptions): LimitStore {
  return new RedisLimitStore(options);
}
