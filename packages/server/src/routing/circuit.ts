export interface CircuitPolicy {
  /** Failures in a row that open it. */
  readonly failures: number;
  readonly open_ms: number;
  /** Calls let through at once to try whether the target is back. */
  readonly probes: number;
}

export type CircuitState = 'closed' | 'open' | 'half-open';

/** The right to call a target; a probe must be reported on, else its place stays taken. */
export type Pass = 'call' | 'probe';

/**
 * A circuit breaker for one target (M. Nygard, "Release It!"): after so many failures in a row nothing is let through
 * for a while, then single probes; one that succeeds closes it, one that fails opens it anew.
 *
 * A failure is what speaks against the target: it cannot be reached, is too late, overloaded or broken. The caller's own
 * mistakes say nothing of it, nor do calls that were given up.
 */
export class Circuit {
  readonly #policy: CircuitPolicy;
  #failures = 0;
  /** undefined: closed. */
  #openUntilMs: number | undefined;
  #probes = 0;

  constructor(policy: CircuitPolicy) {
    this.#policy = policy;
  }

  get failures(): number {
    return this.#failures;
  }

  state(nowMs: number): CircuitState {
    if (this.#openUntilMs === undefined) return 'closed';
    return nowMs < this.#openUntilMs ? 'open' : 'half-open';
  }

  /** May a call go through? @returns undefined when not */
  enter(nowMs: number): Pass | undefined {
    if (this.#openUntilMs === undefined) return 'call';
    if (nowMs < this.#openUntilMs || this.#probes >= this.#policy.probes) return undefined;
    this.#probes += 1;
    return 'probe';
  }

  /** Until a call may be let through. */
  waitMs(nowMs: number): number {
    return this.#openUntilMs === undefined ? 0 : Math.max(0, this.#openUntilMs - nowMs);
  }

  succeeded(pass: Pass): void {
    this.#leave(pass);
    // A call from before the circuit opened proves nothing of now.
    if (this.#openUntilMs !== undefined && pass === 'call') return;
    this.#failures = 0;
    this.#openUntilMs = undefined;
  }

  failed(pass: Pass, nowMs: number): void {
    this.#leave(pass);
    this.#failures += 1;
    if (pass === 'probe') this.#openUntilMs = nowMs + this.#policy.open_ms;
    else if (this.#openUntilMs === undefined && this.#failures >= this.#policy.failures)
      this.#openUntilMs = nowMs + this.#policy.open_ms;
  }

  /** The call ended without saying anything of the target. */
  abandoned(pass: Pass): void {
    this.#leave(pass);
  }

  #leave(pass: Pass): void {
    if (pass === 'probe') this.#probes -= 1;
  }
}
