import { after, type Clock } from '../clock.ts';
import { AppError } from '../errors.ts';

export interface GatePolicy {
  /** Calls in flight at most. */
  readonly capacity: number;
  readonly queueLength: number;
  readonly queueTimeoutMs: number;
}

interface Waiter {
  readonly admit: () => void;
}

function saturated(): AppError {
  return new AppError('overloaded', 'The model is at its limit of calls at once. Retry after a short wait.', {
    retryAfterSeconds: 1,
    cause: new Error('no place became free in time'),
  });
}

/** Places for calls to one target, with a short queue in order of arrival. Each place is given back exactly once. */
export class ConcurrencyGate {
  readonly #policy: GatePolicy;
  readonly #clock: Clock;
  readonly #waiting: Waiter[] = [];
  #taken = 0;

  constructor(policy: GatePolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  get taken(): number {
    return this.#taken;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** @returns false when every place is taken or somebody waits already */
  tryEnter(): boolean {
    if (this.#taken >= this.#policy.capacity || this.#waiting.length > 0) return false;
    this.#taken += 1;
    return true;
  }

  /** Gives a place back: the first who waits has it. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next.admit();
  }

  /** Waits for a place. @throws AppError overloaded when the queue is full or it takes too long; the signal's reason */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.tryEnter()) return;
    if (this.#waiting.length >= this.#policy.queueLength) throw saturated();
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        const at = this.#waiting.indexOf(waiter);
        if (at !== -1) this.#waiting.splice(at, 1);
      };
      const waiter: Waiter = {
        admit: () => {
          stop();
          resolve();
        },
      };
      const onAbort = () => {
        stop();
        reject(new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: signal.reason }));
      };
      const cancelTimer = after(this.#clock, this.#policy.queueTimeoutMs, () => {
        stop();
        reject(saturated());
      });
      this.#waiting.push(waiter);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
