import { after, type Clock } from '../clock.ts';
import { AppError } from '../errors.ts';

export interface GatePolicy {
  /** Calls in flight at most. */
  readonly capacity: number;
  readonly queueLength: number;
  readonly queueTimeoutMs: number;
}

/** The right to a call in flight. */
export interface Place {
  /** Gives it back; later calls do nothing. */
  release(): void;
}

interface Waiter {
  readonly admit: () => void;
}

function saturated(reason: string): AppError {
  return new AppError('overloaded', 'The model is at its limit of calls at once. Retry after a short wait.', {
    retryAfterSeconds: 1,
    cause: new Error(reason),
  });
}

/**
 * Places for calls to one target, with a short queue in order of arrival. While somebody waits every place is taken: a
 * place given back goes to the first who waits, never to one who comes later.
 */
export class ConcurrencyGate {
  readonly #policy: GatePolicy;
  readonly #clock: Clock;
  /** In order of arrival; a set, as those who give up leave from its middle. */
  readonly #waiting = new Set<Waiter>();
  #taken = 0;

  constructor(policy: GatePolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  get policy(): GatePolicy {
    return this.#policy;
  }

  get taken(): number {
    return this.#taken;
  }

  get queued(): number {
    return this.#waiting.size;
  }

  get hasRoom(): boolean {
    return this.#taken < this.#policy.capacity;
  }

  get canQueue(): boolean {
    return this.#waiting.size < this.#policy.queueLength;
  }

  /** @returns undefined when every place is taken */
  tryEnter(): Place | undefined {
    if (!this.hasRoom) return undefined;
    this.#taken += 1;
    return this.#place();
  }

  /**
   * Waits for a place, for `timeoutMs` at most.
   * @throws AppError overloaded when the queue is full or it takes too long
   * @returns undefined when the signal was aborted first
   */
  enter(signal: AbortSignal, timeoutMs = this.#policy.queueTimeoutMs): Promise<Place | undefined> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        resolve(undefined);
        return;
      }
      const place = this.tryEnter();
      if (place !== undefined) {
        resolve(place);
        return;
      }
      if (!this.canQueue) {
        reject(saturated('too many calls wait for a place'));
        return;
      }
      const leaveQueue = () => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(waiter);
      };
      const waiter: Waiter = {
        admit: () => {
          leaveQueue();
          resolve(this.#place());
        },
      };
      const onAbort = () => {
        leaveQueue();
        resolve(undefined);
      };
      const cancelTimer = after(this.#clock, timeoutMs, () => {
        leaveQueue();
        reject(saturated('no place became free in time'));
      });
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  #place(): Place {
    let isHeld = true;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        const [next] = this.#waiting;
        if (next === undefined) this.#taken -= 1;
        else next.admit();
      },
    };
  }
}
