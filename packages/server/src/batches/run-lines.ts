import { after, type Clock } from '../clock.ts';
import type { BatchLine } from './batch.ts';

/** One request as it is carried out inside the process. */
export interface LineCall {
  readonly tenantId: string;
  readonly keyId: string;
  readonly endpoint: string;
  readonly body: Record<string, unknown>;
  readonly signal: AbortSignal;
}

export interface LineAnswer {
  readonly status: number;
  readonly requestId: string;
  readonly body: Record<string, unknown>;
  readonly retryAfterSeconds?: number;
}

export type RunLine = (call: LineCall) => Promise<LineAnswer>;

const firstPauseMs = 500;
const longestPauseMs = 60_000;

/** Is the answer about this moment rather than about the request? A used-up quota will not be back in time. */
export function isPassing({ status, body }: LineAnswer): boolean {
  const { error } = body as { error?: { code?: unknown } };
  if (error?.code === 'insufficient_quota') return false;
  return status === 429 || status === 408 || status >= 500;
}

export interface LinesOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly concurrency: number;
  /** Lines that still wait, in order after a line; empty: there are none. */
  readonly next: (afterLine: number, limit: number) => Promise<readonly BatchLine[]>;
  readonly run: (line: BatchLine, signal: AbortSignal) => Promise<LineAnswer>;
  readonly done: (line: BatchLine, answer: LineAnswer) => Promise<void>;
  /** No new line is begun after this. */
  readonly deadlineMs: number;
  /** Aborted: running lines are put down, to be carried out again. */
  readonly signal: AbortSignal;
  /** True: no new line is begun, running ones finish. */
  readonly isCancelled: () => boolean;
}

/** Resolves after a while, or when the signal is aborted. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      cancel();
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const cancel = after(clock, delayMs, stop);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Several workers over one queue of lines; what is refused for the moment waits, and all with it. */
class LineRun {
  readonly #options: LinesOptions;
  #waiting: BatchLine[] = [];
  #afterLine = 0;
  #isRead = false;
  #reading: Promise<void> | undefined;
  #notBeforeMs = 0;
  #pauses = 0;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.concurrency }, () => this.#work()));
  }

  get #isOver(): boolean {
    const { signal, clock, deadlineMs, isCancelled } = this.#options;
    return signal.aborted || isCancelled() || clock.now() >= deadlineMs;
  }

  async #work(): Promise<void> {
    const { clock, signal } = this.#options;
    for (;;) {
      while (!this.#isOver && clock.now() < this.#notBeforeMs)
        await pause(clock, Math.min(1_000, this.#notBeforeMs - clock.now()), signal);
      if (this.#isOver) return;
      const line = await this.#take();
      if (line === undefined) return;
      await this.#carryOut(line);
    }
  }

  async #carryOut(line: BatchLine): Promise<void> {
    const { run, done, signal } = this.#options;
    const answer = await run(line, signal);
    // Put down in the middle: nobody knows of it yet, so it is carried out again.
    if (signal.aborted) return;
    if (!isPassing(answer)) {
      this.#pauses = 0;
      await done(line, answer);
      return;
    }
    this.#waiting.unshift(line);
    this.#holdBack(answer.retryAfterSeconds);
  }

  /** Everybody waits: the next line would meet the same limit. */
  #holdBack(retryAfterSeconds: number | undefined): void {
    const { clock, random } = this.#options;
    const nowMs = clock.now();
    if (nowMs < this.#notBeforeMs) return;
    const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#pauses);
    this.#pauses += 1;
    const waitMs = Math.max((0.5 + random() / 2) * ceiling, (retryAfterSeconds ?? 0) * 1_000);
    this.#notBeforeMs = nowMs + Math.min(waitMs, longestPauseMs);
  }

  async #take(): Promise<BatchLine | undefined> {
    while (this.#waiting.length === 0 && !this.#isRead) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#waiting.shift();
  }

  async #read(): Promise<void> {
    const limit = this.#options.concurrency * 4;
    const lines = await this.#options.next(this.#afterLine, limit);
    this.#afterLine = lines.at(-1)?.lineNo ?? this.#afterLine;
    this.#isRead = lines.length < limit;
    this.#waiting.push(...lines);
  }
}

/** Carries out lines until there are none, the time is over, or it is told to stop. */
export async function runLines(options: LinesOptions): Promise<void> {
  await new LineRun(options).run();
}
