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
  return new AppError('FILE_STORAGE_UNAVAILABLE', 'The file storage does not work right now. Try again shortly.', {
    retryAfterSeconds: 5,
    cause,
  });
}
