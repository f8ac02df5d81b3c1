import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import { AppError, errorMessage } from '../errors.ts';
import { ulid } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { FileRows, type FileKey, type RowTimes } from './file-rows.ts';
import { measure } from './measure.ts';
import type { FileStorage } from './storage.ts';
import type { FileQuery, StoredFile } from './stored-file.ts';

export type { FileQuery, StoredFile };

/** Who stores a file. */
export interface FileOwner {
  readonly tenantId: string;
  readonly keyId: string;
}

export interface FileDescription {
  readonly filename: string;
  readonly purpose: string;
  readonly expiresAfterSeconds?: number | undefined;
}

export interface NewFile extends FileOwner, FileDescription {}

export interface FileLimits {
  /** Below settings.max_file_bytes, which always counts. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that are safe and that nobody can see yet: exactly one of `finish` and `discard` must be called. */
export interface Upload {
  readonly bytes: number;
  /** @throws AppError when the upload has been given up meanwhile */
  finish(description: FileDescription): Promise<StoredFile>;
  /** Never rejects: what cannot be removed now is removed by housekeeping. */
  discard(): Promise<void>;
}

/** Every method may throw AppError DATABASE_UNAVAILABLE or that of a broken storage. A tenant sees its own files only. */
export interface FileStore {
  /**
   * Reads `content` to its end in bounded memory. When it fails, nothing is left behind.
   * @throws AppError PAYLOAD_TOO_LARGE past a limit, and whatever `content` is destroyed with
   */
  create(file: NewFile, content: Readable, limits?: FileLimits): Promise<StoredFile>;
  /** `create` in two steps, for callers who learn name and purpose after the bytes. */
  upload(owner: FileOwner, content: Readable, limits?: FileLimits): Promise<Upload>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  get(tenantId: string, id: string): Promise<StoredFile>;
  /** One more than `limit` when there are more. */
  list(query: FileQuery): Promise<readonly StoredFile[]>;
  /** The caller must read or destroy the stream. @throws AppError RESOURCE_NOT_FOUND */
  open(tenantId: string, id: string): Promise<{ readonly file: StoredFile; readonly content: Readable }>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  delete(tenantId: string, id: string): Promise<void>;
  /** Removes expired files and what broken uploads and deletions left. Runs by itself. @returns how many */
  clean(): Promise<number>;
  close(): Promise<void>;
}

export interface FileStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Closed with the store. */
  readonly storage: FileStorage;
  readonly settings: { readonly max_file_bytes: number; readonly max_tenant_bytes: number };
}

/** An upload or deletion whose process died is free after this long. */
const leaseMs = 5 * 60_000;
const cleanEveryMs = 60_000;
const cleanBatch = 100;
/** Bytes of an upload that may be stored and not yet counted. */
const countStepBytes = 4 * 1024 * 1024;

function storageKey({ tenantId, id }: FileKey): string {
  return `${tenantId}/${id}`;
}

function tooLarge(message: string): AppError {
  return new AppError('PAYLOAD_TOO_LARGE', message, { param: 'file' });
}

/** Another process took this upload for one of a dead process. */
function lost(): AppError {
  return new AppError('INTERNAL_ERROR', 'The upload was interrupted on our side. Send it again.', {
    cause: new Error('the lease of an upload ran out'),
  });
}

function notFound(id: string): AppError {
  return new AppError(
    'RESOURCE_NOT_FOUND',
    `There is no file ${JSON.stringify(id.slice(0, 64))}. It may have been deleted, or have expired.`,
    {
      param: 'file_id',
    },
  );
}

class PostgresFileStore implements FileStore {
  readonly #options: FileStoreOptions;
  readonly #rows: FileRows;
  readonly #stops: readonly (() => void)[];
  /** Uploads of this process: their leases are renewed while they run. */
  readonly #held = new Set<string>();
  #cleaned: Promise<unknown> = Promise.resolve();
  /** What has begun and is not over. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: FileStoreOptions) {
    this.#options = options;
    this.#rows = new FileRows(options.database);
    this.#stops = [
      options.clock.every(leaseMs / 3, () => {
        this.#inBackground(this.#renew(), 'leases of uploads could not be renewed');
      }),
      options.clock.every(cleanEveryMs, () => {
        this.#inBackground(this.clean(), 'old files could not be removed');
      }),
    ];
  }

  async create(file: NewFile, content: Readable, limits: FileLimits = {}): Promise<StoredFile> {
    const upload = await this.upload(file, content, limits);
    return upload.finish(file);
  }

  upload(owner: FileOwner, content: Readable, limits: FileLimits = {}): Promise<Upload> {
    return this.#track(this.#upload(owner, content, limits));
  }

  async get(tenantId: string, id: string): Promise<StoredFile> {
    const file = await this.#rows.find({ tenantId, id }, this.#options.clock.now());
    if (file === undefined) throw notFound(id);
    return file;
  }

  list(query: FileQuery): Promise<readonly StoredFile[]> {
    return this.#rows.list(query, this.#options.clock.now());
  }

  async open(tenantId: string, id: string): Promise<{ readonly file: StoredFile; readonly content: Readable }> {
    const file = await this.get(tenantId, id);
    const content = await this.#options.storage.get(storageKey(file));
    if (content !== undefined) return { file, content };
    // Deleted between the two steps; else the storage has lost it, which must not look like the caller's mistake.
    await this.get(tenantId, id);
    throw new AppError('INTERNAL_ERROR', 'The bytes of this file cannot be found. Upload it again.', {
      cause: new Error(`the file storage has no ${storageKey(file)}`),
    });
  }

  async delete(tenantId: string, id: string): Promise<void> {
    const key = { tenantId, id };
    if (!(await this.#rows.hide(key, this.#times()))) throw notFound(id);
    await this.#track(this.#remove(key, false));
  }

  clean(): Promise<number> {
    // One after the other: who asks for it finds it done.
    const cleaned = this.#cleaned.then(() => this.#clean());
    this.#cleaned = cleaned.catch(() => undefined);
    return cleaned;
  }

  async #clean(): Promise<number> {
    let removed = 0;
    for (;;) {
      const dead = await this.#rows.takeDead(this.#times(), cleanBatch);
      for (const key of dead) {
        await this.#remove(key, true);
        removed += 1;
      }
      if (dead.length < cleanBatch) return removed;
    }
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.allSettled(this.#running);
    await this.#options.storage.close();
  }

  async #upload(owner: FileOwner, content: Readable, { maxBytes, signal }: FileLimits): Promise<Upload> {
    const { storage, settings } = this.#options;
    const times = this.#times();
    const key = { tenantId: owner.tenantId, id: `file-${ulid(times.nowMs)}` };
    const limit = Math.min(maxBytes ?? settings.max_file_bytes, settings.max_file_bytes);
    this.#held.add(key.id);
    const inserted = this.#rows.insert({ ...key, keyId: owner.keyId }, times);
    const measured = measure({
      stepBytes: countStepBytes,
      begin: () => inserted,
      check: (bytes) => {
        if (bytes > limit) throw tooLarge(`The file is larger than the ${limit} bytes accepted here. Send less.`);
      },
      count: (bytes) => this.#count(key, bytes),
    });
    // The row is waited for too: else it might come after all else has been cleared away.
    const [stored, read] = await Promise.allSettled([
      storage.put(storageKey(key), measured, signal),
      pipeline(content, measured, { signal }),
      inserted,
    ]);
    if (stored.status === 'fulfilled' && read.status === 'fulfilled')
      return this.#uploaded(key, times.nowMs, stored.value);
    await this.#giveUp(key);
    throw stored.status === 'rejected' ? stored.reason : read.status === 'rejected' ? read.reason : lost();
  }

  #uploaded(key: FileKey, createdAtMs: number, bytes: number): Upload {
    return {
      bytes,
      finish: async ({ filename, purpose, expiresAfterSeconds }) => {
        const expiresAt = expiresAfterSeconds === undefined ? null : new Date(createdAtMs + expiresAfterSeconds * 1000);
        const file = await this.#rows.finish(key, { filename, purpose, expiresAt }).catch(async (error: unknown) => {
          await this.#giveUp(key);
          throw error;
        });
        if (file === undefined) {
          await this.#giveUp(key);
          throw lost();
        }
        this.#held.delete(key.id);
        return file;
      },
      discard: () => this.#track(this.#giveUp(key)),
    };
  }

  async #count(key: FileKey, bytes: number): Promise<void> {
    const { max_tenant_bytes: maxTenantBytes } = this.#options.settings;
    const outcome = await this.#rows.grow(key, bytes, maxTenantBytes);
    if (outcome === 'lost') throw lost();
    if (outcome === 'full')
      throw tooLarge(
        `All files of an account together may have ${maxTenantBytes} bytes, and this one does not fit beside the others. Delete files that are not needed.`,
      );
  }

  /** Removes what an upload stored so far. Never rejects. */
  async #giveUp(key: FileKey): Promise<void> {
    this.#held.delete(key.id);
    try {
      if (await this.#rows.giveUp(key, this.#times())) await this.#remove(key, true);
    } catch (error) {
      this.#warn(error, 'a broken upload is left to housekeeping');
    }
  }

  /** Removes a hidden file. Never rejects: what fails now is tried again by housekeeping. */
  async #remove(key: FileKey, isPerhapsUnfinished: boolean): Promise<void> {
    const { storage } = this.#options;
    try {
      await (isPerhapsUnfinished ? storage.discard(storageKey(key)) : storage.delete(storageKey(key)));
      await this.#rows.remove(key);
    } catch (error) {
      this.#warn(error, 'a file could not be removed yet');
    }
  }

  async #renew(): Promise<void> {
    if (this.#held.size > 0) await this.#rows.renew([...this.#held], this.#times().leaseUntilMs);
  }

  #times(): RowTimes {
    const nowMs = this.#options.clock.now();
    return { nowMs, leaseUntilMs: nowMs + leaseMs };
  }

  #warn(error: unknown, message: string): void {
    const reason = errorMessage(error instanceof Error ? (error.cause ?? error) : error);
    this.#options.logger.warn({ reason }, message);
  }

  #inBackground(work: Promise<unknown>, message: string): void {
    void this.#track(
      work.catch((error: unknown) => {
        this.#warn(error, message);
      }),
    );
  }

  #track<Result>(work: Promise<Result>): Promise<Result> {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }
}

/** Keeps what is known of files in PostgreSQL and their bytes in `storage`. */
export function createFileStore(options: FileStoreOptions): FileStore {
  return new PostgresFileStore(options);
}
