import { AppError, toAppError } from '../../errors.ts';
import type { EventStream, StreamSink } from '../provider.ts';
import { SseParser } from '../sse-parser.ts';

interface Controller {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/**
 * The events of one streamed answer. What arrives before `start` (the rest of the read that brought the head) waits
 * in `#early`; after that every piece goes straight through.
 */
export class OpenAiEventStream implements EventStream {
  readonly #controller: Controller;
  readonly #translate: (error: Error) => AppError;
  readonly #parser: SseParser;
  #early: (() => void)[] | undefined = [];
  #sink: StreamSink | undefined;
  #over = false;

  constructor(controller: Controller, translate: (error: Error) => AppError) {
    this.#controller = controller;
    this.#translate = translate;
    this.#parser = new SseParser((data) => {
      if (!this.#over) this.#sink?.onEvent(data);
    });
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

  push(chunk: Buffer): void {
    if (this.#early !== undefined) {
      this.#early.push(() => {
        this.#deliver(chunk);
      });
      return;
    }
    this.#deliver(chunk);
  }

  end(): void {
    this.#afterStart(() => {
      this.#parser.end();
      this.#sink?.onFlush();
      if (this.#over) return;
      this.#over = true;
      this.#sink?.onEnd();
    });
  }

  fail(error: Error): void {
    this.#afterStart(() => {
      if (this.#over) return;
      this.#over = true;
      this.#sink?.onError(this.#translate(error));
    });
  }

  #afterStart(action: () => void): void {
    if (this.#early === undefined) action();
    else this.#early.push(action);
  }

  #deliver(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#over = true;
      this.#controller.abort(new Error('the stream cannot be read on'));
      const isTooLarge = error instanceof RangeError;
      this.#sink?.onError(
        isTooLarge
          ? new AppError('UPSTREAM_ERROR', 'The model server sent an event that is too large.', { cause: error })
          : toAppError(error),
      );
      return;
    }
    this.#sink?.onFlush();
  }
}
