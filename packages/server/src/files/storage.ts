import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';

/** Where the bytes of files lie. Keys are `<tenant>/<id>`: this project's own ids, never a caller's text. */
export interface FileStorage {
  /**
   * Stores a stream in bounded memory; nothing can be read under the key before all of it is safe.
   * An error of `content`, or an abort, is what the promise rejects with; then, as far as the storage can be reached,
   * nothing is left behind.
   * @returns bytes stored
   * @throws AppError when the storage itself fails
   */
  put(key: string, content: Readable, signal?: AbortSignal): Promise<number>;
  /**
   * The caller must read or destroy the stream.
   * @returns undefined when there is nothing under the key
   * @throws AppError when the storage itself fails
   */
  get(key: string): Promise<Readable | undefined>;
  /** Does nothing when there is nothing under the key. @throws AppError when the storage itself fails */
  delete(key: string): Promise<void>;
  /** `delete`, and what a `put` left that a process did not live to end. @throws AppError when the storage itself fails */
  discard(key: string): Promise<void>;
  close(): Promise<void>;
}

const keyForm = /^[\w-]{1,128}\/[\w-]{1,128}$/;

/** The last guard before a path or an object name is made. @throws Error: a fault of this program */
export function checkedKey(key: string): string {
  if (!keyForm.test(key)) throw new Error('a key of the file storage is not made of a tenant and an id');
  return key;
}

/** The storage could not do what it had to. `cause` is logged, never shown. */
export function storageFailure(cause: unknown): AppError {
  return new AppError('INTERNAL_ERROR', 'The file storage does not work right now. Try again shortly.', {
    retryAfterSeconds: 5,
    cause,
  });
}

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
