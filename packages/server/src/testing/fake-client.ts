import type { ClientConnection } from '../gateway/client-connection.ts';

/** A client that records what it gets and reads as fast as it is told to. */
export class FakeClient implements ClientConnection {
  status = 0;
  headers: readonly string[] = [];
  text = '';
  state: 'waiting' | 'open' | 'ended' | 'destroyed' = 'waiting';
  outcome: 'complete' | 'failed' | undefined;
  isGone = false;
  /** False: writes ask to wait for `drain`. */
  reads = true;
  readonly #gone: (() => void)[] = [];
  readonly #drained: (() => void)[] = [];

  sendJson(status: number, headers: readonly string[], text: string): void {
    Object.assign(this, { status, headers, text, state: 'ended' });
  }

  openStream(headers: readonly string[]): void {
    if (this.state !== 'waiting') throw new Error('opened twice');
    Object.assign(this, { status: 200, headers, state: 'open' });
  }

  write(text: string): boolean {
    if (this.state !== 'open') throw new Error(`write while ${this.state}`);
    this.text += text;
    return this.reads;
  }

  onDrain(listener: () => void): void {
    this.#drained.push(listener);
  }

  end(outcome: 'complete' | 'failed'): void {
    this.outcome = outcome;
    if (this.state === 'open') this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
    this.leave();
  }

  onGone(listener: () => void): void {
    if (this.isGone) listener();
    else this.#gone.push(listener);
  }

  /** The client closes its connection. */
  leave(): void {
    this.isGone = true;
    for (const listener of this.#gone.splice(0)) listener();
  }

  /** The client has read all there was. */
  drain(): void {
    this.reads = true;
    for (const listener of this.#drained) listener();
  }
}
