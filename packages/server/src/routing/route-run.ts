import { after } from '../clock.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Pass } from './circuit.ts';
import type { Place } from './concurrency-gate.ts';
import { givenUp, remedyFor, speaksAgainstTarget } from './failure.ts';
import type { Target } from './order-targets.ts';
import { retryDelayMs } from './retry-delay.ts';
import { RoutedCall } from './routed-call.ts';
import type { Lane, Routed, RouteOptions, RouterOptions } from './router.ts';

/** A target that may still be tried in this call. */
interface Candidate {
  readonly target: Target;
  readonly lane: Lane;
  failures: number;
  /** Not before; Infinity: not again. */
  readyAtMs: number;
  /** Whether the record says already that it was passed over. */
  isNoted: boolean;
}

/** What can be done now. */
type Choice =
  | { readonly kind: 'try'; readonly candidate: Candidate; readonly place: Place | undefined }
  | { readonly kind: 'queue'; readonly candidate: Candidate; readonly untilMs: number }
  | { readonly kind: 'pause'; readonly untilMs: number }
  | { readonly kind: 'stop' };

/**
 * One call on its way to a target. Of the targets that may be tried now the first in order is; one that failed is
 * ready again after a pause. So another target is asked before anything is waited for, and each pause is its target's
 * own. Where all that is left is full, the call queues at the first; where all are failing, it fails at once.
 */
export class RouteRun<Answer> {
  readonly #router: RouterOptions;
  readonly #call: RouteOptions<Answer>;
  readonly #candidates: readonly Candidate[];
  readonly #deadlineMs: number;
  #last: AppError | undefined;

  constructor(router: RouterOptions, call: RouteOptions<Answer>, lanes: readonly Lane[]) {
    this.#router = router;
    this.#call = call;
    const nowMs = router.clock.now();
    this.#deadlineMs = nowMs + router.settings.deadline_ms;
    this.#candidates = lanes.flatMap((lane, index) => {
      const target = call.targets[index];
      return target === undefined ? [] : [{ target, lane, failures: 0, readyAtMs: nowMs, isNoted: false }];
    });
  }

  /** @throws AppError of the last target tried; overloaded when none could be tried */
  async run(): Promise<Routed<Answer>> {
    for (;;) {
      if (this.#call.signal.aborted) throw givenUp(this.#call.signal);
      const choice = this.#choose(this.#router.clock.now());
      if (choice.kind === 'try') {
        const routed = await this.#try(choice.candidate, choice.place);
        if (routed !== undefined) return routed;
      } else if (choice.kind === 'queue') {
        const routed = await this.#queue(choice.candidate, choice.untilMs);
        if (routed !== undefined) return routed;
      } else if (choice.kind === 'pause') await this.#pause(choice.untilMs);
      else throw this.#last ?? this.#nothingToAsk();
    }
  }

  #choose(nowMs: number): Choice {
    if (nowMs >= this.#deadlineMs) return { kind: 'stop' };
    let full: Candidate | undefined;
    let readyAtMs = Infinity;
    for (const candidate of this.#candidates) {
      if (candidate.readyAtMs === Infinity) continue;
      const { circuit, gate } = candidate.lane;
      if (!circuit.admits(nowMs)) this.#note(candidate, 'circuit_open');
      else if (candidate.readyAtMs > nowMs) readyAtMs = Math.min(readyAtMs, candidate.readyAtMs);
      else {
        if (gate === undefined) return { kind: 'try', candidate, place: undefined };
        const place = gate.tryEnter();
        if (place !== undefined) return { kind: 'try', candidate, place };
        this.#note(candidate, 'saturated');
        full ??= candidate;
        if (full.lane.gate?.canQueue === false && gate.canQueue) full = candidate;
      }
    }
    const untilMs = Math.min(readyAtMs, this.#deadlineMs);
    if (full !== undefined) return { kind: 'queue', candidate: full, untilMs };
    return readyAtMs < this.#deadlineMs ? { kind: 'pause', untilMs } : { kind: 'stop' };
  }

  /** Waits for a place, but no longer than until another target is ready. */
  async #queue(candidate: Candidate, untilMs: number): Promise<Routed<Answer> | undefined> {
    const { gate } = candidate.lane;
    if (gate === undefined) return undefined;
    const { clock } = this.#router;
    const { queueTimeoutMs } = gate.policy;
    const startedAtMs = clock.now();
    const roomMs = untilMs - startedAtMs;
    const isPatient = gate.canQueue && roomMs < queueTimeoutMs;
    let place: Place | undefined;
    try {
      place = await gate.enter(this.#call.signal, Math.min(queueTimeoutMs, roomMs));
    } catch (error) {
      this.#last = toAppError(error);
      if (!isPatient) candidate.readyAtMs = Infinity;
      return undefined;
    }
    if (place === undefined) return undefined;
    const nowMs = clock.now();
    if (!this.#call.signal.aborted && nowMs < this.#deadlineMs && candidate.lane.circuit.admits(nowMs))
      return this.#try(candidate, place);
    place.release();
    return undefined;
  }

  /** @returns undefined when it failed and another try may be made. @throws AppError when none would do better */
  async #try(candidate: Candidate, place: Place | undefined): Promise<Routed<Answer> | undefined> {
    const { target, lane } = candidate;
    const { attempt, attempts, signal } = this.#call;
    const { clock } = this.#router;
    const startedAtMs = clock.now();
    const pass = lane.circuit.enter(startedAtMs);
    if (pass === undefined) {
      place?.release();
      return undefined;
    }
    lane.inFlight += 1;
    try {
      const answer = await attempt(target);
      lane.circuit.succeeded(pass);
      // What went well at once needs no record.
      if (attempts.length > 0)
        attempts.push({ target: lane.name, outcome: 'ok', duration_ms: clock.now() - startedAtMs });
      return new RoutedCall(answer, lane, place, clock);
    } catch (thrown) {
      const error = toAppError(thrown);
      const nowMs = clock.now();
      lane.inFlight -= 1;
      place?.release();
      const outcome = signal.aborted ? 'cancelled' : error.code;
      attempts.push({ target: lane.name, outcome, duration_ms: nowMs - startedAtMs });
      this.#report(lane, pass, error, nowMs);
      if (signal.aborted || remedyFor(error) === 'final') throw error;
      this.#last = error;
      this.#putOff(candidate, error, nowMs);
      return undefined;
    }
  }

  #report({ circuit }: Lane, pass: Pass, error: AppError, nowMs: number): void {
    if (this.#call.signal.aborted || !speaksAgainstTarget(error)) circuit.abandoned(pass);
    else circuit.failed(pass, nowMs, (error.retryAfterSeconds ?? 0) * 1_000);
  }

  /** When the target that failed may be tried again. */
  #putOff(candidate: Candidate, error: AppError, nowMs: number): void {
    const { settings, random } = this.#router;
    candidate.failures += 1;
    candidate.readyAtMs = Infinity;
    if (remedyFor(error) !== 'again' || candidate.failures >= settings.attempts_per_target) return;
    const { retryAfterSeconds } = error;
    const remainingMs = this.#deadlineMs - nowMs;
    const delayMs = retryDelayMs(settings, { failures: candidate.failures, retryAfterSeconds, remainingMs }, random);
    // At least a millisecond: the others come first.
    if (delayMs !== undefined) candidate.readyAtMs = nowMs + Math.max(1, delayMs);
  }

  #note(candidate: Candidate, outcome: 'circuit_open' | 'saturated'): void {
    if (candidate.isNoted) return;
    candidate.isNoted = true;
    this.#call.attempts.push({ target: candidate.lane.name, outcome, duration_ms: 0 });
  }

  /** No target was tried: there is none, or all failed too often a moment ago. */
  #nothingToAsk(): AppError {
    if (this.#candidates.length === 0)
      return new AppError('UPSTREAM_ERROR', 'No model server is configured for this model.');
    const nowMs = this.#router.clock.now();
    const waitMs = Math.min(...this.#candidates.map(({ lane }) => lane.circuit.waitMs(nowMs)));
    return new AppError('overloaded', 'The model servers failed too often a moment ago. Retry after a short wait.', {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      cause: new Error('every circuit is open'),
    });
  }

  /** Ends early when nobody waits any more. */
  #pause(untilMs: number): Promise<void> {
    const { signal } = this.#call;
    const { clock } = this.#router;
    return new Promise((resolve) => {
      const onAbort = () => {
        cancelTimer();
        resolve();
      };
      const cancelTimer = after(clock, Math.max(1, untilMs - clock.now()), () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
