import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { EventStream, StreamSink } from '../providers/provider.ts';
import type { AnswerStream, StreamStep } from './answer-stream.ts';
import type { ClientConnection } from './client-connection.ts';
import type { StreamClock, Ticking } from './stream-clock.ts';

export type RelayEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: AppError };

export interface RelayOptions {
  readonly events: EventStream;
  readonly answer: AnswerStream;
  readonly client: ClientConnection;
  readonly clock: Clock;
  readonly streamClock: StreamClock;
  readonly headers: readonly string[];
  readonly timeouts: {
    readonly heartbeat_ms: number;
    readonly idle_timeout_ms: number;
    readonly client_stall_timeout_ms: number;
  };
  /** Called before each piece of the answer goes out; not for comments. */
  readonly onDelivery: () => void;
  /** Called about once a second while text flows: a good moment to note what was delivered. */
  readonly onProgress: () => void;
  /** Called once, before the last bytes go out: settles the request. Returns the closing words of a complete answer. */
  readonly onEnd: (end: RelayEnd) => string;
}

const progressIntervalMs = 1_000;

/**
 * Carries one streamed answer from an upstream to a client: back-pressure both ways, comments through silence, the
 * upstream stopped when the client has gone. The first thing sent decides the status: a failure before it is
 * rejected as an error of its own, a failure after it is told inside the stream and the connection cut.
 */
class Relay implements StreamSink, Ticking {
  readonly #options: RelayOptions;
  readonly #resolve: () => void;
  readonly #reject: (error: AppError) => void;
  #pending = '';
  #opened = false;
  #over = false;
  #waitingForDrainSinceMs: number | undefined;
  #lastReceivedMs: number;
  #lastSentMs: number;
  #lastProgressMs: number;

  constructor(options: RelayOptions, resolve: () => void, reject: (error: AppError) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    const nowMs = options.clock.now();
    this.#lastReceivedMs = nowMs;
    this.#lastSentMs = nowMs;
    this.#lastProgressMs = nowMs;
  }

  run(): void {
    const { client, events, streamClock } = this.#options;
    streamClock.add(this);
    client.onGone(() => {
      this.#cancel();
    });
    client.onDrain(() => {
      this.#waitingForDrainSinceMs = undefined;
      this.#lastReceivedMs = this.#options.clock.now();
      if (!this.#over) events.resume();
    });
    if (client.isGone) this.#cancel();
    else events.start(this);
  }

  onEvent(data: string): void {
    if (!this.#over) this.#take(this.#options.answer.onEvent(data));
  }

  onFlush(): void {
    this.#lastReceivedMs = this.#options.clock.now();
    if (this.#over || this.#pending === '') return;
    const text = this.#pending;
    this.#pending = '';
    this.#options.onDelivery();
    this.#send(text);
  }

  onEnd(): void {
    if (!this.#over) this.#take(this.#options.answer.onEnd());
  }

  onError(error: AppError): void {
    if (!this.#over) this.#fail(error);
  }

  tick(nowMs: number): void {
    const { events, onProgress } = this.#options;
    const {
      idle_timeout_ms: idleTimeoutMs,
      heartbeat_ms: heartbeatMs,
      client_stall_timeout_ms: clientStallTimeoutMs,
    } = this.#options.timeouts;
    if (this.#waitingForDrainSinceMs !== undefined) {
      if (nowMs - this.#waitingForDrainSinceMs >= clientStallTimeoutMs) {
        this.#options.client.destroy();
        this.#cancel();
      }
    } else if (nowMs - this.#lastReceivedMs >= idleTimeoutMs) {
      events.abort();
      const step = this.#options.answer.onEnd();
      if (step.kind === 'complete') this.#take(step);
      else this.#fail(new AppError('UPSTREAM_TIMEOUT', 'The model server went silent in the middle of the answer.'));
    } else if (nowMs - this.#lastSentMs >= heartbeatMs) {
      this.#send(': keep-alive\n\n');
    }
    if (!this.#over && nowMs - this.#lastProgressMs >= progressIntervalMs) {
      this.#lastProgressMs = nowMs;
      onProgress();
    }
  }

  #take(step: StreamStep): void {
    if (step.kind === 'forward') this.#pending += step.text;
    else if (step.kind === 'failed') this.#fail(step.error);
    else this.#complete(step.text);
  }

  #send(text: string): void {
    const { client, events, headers, clock } = this.#options;
    if (!this.#opened) {
      this.#opened = true;
      client.openStream(headers);
    }
    this.#lastSentMs = clock.now();
    if (!client.write(text) && this.#waitingForDrainSinceMs === undefined) {
      this.#waitingForDrainSinceMs = this.#lastSentMs;
      events.pause();
    }
  }

  #complete(text: string): void {
    const { client, onEnd } = this.#options;
    this.#stop();
    this.#options.onDelivery();
    const closing = onEnd({ kind: 'completed' });
    this.#send(`${this.#pending}${text}${closing}`);
    client.end('complete');
    this.#resolve();
  }

  #fail(error: AppError): void {
    const { client, onEnd, answer } = this.#options;
    this.#stop();
    if (!this.#opened) {
      // Nothing has gone out: the client gets a real status, and pays nothing.
      onEnd({ kind: 'failed', error });
      this.#reject(error);
      return;
    }
    if (this.#pending !== '') this.#options.onDelivery();
    onEnd({ kind: 'failed', error });
    this.#send(this.#pending + answer.failure(error));
    client.end('failed');
    this.#resolve();
  }

  #cancel(): void {
    if (this.#over) return;
    this.#stop();
    this.#options.onEnd({ kind: 'cancelled' });
    this.#resolve();
  }

  #stop(): void {
    this.#over = true;
    this.#options.streamClock.remove(this);
    this.#options.events.abort();
  }
}

/**
 * Relays until the stream is over, however it ends.
 * @throws AppError when it failed before anything was sent; `onEnd` has been called all the same
 */
export function relayStream(options: RelayOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    new Relay(options, resolve, reject).run();
  });
}
