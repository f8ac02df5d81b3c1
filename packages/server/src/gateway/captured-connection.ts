import { headerRecord } from '../http/failure.ts';
import type { ClientConnection } from './client-connection.ts';

export interface CapturedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A caller inside the process: an answer in one piece is kept, not sent. It leaves when `signal` is aborted. */
export class CapturedConnection implements ClientConnection {
  readonly #signal: AbortSignal;
  #answer: CapturedAnswer | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get answer(): CapturedAnswer | undefined {
    return this.#answer;
  }

  get isGone(): boolean {
    return this.#signal.aborted;
  }

  sendJson(status: number, headers: readonly string[], text: string): void {
    this.#answer = { status, headers: headerRecord(headers), text };
  }

  onGone(listener: () => void): void {
    if (this.#signal.aborted) listener();
    else this.#signal.addEventListener('abort', listener, { once: true });
  }

  openStream(): void {
    throw new TypeError('a captured answer comes in one piece');
  }

  write(): boolean {
    throw new TypeError('a captured answer comes in one piece');
  }

  onDrain(): void {
    // Nothing is ever written.
  }

  end(): void {
    // The answer in one piece was the end.
  }

  destroy(): void {
    // There is no connection to cut.
  }
}
