import type { Clock } from '../clock.ts';
import { denied, grantOf, stateOf, tokenGrant } from './decide.ts';
import type { Decision, Limit, LimitState, LimitStore, Reservation, Take, WindowSeed } from './limit.ts';
import { readSeed } from './read-seed.ts';
import { isLong, windowEnd, windowGone, windowStart } from './window.ts';

interface Counter {
  readonly startMs: number;
  readonly endMs: number;
  used: number;
}

export interface MemoryLimitStoreOptions {
  readonly clock: Clock;
  /** Where day and month windows begin after a start; absent: at nothing. */
  readonly seed?: WindowSeed | undefined;
}

const sweepEveryMs = 60_000;

/** Counters of this process. Check and take are one synchronous step, so nothing comes between. */
class MemoryLimitStore implements LimitStore {
  readonly outlivesProcess = false;
  readonly #options: MemoryLimitStoreOptions;
  /** By subject and limit name: the newest window, and older ones while reservations may still be settled in them. */
  readonly #counters = new Map<string, Counter[]>();
  readonly #open = new Map<string, Reservation>();
  readonly #seeding = new Map<string, Promise<void>>();
  readonly #stop: () => void;

  constructor(options: MemoryLimitStoreOptions) {
    this.#options = options;
    this.#stop = options.clock.every(sweepEveryMs, () => {
      this.#sweep(options.clock.now());
    });
  }

  take(id: string, takes: readonly Take[], nowMs: number): Decision | Promise<Decision> {
    for (const { limit } of takes) {
      if (this.#needsSeed(limit, nowMs))
        return this.#seedAll(
          takes.map((take) => take.limit),
          nowMs,
        ).then(() => this.#takeNow(id, takes, nowMs));
    }
    return this.#takeNow(id, takes, nowMs);
  }

  settle(reservation: Reservation, actual: number): void {
    if (!this.#open.delete(reservation.id)) return;
    for (const { limit, windowStartMs, amount } of reservation.held) {
      if (limit.counts !== 'tokens') continue;
      const counter = this.#counters.get(keyOf(limit))?.find((entry) => entry.startMs === windowStartMs);
      if (counter !== undefined) counter.used = Math.max(0, counter.used + actual - amount);
    }
  }

  peek(limits: readonly Limit[], nowMs: number): readonly LimitState[] | Promise<readonly LimitState[]> {
    const read = () =>
      limits.map((limit) =>
        stateOf(
          limit,
          this.#find(limit, windowStart(limit.window, nowMs))?.used ?? 0,
          windowStart(limit.window, nowMs),
        ),
      );
    return limits.some((limit) => this.#needsSeed(limit, nowMs)) ? this.#seedAll(limits, nowMs).then(read) : read();
  }

  health(): ReturnType<LimitStore['health']> {
    return { kind: 'memory', ok: true, detail: 'counted in this process' };
  }

  close(): Promise<void> {
    this.#stop();
    return Promise.resolve();
  }

  #takeNow(id: string, takes: readonly Take[], nowMs: number): Decision {
    const counters = takes.map((take) => this.#counter(take.limit, nowMs));
    const grants: number[] = [];
    for (const [index, take] of takes.entries()) {
      const grant = grantOf(take, counters[index]?.used ?? 0);
      if (grant === undefined)
        return denied(
          takes,
          takes.map(({ limit }, position) => ({
            limit,
            startMs: counters[position]?.startMs ?? 0,
            used: counters[position]?.used ?? 0,
          })),
        );
      grants.push(grant);
    }
    const granted = tokenGrant(takes, grants);
    const states: LimitState[] = [];
    const held: Reservation['held'][number][] = [];
    for (const [index, { limit, amount }] of takes.entries()) {
      const counter = counters[index];
      if (counter === undefined) continue;
      const taken = limit.counts === 'tokens' ? granted : amount;
      counter.used += taken;
      states.push(stateOf(limit, counter.used, counter.startMs));
      held.push({ limit, windowStartMs: counter.startMs, amount: taken });
    }
    const reservation = { id, held };
    // Only tokens are ever settled: a reservation without them would wait for nothing.
    if (held.some(({ limit }) => limit.counts === 'tokens')) this.#open.set(id, reservation);
    return { allowed: true, states, reservation, granted };
  }

  #find(limit: Limit, startMs: number): Counter | undefined {
    return this.#counters.get(keyOf(limit))?.find((counter) => counter.startMs === startMs);
  }

  #counter(limit: Limit, nowMs: number, used = 0): Counter {
    const key = keyOf(limit);
    let windows = this.#counters.get(key);
    const newest = windows?.[0];
    if (newest !== undefined && nowMs < newest.endMs && nowMs >= newest.startMs) return newest;
    const startMs = windowStart(limit.window, nowMs);
    const known = windows?.find((counter) => counter.startMs === startMs);
    if (known !== undefined) return known;
    const counter = { startMs, endMs: windowEnd(limit.window, startMs), used };
    if (windows === undefined) this.#counters.set(key, (windows = []));
    windows.unshift(counter);
    return counter;
  }

  #needsSeed(limit: Limit, nowMs: number): boolean {
    return (
      this.#options.seed !== undefined &&
      isLong(limit.window) &&
      this.#find(limit, windowStart(limit.window, nowMs)) === undefined
    );
  }

  async #seedAll(limits: readonly Limit[], nowMs: number): Promise<void> {
    await Promise.all(
      limits.filter((limit) => this.#needsSeed(limit, nowMs)).map((limit) => this.#seedOne(limit, nowMs)),
    );
  }

  /** Takes wait until the window is seeded, so nothing is counted before it and lost by it. */
  #seedOne(limit: Limit, nowMs: number): Promise<void> {
    const { seed } = this.#options;
    if (seed === undefined) return Promise.resolve();
    const startMs = windowStart(limit.window, nowMs);
    const id = `${keyOf(limit)} ${startMs}`;
    const running = this.#seeding.get(id);
    if (running !== undefined) return running;
    const seeding = readSeed(seed, limit, startMs)
      .then((used) => void this.#counter(limit, nowMs, used))
      .finally(() => this.#seeding.delete(id));
    this.#seeding.set(id, seeding);
    return seeding;
  }

  #sweep(nowMs: number): void {
    for (const [key, windows] of this.#counters) {
      const kept = windows.filter(({ startMs, endMs }) => endMs + 2 * (endMs - startMs) > nowMs);
      if (kept.length === 0) this.#counters.delete(key);
      else if (kept.length < windows.length) this.#counters.set(key, kept);
    }
    for (const [id, { held }] of this.#open) {
      if (held.every(({ limit, windowStartMs }) => windowGone(limit.window, windowStartMs) <= nowMs))
        this.#open.delete(id);
    }
  }
}

function keyOf(limit: Limit): string {
  return `${limit.subject} ${limit.name}`;
}

export function createMemoryLimitStore(options: MemoryLimitStoreOptions): LimitStore {
  return new MemoryLimitStore(options);
}
