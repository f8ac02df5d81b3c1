import type { Readable } from 'node:stream';
import { storageFailure } from './storage.ts';

/** The content of a `put` while it is read: tells its failures from those of the storage. */
export class Source {
  /** Read so far. */
  bytes = 0;
  readonly #content: Readable;
  readonly #signal: AbortSignal | undefined;
  readonly #stop: () => void;
  /** The content's own failure: that of a reader who gives up is none. */
  #failure: { readonly error: unknown } | undefined;

  constructor(content: Readable, signal: AbortSignal | undefined) {
    this.#content = content;
    this.#signal = signal;
    this.#stop = () => {
      content.destroy(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    // Until it is read, and after, nobody else may listen.
    content.on('error', () => undefined);
    if (signal?.aborted === true) this.#stop();
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const iterator = (this.#content as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        this.#failure = { error };
        throw error;
      });
      if (next.done === true) return;
      this.bytes += next.value.length;
      yield next.value;
    }
  }

  /** Ends the reading. @returns why the `put` failed: by an abort or its content where one of these did, else by the storage */
  fail(error: unknown): unknown {
    this.#content.destroy();
    if (this.#signal?.aborted === true) return this.#signal.reason;
    return this.#failure === undefined ? storageFailure(error) : this.#failure.error;
  }

  /** Must be called in the end. */
  release(): void {
    this.#signal?.removeEventListener('abort', this.#stop);
  }
}
