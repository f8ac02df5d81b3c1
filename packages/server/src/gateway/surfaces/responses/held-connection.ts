import type { Clock } from '../../../clock.ts';
import type { ClientConnection } from '../../client-connection.ts';

/**
 * A connection that can be told to wait: what must be true when the client has its last byte is made true first. Order
 * is kept, and nothing is lost but to a client that has gone.
 */
export class HeldConnection implements ClientConnection {
  readonly #client: ClientConnection;
  readonly #clock: Clock;
  readonly #longestHoldMs: number;
  readonly #drainListeners: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  #holds = 0;
  /** A writer was asked to wait. */
  #hasRefused = false;
  /** The client is ready for more after what was held. */
  #isTaken = true;

  /** @param longestHoldMs after this the answer goes out all the same */
  constructor(client: ClientConnection, clock: Clock, longestHoldMs: number) {
    this.#client = client;
    this.#clock = clock;
    this.#longestHoldMs = longestHoldMs;
  }

  /** What is sent from now on leaves when `work` has settled, however it settles, or has taken too long. */
  holdFor(work: Promise<unknown>): void {
    this.#holds += 1;
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      stop();
      this.#holds -= 1;
      if (this.#holds === 0) this.#release();
    };
    const stop = this.#clock.every(this.#longestHoldMs, over);
    work.then(over, over);
  }

  sendJson(status: number, headers: readonly string[], text: string): void {
    this.#send(() => {
      this.#client.sendJson(status, headers, text);
    });
  }

  openStream(headers: readonly string[]): void {
    this.#send(() => {
      this.#client.openStream(headers);
    });
  }

  write(text: string): boolean {
    if (this.#holds === 0) return this.#client.write(text);
    this.#hasRefused = true;
    this.#waiting.push(() => {
      this.#isTaken = this.#client.write(text);
    });
    return false;
  }

  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
    this.#client.onDrain(listener);
  }

  end(outcome: 'complete' | 'failed'): void {
    this.#send(() => {
      this.#client.end(outcome);
    });
  }

  destroy(): void {
    this.#waiting = [];
    this.#client.destroy();
  }

  onGone(listener: () => void): void {
    this.#client.onGone(listener);
  }

  get isGone(): boolean {
    return this.#client.isGone;
  }

  #send(deliver: () => void): void {
    if (this.#holds > 0) this.#waiting.push(deliver);
    else deliver();
  }

  #release(): void {
    const due = this.#waiting;
    this.#waiting = [];
    if (!this.#client.isGone) for (const deliver of due) deliver();
    const isWaitedFor = this.#hasRefused && this.#isTaken;
    this.#hasRefused = false;
    this.#isTaken = true;
    // Otherwise the client says itself when it has drained.
    if (isWaitedFor) for (const listener of this.#drainListeners) listener();
  }
}
