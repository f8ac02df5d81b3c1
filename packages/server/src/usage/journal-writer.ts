import { closeSync, fdatasync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface JournalWriterOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxSegmentBytes?: number;
  /** Writes bytes at the end of a file; for tests of a full disk. */
  readonly write?: (descriptor: number, bytes: Buffer) => number;
}

interface Segment {
  readonly path: string;
  /** Ids that this segment says something about and that are not in the database yet. */
  readonly ids: Set<string>;
}

const defaultSegmentBytes = 8 * 1024 * 1024;
const syncEveryMs = 1_000;

/**
 * Appends lines to numbered files of one folder. A line handed to `append` reaches the file at the end of the loop
 * turn; `flush` writes all that waits, in one call. The page cache keeps it over the death of the process; fdatasync,
 * about once a second, over the death of the machine. A file whose ids are all done is deleted.
 */
export class JournalWriter {
  readonly #options: JournalWriterOptions;
  readonly #write: (descriptor: number, bytes: Buffer) => number;
  readonly #stop: () => void;
  readonly #older: Segment[] = [];
  #current: Segment;
  #descriptor: number;
  #number = 1;
  #bytes = 0;
  #waiting = '';
  #unwritten: Buffer | undefined;
  #scheduled = false;
  #dirty = false;
  #syncing = false;
  #failure: string | undefined;

  constructor(options: JournalWriterOptions) {
    this.#options = options;
    this.#write = options.write ?? ((descriptor, bytes) => writeSync(descriptor, bytes));
    this.#current = this.#segment();
    this.#descriptor = openSync(this.#current.path, 'a');
    this.#stop = options.clock.every(syncEveryMs, () => {
      this.#sync();
    });
  }

  /** Why lines wait in memory; undefined when all is written. */
  get failure(): string | undefined {
    return this.#failure;
  }

  append(id: string, line: string): void {
    this.#current.ids.add(id);
    this.#waiting += line;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Writes what waits. A disk that refuses is told once; the lines stay and are tried again with the next ones. */
  flush(): void {
    if (this.#waiting !== '') {
      const fresh = Buffer.from(this.#waiting);
      this.#waiting = '';
      this.#unwritten = this.#unwritten === undefined ? fresh : Buffer.concat([this.#unwritten, fresh]);
    }
    while (this.#unwritten !== undefined) {
      try {
        const written = this.#write(this.#descriptor, this.#unwritten);
        this.#bytes += written;
        this.#dirty = true;
        this.#unwritten = written < this.#unwritten.length ? this.#unwritten.subarray(written) : undefined;
      } catch (error) {
        if (this.#failure === undefined)
          this.#options.logger.error({ reason: errorMessage(error) }, 'the usage journal cannot be written');
        this.#failure = errorMessage(error);
        return;
      }
    }
    if (this.#failure !== undefined) this.#options.logger.info({}, 'the usage journal can be written again');
    this.#failure = undefined;
    if (this.#bytes >= (this.#options.maxSegmentBytes ?? defaultSegmentBytes)) this.rotate();
  }

  /** Files before the current one that still say something that is not in the database, oldest first. */
  olderPaths(): readonly string[] {
    return this.#older.map((segment) => segment.path);
  }

  /** Begins a new file. */
  rotate(): void {
    const before = this.#current;
    closeSync(this.#descriptor);
    this.#number += 1;
    this.#current = this.#segment();
    this.#descriptor = openSync(this.#current.path, 'a');
    this.#bytes = 0;
    this.#older.push(before);
    this.#collect();
  }

  /** These ids are in the database: what the journal says of them is not needed any more. */
  done(ids: readonly string[]): void {
    for (const segment of [...this.#older, this.#current]) for (const id of ids) segment.ids.delete(id);
    this.#collect();
  }

  close(): void {
    this.#stop();
    this.flush();
    closeSync(this.#descriptor);
  }

  #segment(): Segment {
    return { path: join(this.#options.folder, `${String(this.#number).padStart(6, '0')}.ndjson`), ids: new Set() };
  }

  #collect(): void {
    for (let index = this.#older.length - 1; index >= 0; index -= 1) {
      const segment = this.#older[index];
      if (segment === undefined || segment.ids.size > 0) continue;
      this.#older.splice(index, 1);
      try {
        unlinkSync(segment.path);
      } catch (error) {
        this.#options.logger.warn({ reason: errorMessage(error) }, 'a finished journal file could not be deleted');
      }
    }
  }

  #sync(): void {
    if (this.#unwritten !== undefined || this.#waiting !== '') this.flush();
    if (!this.#dirty || this.#syncing) return;
    this.#dirty = false;
    this.#syncing = true;
    fdatasync(this.#descriptor, () => {
      // A file that was rotated away meanwhile answers EBADF: its bytes follow with the system's own write-back.
      this.#syncing = false;
    });
  }
}
