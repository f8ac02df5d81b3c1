/** The length of a fixed UTC window. */
export type WindowUnit = 'minute' | 'hour' | 'day' | 'month';

/** One limit of one subject: "key_1 may make 60 requests a minute". */
export interface Limit {
  /** Short policy name shown in headers: rpm, tpm, tpd, tpmonth, or a public route's name. */
  readonly name: string;
  readonly counts: 'requests' | 'tokens';
  readonly window: WindowUnit;
  readonly quota: number;
  /** Who is counted: a key id, a tenant id or a client address. */
  readonly subject: string;
  /** Counted, but never full: nothing to tell a client. */
  readonly isUnbounded?: boolean;
}

export interface Take {
  readonly limit: Limit;
  /** How much is wanted. */
  readonly amount: number;
  /** The least that is of use; when less than `amount` is left but at least this, what is left is granted. Default: `amount`. */
  readonly atLeast?: number;
}

/** Where one window stands after a decision. */
export interface LimitState {
  readonly limit: Limit;
  readonly used: number;
  readonly remaining: number;
  readonly resetAtMs: number;
}

/**
 * What an allowed take holds. It names its windows, so that it is settled in the windows it was taken from even when
 * the clock has moved on.
 */
export interface Reservation {
  readonly id: string;
  readonly held: readonly { readonly limit: Limit; readonly windowStartMs: number; readonly amount: number }[];
}

export type Decision =
  | {
      readonly allowed: true;
      readonly states: readonly LimitState[];
      readonly reservation: Reservation;
      /** The smallest amount granted over the takes that allowed less than `amount`. */ readonly granted: number;
    }
  | { readonly allowed: false; readonly states: readonly LimitState[]; readonly violated: readonly LimitState[] };

/**
 * Counters of windows. `take` checks all and takes all in one atomic step, or takes nothing.
 * `settle` corrects a reservation to what was really used (may be more or less), once: later calls do nothing.
 * The returned states are those after the step. Rejects with AppError LIMITS_UNAVAILABLE when the store is gone.
 */
export interface LimitStore {
  /** Counters outlive this process: what a crash left reserved has to be settled by the next one. */
  readonly outlivesProcess: boolean;
  take(id: string, takes: readonly Take[], nowMs: number): Decision | Promise<Decision>;
  settle(reservation: Reservation, actual: number, nowMs: number): void | Promise<void>;
  /** Where windows stand without taking anything. */
  peek(limits: readonly Limit[], nowMs: number): readonly LimitState[] | Promise<readonly LimitState[]>;
  /** For health: is the store itself in use and reachable? */
  health(): { readonly kind: 'memory' | 'redis'; readonly ok: boolean; readonly detail: string };
  close(): Promise<void>;
}

/**
 * Reads what a window already holds from the ledger, so that day and month windows survive a restart of the counters.
 * Called once per subject and window, before its first take.
 */
export type WindowSeed = (limit: Limit, windowStartMs: number) => Promise<number>;
