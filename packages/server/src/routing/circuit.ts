export interface CircuitPolicy {
  /** Failures in a row that open it. */
  readonly failures: number;
  readonly open_ms: number;
  /** Calls let through at once to try whether the target is back. */
  readonly probes: number;
}

export type CircuitState = 'closed' | 'open' | 'half-open';

/** The right to call a target, to be reported on exactly once. It knows the phase it is from; a probe's is negative. */
export type Pass = number;

/** What an upstream asks for may keep it closed off for longer than `open_ms`, but not for longer than this. */
const longestRestMs = 60_000;

/**
 * A circuit breaker for one target (M. Nygard, "Release It!"): after so many failures in a row nothing is let through
 * for a while, then single probes; one that succeeds closes it, one that fails opens it anew.
 *
 * - A failure speaks against the target: it cannot be reached, is late, saturated or broken. The caller's own mistakes
 *   and calls that were given up say nothing (`abandoned`).
 * - One refusal for saturation is a failure like any other: it may be meant for one large request, and must not stop
 *   all. When the last of a row asks to be left alone for longer than `open_ms`, it is.
 * - A call from an earlier phase says nothing of this one.
 * - A stream's head is a success. Streams that break off are counted apart, as their heads succeed: as many in a row
 *   without one that ends well open it too, and after that the next one does.
 */
export class Circuit {
  readonly #policy: CircuitPolicy;
  #phase: CircuitState = 'closed';
  #phaseNumber = 1;
  #failures = 0;
  #brokenOff = 0;
  #probes = 0;
  #openedAtMs = 0;
  #restMs = 0;

  constructor(policy: CircuitPolicy) {
    this.#policy = policy;
  }

  /** In a row, of calls or of streams, whichever are more. */
  get failures(): number {
    return Math.max(this.#failures, this.#brokenOff);
  }

  state(nowMs: number): CircuitState {
    return this.#phase === 'open' && this.waitMs(nowMs) === 0 ? 'half-open' : this.#phase;
  }

  /** Until a call may be let through; 0 also where that depends on a probe under way. */
  waitMs(nowMs: number): number {
    if (this.#phase !== 'open') return 0;
    const goneMs = nowMs - this.#openedAtMs;
    // A wall clock that was set back must not keep it open for as long.
    return goneMs < 0 ? 0 : Math.max(0, this.#restMs - goneMs);
  }

  /** Would a call be let through now? */
  admits(nowMs: number): boolean {
    return this.#phase === 'closed' || (this.waitMs(nowMs) === 0 && this.#probes < this.#policy.probes);
  }

  /** @returns undefined when no call may go through */
  enter(nowMs: number): Pass | undefined {
    if (this.#phase === 'closed') return this.#phaseNumber;
    if (!this.admits(nowMs)) return undefined;
    if (this.#phase === 'open') this.#begin('half-open');
    this.#probes += 1;
    return -this.#phaseNumber;
  }

  succeeded(pass: Pass): void {
    if (!this.#leave(pass)) return;
    this.#failures = 0;
    if (this.#phase === 'half-open') this.#begin('closed');
  }

  /** @param retryAfterMs how long the upstream asked to be left alone */
  failed(pass: Pass, nowMs: number, retryAfterMs = 0): void {
    if (!this.#leave(pass)) return;
    this.#failures += 1;
    if (this.#phase === 'half-open' || this.#failures >= this.#policy.failures) this.#open(nowMs, retryAfterMs);
  }

  /** The call ended without saying anything of the target. */
  abandoned(pass: Pass): void {
    this.#leave(pass);
  }

  /** An answer that had begun broke off. */
  brokeOff(nowMs: number): void {
    if (this.#phase !== 'closed') return;
    this.#brokenOff += 1;
    if (this.#brokenOff >= this.#policy.failures) this.#open(nowMs, 0);
  }

  /** An answer that had begun came to its end. */
  completed(): void {
    this.#brokenOff = 0;
  }

  #open(nowMs: number, retryAfterMs: number): void {
    this.#begin('open');
    this.#openedAtMs = nowMs;
    this.#restMs = Math.max(this.#policy.open_ms, Math.min(retryAfterMs, longestRestMs));
  }

  #begin(phase: CircuitState): void {
    this.#phase = phase;
    this.#phaseNumber += 1;
  }

  /** @returns whether the pass is of this phase */
  #leave(pass: Pass): boolean {
    if (pass < 0) this.#probes -= 1;
    return Math.abs(pass) === this.#phaseNumber;
  }
}
