import { AppError, toAppError } from '../errors.ts';
import type { EventStream, StreamSink } from './provider.ts';
import { SseParser } from './sse-parser.ts';

/** What of an HTTP exchange a stream may steer; undici's DispatchController has it. */
export interface StreamController {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/**
 * Turns the events of one upstream's stream into those a sink expects: `emit` is called for each, none or many times.
 * One translator serves one stream. What it throws ends the stream as an error: an AppError as it is.
 */
export interface EventTranslator {
  onEvent(data: string, emit: (data: string) => void): void;
  /** The upstream has closed the stream properly: the last chance to say something. */
  onEnd?(emit: (data: string) => void): void;
}

export interface UpstreamEventsOptions {
  readonly controller: StreamController;
  /** What a failure of the connection means for the caller. */
  readonly explain: (error: Error) => AppError;
  /** Absent: events are given as they came. */
  readonly translator?: EventTranslator | undefined;
}

/**
 * The events of one streamed answer. What arrives before `start` (the rest of the read that brought the head) waits
 * in `#early`; after that every piece goes straight through.
 */
export class UpstreamEvents implements EventStream {
  readonly #controller: StreamController;
  readonly #explain: (error: Error) => AppError;
  readonly #translator: EventTranslator | undefined;
  readonly #parser: SseParser;
  readonly #emit = (data: string): void => {
    if (!this.#over) this.#sink?.onEvent(data);
  };
  #early: (() => void)[] | undefined = [];
  #sink: StreamSink | undefined;
  #over = false;

  constructor({ controller, explain, translator }: UpstreamEventsOptions) {
    this.#controller = controller;
    this.#explain = explain;
    this.#translator = translator;
    this.#parser = new SseParser(
      translator === undefined
        ? this.#emit
        : (data) => {
            if (!this.#over) translator.onEvent(data, this.#emit);
          },
    );
  }

  start(sink: StreamSink): void {
    this.#sink = sink;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const replay of early) replay();
  }

  pause(): void {
    this.#controller.pause();
  }

  resume(): void {
    this.#controller.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.abort(new Error('nobody waits for the answer'));
  }

  /** A piece of the body has come. */
  push(chunk: Buffer): void {
    if (this.#early !== undefined) {
      this.#early.push(() => {
        this.#deliver(chunk);
      });
      return;
    }
    this.#deliver(chunk);
  }

  /** The body is whole. */
  end(): void {
    this.#afterStart(() => {
      this.#finish();
    });
  }

  /** The connection has failed. */
  fail(error: Error): void {
    this.#afterStart(() => {
      if (this.#over) return;
      this.#over = true;
      this.#sink?.onError(this.#explain(error));
    });
  }

  #afterStart(action: () => void): void {
    if (this.#early === undefined) action();
    else this.#early.push(action);
  }

  #finish(): void {
    if (this.#over) return;
    try {
      this.#parser.end();
      this.#translator?.onEnd?.(this.#emit);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    if (this.#hasEnded()) return;
    this.#sink?.onFlush();
    if (this.#hasEnded()) return;
    this.#over = true;
    this.#sink?.onEnd();
  }

  /** The sink may abort from within any of its calls. */
  #hasEnded(): boolean {
    return this.#over;
  }

  #deliver(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    this.#sink?.onFlush();
  }

  #giveUp(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.abort(new Error('the stream cannot be read on'));
    const isTooLarge = error instanceof RangeError;
    this.#sink?.onError(
      isTooLarge
        ? new AppError('UPSTREAM_ERROR', 'The model server sent an event that is too large.', { cause: error })
        : toAppError(error),
    );
  }
}
