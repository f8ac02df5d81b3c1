import { longestKept } from '../usage/kept-bodies.ts';
import type { ClientConnection } from './client-connection.ts';

/** Passes an answer on as it is and remembers its beginning, for tenants that want their requests kept. */
export class KeptConnection implements ClientConnection {
  readonly #client: ClientConnection;
  readonly #onEnd: (answer: string | null) => void;
  #answer: string | null = null;
  #ended = false;

  /** @param onEnd called once, with what was answered; null: nothing was */
  constructor(client: ClientConnection, onEnd: (answer: string | null) => void) {
    this.#client = client;
    this.#onEnd = onEnd;
    client.onGone(() => {
      this.#finish();
    });
  }

  get isGone(): boolean {
    return this.#client.isGone;
  }

  sendJson(status: number, headers: readonly string[], text: string): void {
    this.#answer = text;
    this.#finish();
    this.#client.sendJson(status, headers, text);
  }

  openStream(headers: readonly string[]): void {
    this.#answer = '';
    this.#client.openStream(headers);
  }

  write(text: string): boolean {
    if (this.#answer !== null && this.#answer.length < longestKept) this.#answer += text;
    return this.#client.write(text);
  }

  onDrain(listener: () => void): void {
    this.#client.onDrain(listener);
  }

  end(outcome: 'complete' | 'failed'): void {
    this.#finish();
    this.#client.end(outcome);
  }

  destroy(): void {
    this.#finish();
    this.#client.destroy();
  }

  onGone(listener: () => void): void {
    this.#client.onGone(listener);
  }

  /** The request ended otherwise: in an error that its surface tells. */
  finish(): void {
    this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(this.#answer);
  }
}
