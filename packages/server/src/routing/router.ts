import { after, type Clock } from '../clock.ts';
import type { Settings } from '../config/schema.ts';
import { AppError, toAppError } from '../errors.ts';
import { Circuit, type CircuitState, type Pass } from './circuit.ts';
import { ConcurrencyGate } from './concurrency-gate.ts';
import type { Target } from './order-targets.ts';
import { retryDelayMs } from './retry-delay.ts';

/** One try of a target, or why it was passed over. */
export interface Attempt {
  /** `upstream/model`. */
  readonly target: string;
  readonly outcome: string;
  readonly duration_ms: number;
}

export interface RouteOptions<Answer> {
  /** In the order in which they are tried. */
  readonly targets: readonly Target[];
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** @throws AppError */
  readonly attempt: (target: Target) => Promise<Answer>;
  /** Filled with what was tried, in order. */
  readonly attempts: Attempt[];
}

export interface Routed<Answer> {
  readonly answer: Answer;
  /** The answer is over, or nobody reads on: to be called once it is; later calls do nothing. */
  finish(outcome: 'completed' | 'failed' | 'cancelled'): void;
}

export interface TargetState {
  readonly target: string;
  readonly circuit: CircuitState;
  readonly failures: number;
  readonly inFlight: number;
  readonly queued: number;
}

export interface Router {
  /** @throws AppError of the last target tried; overloaded when none could be tried */
  route<Answer>(options: RouteOptions<Answer>): Promise<Routed<Answer>>;
  /** Of the targets called so far. */
  states(): readonly TargetState[];
}

export interface RouterOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: Settings['routing'];
  readonly upstreams: Settings['upstreams'];
}

interface Entry {
  readonly name: string;
  readonly circuit: Circuit;
  readonly gate: ConcurrencyGate | undefined;
  inFlight: number;
}

/** What an error means for the target it came from. */
type Verdict = 'again' | 'elsewhere' | 'final';

function judge(error: AppError): Verdict {
  // A target that was too late once would be again; its time is better spent on another one.
  if (error.code === 'UPSTREAM_TIMEOUT' || error.code === 'UPSTREAM_AUTH') return 'elsewhere';
  return error.code === 'UPSTREAM_ERROR' || error.code === 'overloaded' ? 'again' : 'final';
}

function report({ circuit }: Entry, pass: Pass, error: AppError, nowMs: number): void {
  if (error.code === 'UPSTREAM_ERROR' || error.code === 'UPSTREAM_TIMEOUT' || error.code === 'overloaded')
    circuit.failed(pass, nowMs);
  // It refused what the caller sent: so it is there.
  else if (error.code === 'UPSTREAM_REJECTED') circuit.succeeded(pass);
  else circuit.abandoned(pass);
}

function givenUp(signal: AbortSignal): AppError {
  return new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: signal.reason });
}

/** A call under way: its place and its pass are given back exactly once. */
class Call<Answer> implements Routed<Answer> {
  readonly answer: Answer;
  readonly #entry: Entry;
  readonly #clock: Clock;
  #over = false;

  constructor(answer: Answer, entry: Entry, clock: Clock) {
    this.answer = answer;
    this.#entry = entry;
    this.#clock = clock;
  }

  finish(outcome: 'completed' | 'failed' | 'cancelled'): void {
    if (this.#over) return;
    this.#over = true;
    this.#entry.inFlight -= 1;
    this.#entry.gate?.leave();
    const { circuit } = this.#entry;
    if (outcome === 'failed') circuit.failed('call', this.#clock.now());
    else if (outcome === 'completed') circuit.succeeded('call');
  }
}

/** What one round over the targets came to. */
interface Round<Answer> {
  readonly call?: Call<Answer>;
  /** Worth another try after a pause. */
  readonly again: readonly Target[];
  readonly last: AppError | undefined;
  readonly retryAfterMs: number | undefined;
}

class TargetRouter implements Router {
  readonly #options: RouterOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async route<Answer>(options: RouteOptions<Answer>): Promise<Routed<Answer>> {
    const { settings, clock, random } = this.#options;
    const startedAtMs = clock.now();
    let candidates = options.targets;
    for (let round = 1; ; round += 1) {
      const { call, again, last, retryAfterMs } = await this.#round(candidates, options);
      if (call !== undefined) return call;
      if (last === undefined) throw new TypeError('a round ends with a call or an error');
      if (again.length === 0 || round >= settings.attempts_per_target) throw last;
      const delayMs = retryDelayMs(settings, round, retryAfterMs, random);
      if (delayMs === undefined || clock.now() - startedAtMs + delayMs > settings.deadline_ms) throw last;
      await this.#pause(delayMs, options.signal);
      candidates = again;
    }
  }

  states(): readonly TargetState[] {
    const nowMs = this.#options.clock.now();
    return [...this.#entries.values()].map(({ name, circuit, gate, inFlight }) => ({
      target: name,
      circuit: circuit.state(nowMs),
      failures: circuit.failures,
      inFlight,
      queued: gate?.queued ?? 0,
    }));
  }

  /** Each candidate once, without a pause between: another target is the quickest remedy. */
  async #round<Answer>(candidates: readonly Target[], options: RouteOptions<Answer>): Promise<Round<Answer>> {
    const { clock } = this.#options;
    const again: Target[] = [];
    let last: AppError | undefined;
    let retryAfterMs: number | undefined;
    let saturated: Target | undefined;
    for (const target of candidates) {
      const entry = this.#entry(target);
      const pass = entry.circuit.enter(clock.now());
      if (pass === undefined) {
        options.attempts.push({ target: entry.name, outcome: 'circuit_open', duration_ms: 0 });
        continue;
      }
      if (entry.gate?.tryEnter() === false) {
        entry.circuit.abandoned(pass);
        options.attempts.push({ target: entry.name, outcome: 'saturated', duration_ms: 0 });
        saturated ??= target;
        continue;
      }
      const outcome = await this.#try(target, entry, pass, options);
      if (outcome instanceof Call) return { call: outcome, again, last, retryAfterMs };
      last = outcome;
      if (judge(last) === 'again') again.push(target);
      if (last.retryAfterSeconds !== undefined)
        retryAfterMs = Math.min(retryAfterMs ?? Infinity, last.retryAfterSeconds * 1_000);
    }
    if (last !== undefined) return { again, last, retryAfterMs };
    if (saturated === undefined) return { again, last: this.#allOpen(candidates), retryAfterMs };
    const outcome = await this.#tryInTurn(saturated, options);
    if (outcome instanceof Call) return { call: outcome, again, last, retryAfterMs };
    return { again: judge(outcome) === 'again' ? [saturated] : [], last: outcome, retryAfterMs };
  }

  /** Waits for a place at a target whose places are all taken. */
  async #tryInTurn<Answer>(target: Target, options: RouteOptions<Answer>): Promise<Call<Answer> | AppError> {
    const entry = this.#entry(target);
    await entry.gate?.enter(options.signal);
    const pass = entry.circuit.enter(this.#options.clock.now());
    if (pass !== undefined) return this.#try(target, entry, pass, options);
    entry.gate?.leave();
    return this.#allOpen([target]);
  }

  /** @returns the call, or the error that lets another target be tried. @throws AppError that none would do better */
  async #try<Answer>(
    target: Target,
    entry: Entry,
    pass: Pass,
    { signal, attempt, attempts }: RouteOptions<Answer>,
  ): Promise<Call<Answer> | AppError> {
    const { clock } = this.#options;
    const startedAtMs = clock.now();
    entry.inFlight += 1;
    try {
      if (signal.aborted) throw givenUp(signal);
      const answer = await attempt(target);
      // A probe has shown that the target is back; otherwise the end of the answer tells.
      if (pass === 'probe') entry.circuit.succeeded(pass);
      // What went well at once needs no record.
      if (attempts.length > 0)
        attempts.push({ target: entry.name, outcome: 'ok', duration_ms: clock.now() - startedAtMs });
      return new Call(answer, entry, clock);
    } catch (thrown) {
      const error = toAppError(thrown);
      entry.inFlight -= 1;
      entry.gate?.leave();
      const nowMs = clock.now();
      if (signal.aborted) entry.circuit.abandoned(pass);
      else report(entry, pass, error, nowMs);
      const outcome = signal.aborted ? 'cancelled' : error.code;
      attempts.push({ target: entry.name, outcome, duration_ms: nowMs - startedAtMs });
      if (signal.aborted || judge(error) === 'final') throw error;
      return error;
    }
  }

  #entry(target: Target): Entry {
    const name = `${target.upstream}/${target.model}`;
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const { settings, upstreams, clock } = this.#options;
    const config = upstreams[target.upstream];
    const gate =
      config?.max_concurrency === undefined
        ? undefined
        : new ConcurrencyGate(
            {
              capacity: config.max_concurrency,
              queueLength: config.queue_length,
              queueTimeoutMs: config.queue_timeout_ms,
            },
            clock,
          );
    const entry = { name, circuit: new Circuit(settings.breaker), gate, inFlight: 0 };
    // Targets are named by the configuration: there are no more than it has.
    this.#entries.set(name, entry);
    return entry;
  }

  /** Nothing may be asked: the targets failed too often a moment ago. */
  #allOpen(candidates: readonly Target[]): AppError {
    if (candidates.length === 0) return new AppError('UPSTREAM_ERROR', 'No model server is configured for this model.');
    const nowMs = this.#options.clock.now();
    const waitMs = Math.min(...candidates.map((target) => this.#entry(target).circuit.waitMs(nowMs)));
    return new AppError('overloaded', 'The model servers failed too often a moment ago. Retry after a short wait.', {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      cause: new Error('every circuit is open'),
    });
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        cancelTimer();
        reject(givenUp(signal));
      };
      const cancelTimer = after(this.#options.clock, delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** Chooses among a model's targets: tries, repeats, falls back, and leaves alone what is broken or full. */
export function createRouter(options: RouterOptions): Router {
  return new TargetRouter(options);
}
