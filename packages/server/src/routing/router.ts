import type { Clock } from '../clock.ts';
import type { Settings } from '../config/schema.ts';
import type { AppError } from '../errors.ts';
import { Circuit, type CircuitState } from './circuit.ts';
import { ConcurrencyGate } from './concurrency-gate.ts';
import type { Target } from './order-targets.ts';
import { RouteRun } from './route-run.ts';

/** One try of a target, or why it was passed over. */
export interface Attempt {
  /** `upstream/model`. */
  readonly target: string;
  /** `ok`, an error code, `circuit_open`, `saturated` or `cancelled`. */
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
  /**
   * Whose account at the upstream pays, where it is not the operator's: a tenant with its own key. Its failures, such
   * as a used-up quota, keep nobody else from the target.
   */
  readonly account?: string | undefined;
}

export interface Routed<Answer> {
  readonly answer: Answer;
  /**
   * The answer is over, or nobody reads on: to be called once it is; later calls do nothing.
   * @param error of a failed one; one that is not the target's fault is not held against it
   */
  finish(outcome: 'completed' | 'failed' | 'cancelled', error?: AppError): void;
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
  /** Of the targets called so far, as far as the operator's own account goes. */
  states(): readonly TargetState[];
}

export interface RouterOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: Settings['routing'];
  readonly upstreams: Settings['upstreams'];
}

/** A target as calls of one account see it. */
export interface Lane {
  readonly name: string;
  readonly circuit: Circuit;
  /** Shared by all accounts: it protects the server behind. */
  readonly gate: ConcurrencyGate | undefined;
  inFlight: number;
}

/** Lanes of tenants' own accounts that are remembered; the one used longest ago is forgotten first. */
const mostAccountLanes = 2_000;

class TargetRouter implements Router {
  readonly #options: RouterOptions;
  /** Targets are named by the configuration: there are no more than it has. */
  readonly #lanes = new Map<string, Lane>();
  readonly #accountLanes = new Map<string, Lane>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  route<Answer>(options: RouteOptions<Answer>): Promise<Routed<Answer>> {
    const { account } = options;
    const lanes = options.targets.map((target) => this.#laneFor(target, account));
    return new RouteRun(this.#options, options, lanes).run();
  }

  states(): readonly TargetState[] {
    const nowMs = this.#options.clock.now();
    return [...this.#lanes.values()].map(({ name, circuit, gate, inFlight }) => ({
      target: name,
      circuit: circuit.state(nowMs),
      failures: circuit.failures,
      inFlight: gate?.taken ?? inFlight,
      queued: gate?.queued ?? 0,
    }));
  }

  #laneFor(target: Target, account: string | undefined): Lane {
    const lane = this.#lane(target);
    if (account === undefined) return lane;
    const key = `${account}\n${lane.name}`;
    const own = this.#accountLanes.get(key) ?? { ...lane, circuit: this.#circuit(), inFlight: 0 };
    this.#accountLanes.delete(key);
    this.#accountLanes.set(key, own);
    const [oldest] = this.#accountLanes.keys();
    if (this.#accountLanes.size > mostAccountLanes && oldest !== undefined) this.#accountLanes.delete(oldest);
    return own;
  }

  #lane(target: Target): Lane {
    const name = `${target.upstream}/${target.model}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const config = this.#options.upstreams[target.upstream];
    const gate =
      config?.max_concurrency === undefined
        ? undefined
        : new ConcurrencyGate(
            {
              capacity: config.max_concurrency,
              queueLength: config.queue_length,
              queueTimeoutMs: config.queue_timeout_ms,
            },
            this.#options.clock,
          );
    const lane = { name, circuit: this.#circuit(), gate, inFlight: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }

  #circuit(): Circuit {
    return new Circuit(this.#options.settings.breaker);
  }
}

/** Chooses among a model's targets: tries, repeats, falls back, and leaves alone what is broken or full. */
export function createRouter(options: RouterOptions): Router {
  return new TargetRouter(options);
}
