import { closeSync, fdatasync, openSync, unlinkSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { segmentPath } from './journal-segment.ts';

/** What the journal does to the disk, so that tests can have one that refuses or whose process has died. */
export interface JournalDisk {
  /** Appends bytes to a file; says how many it took. */
  append(descriptor: number, bytes: Buffer, offset: number, length: number): number;
  /** Resolves when what was appended survives the death of the machine. */
  sync(descriptor: number): Promise<void>;
  remove(path: string): void;
}

export interface SegmentFilesOptions {
  /** Exists, is empty, and is this process's own. */
  readonly folder: string;
  readonly logger: Logger;
  readonly disk?: JournalDisk | undefined;
}

interface Segment {
  readonly number: number;
  readonly path: string;
  readonly descriptor: number;
  /** What in it somebody still needs. */
  needed: number;
}

export const journalDisk: JournalDisk = { append: writeSync, sync: promisify(fdatasync), remove: unlinkSync };

function createSegment(folder: string, number: number): Segment {
  const path = segmentPath(folder, number);
  return { number, path, descriptor: openSync(path, 'ax'), needed: 0 };
}

/**
 * The files of a journal, numbered from 1; the newest is appended to. Older ones are deleted once nothing in them is
 * needed: oldest first, and only after those behind them have been synced.
 */
export class SegmentFiles {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #disk: JournalDisk;
  /** Oldest first. */
  readonly #older: Segment[] = [];
  #current: Segment;
  /** Full segments whose last bytes may not be synced. */
  #unsynced: Segment[] = [];
  #isDirty = false;
  #isFolderDirty = true;
  #syncing: Promise<void> | undefined;
  /** What went wrong and was told already: each is told once until it goes well again. */
  readonly #told = new Set<string>();

  /** @throws Error when the first segment cannot be made */
  constructor({ folder, logger, disk = journalDisk }: SegmentFilesOptions) {
    this.#folder = folder;
    this.#logger = logger;
    this.#disk = disk;
    this.#current = createSegment(folder, 1);
  }

  /** Number of the segment that is appended to. */
  get current(): number {
    return this.#current.number;
  }

  /** Appends to the current segment. @returns how many bytes were taken, and why not all */
  append(bytes: Buffer): { readonly written: number; readonly error?: unknown } {
    let written = 0;
    try {
      this.#appendWhole(this.#current, bytes, (taken) => {
        written += taken;
      });
      return { written };
    } catch (error) {
      return { written, error };
    } finally {
      if (written > 0) this.#isDirty = true;
    }
  }

  /**
   * Goes on in a new segment that starts with `start`. When that cannot be written whole, nothing changes.
   * @returns whether it does
   */
  next(start: Buffer): boolean {
    let segment: Segment | undefined;
    try {
      segment = createSegment(this.#folder, this.#current.number + 1);
      this.#appendWhole(segment, start);
    } catch (error) {
      if (segment !== undefined) this.#remove(segment);
      this.#tell('rotate', error, 'the usage journal cannot begin a new file and goes on in the old one');
      return false;
    }
    this.#told.delete('rotate');
    this.#older.push(this.#current);
    this.#unsynced.push(this.#current);
    this.#current = segment;
    this.#isDirty = true;
    this.#isFolderDirty = true;
    return true;
  }

  /** Counts what is needed of a segment up or down. */
  need(number: number, change: 1 | -1): void {
    const segment =
      number === this.#current.number ? this.#current : this.#older.find((older) => older.number === number);
    if (segment !== undefined) segment.needed += change;
  }

  /** Never rejects. */
  sync(): Promise<void> {
    this.#syncing ??= this.#syncNow().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** @param options.remove whether nothing in the segments is needed any more */
  async close({ remove }: { readonly remove: boolean }): Promise<void> {
    await this.#syncing;
    await this.sync();
    for (const segment of this.#unsynced.splice(0)) closeSync(segment.descriptor);
    closeSync(this.#current.descriptor);
    if (remove) for (const segment of [...this.#older, this.#current]) this.#unlink(segment);
  }

  /** @throws the disk's error; `onTaken` has heard by then what was taken all the same */
  #appendWhole(segment: Segment, bytes: Buffer, onTaken: (taken: number) => void = () => undefined): void {
    for (let written = 0; written < bytes.length;) {
      const taken = this.#disk.append(segment.descriptor, bytes, written, bytes.length - written);
      if (taken === 0) throw new Error('the disk took nothing');
      written += taken;
      onTaken(taken);
    }
  }

  async #syncNow(): Promise<void> {
    const full = this.#unsynced;
    const current = this.#current;
    const isDirty = this.#isDirty;
    this.#unsynced = [];
    this.#isDirty = false;
    try {
      for (const segment of full) await this.#disk.sync(segment.descriptor);
      if (isDirty) await this.#disk.sync(current.descriptor);
      if (this.#isFolderDirty) await this.#syncFolder();
    } catch (error) {
      this.#unsynced.unshift(...full);
      this.#isDirty = true;
      this.#tell('sync', error, 'the usage journal cannot be synced: a power failure may lose what it says');
      return;
    }
    this.#told.delete('sync');
    for (const segment of full) closeSync(segment.descriptor);
    this.#deleteBefore(current.number);
  }

  /** The name of a new file has to survive as well. */
  async #syncFolder(): Promise<void> {
    this.#isFolderDirty = false;
    // Windows has no such thing.
    if (process.platform === 'win32') return;
    const descriptor = openSync(this.#folder, 'r');
    try {
      await this.#disk.sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #deleteBefore(number: number): void {
    for (let oldest = this.#older[0]; oldest !== undefined; oldest = this.#older[0]) {
      if (oldest.number >= number || oldest.needed > 0) return;
      this.#older.shift();
      this.#unlink(oldest);
    }
  }

  #remove(segment: Segment): void {
    closeSync(segment.descriptor);
    this.#unlink(segment);
  }

  #unlink(segment: Segment): void {
    try {
      this.#disk.remove(segment.path);
    } catch (error) {
      // Read again after a restart, it changes nothing: the ledger knows all of it.
      this.#logger.warn(
        { reason: errorMessage(error), file: segment.path },
        'a used-up journal file cannot be deleted',
      );
    }
  }

  #tell(what: string, error: unknown, message: string): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#logger.error({ reason: errorMessage(error) }, message);
  }
}
