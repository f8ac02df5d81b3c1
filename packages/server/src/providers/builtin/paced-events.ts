import type { Clock } from '../../clock.ts';
import type { EventStream, StreamSink } from '../provider.ts';

/** So many events are given every so often: about 400 words a second, as a quick model does. */
const eventsPerTick = 4;
const tickMs = 10;

/** Gives events at the pace of a model, so that what streams from one is tried for real. */
export class PacedEvents implements EventStream {
  readonly #events: Iterator<string, undefined>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => {
    this.abort();
  };
  #sink: StreamSink | undefined;
  #stopTicking: (() => void) | undefined;
  #paused = false;
  #over = false;

  constructor(options: {
    readonly events: Iterator<string, undefined>;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  }) {
    this.#events = options.events;
    this.#clock = options.clock;
    this.#signal = options.signal;
    if (this.#signal.aborted) this.#over = true;
    else this.#signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  start(sink: StreamSink): void {
    this.#sink = sink;
    this.#run();
    this.#tick();
  }

  pause(): void {
    this.#paused = true;
    this.#halt();
  }

  resume(): void {
    this.#paused = false;
    this.#run();
  }

  abort(): void {
    this.#over = true;
    this.#halt();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #run(): void {
    if (this.#sink === undefined || this.#paused || this.#over || this.#stopTicking !== undefined) return;
    this.#stopTicking = this.#clock.every(tickMs, () => {
      this.#tick();
    });
  }

  #halt(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  /** The sink may pause or abort from within any of its calls. */
  #tick(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    let ended = false;
    let given = 0;
    while (given < eventsPerTick && !this.#paused && !this.#over) {
      const next = this.#events.next();
      ended = next.done === true;
      if (next.done === true) break;
      sink.onEvent(next.value);
      given += 1;
    }
    if (given > 0 && !this.#over) sink.onFlush();
    if (!ended || this.#over) return;
    this.abort();
    sink.onEnd();
  }
}
