import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import { ulid } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { lockFolder, type FolderLock } from '../postgres/folder-lock.ts';
import { closeLine, openLine, progressLine } from './journal-record.ts';
import { readJournal } from './journal-reader.ts';
import { JournalWriter, type JournalWriterOptions } from './journal-writer.ts';
import { writeEvents } from './ledger.ts';
import { lockName, recoverJournals, type OnRecovered, type RecoveryReport } from './recover.ts';
import type { UsageEvent, UsageMeter } from './usage-event.ts';

export interface UsageMeterOptions {
  /** Holds one journal folder for each process. */
  readonly folder: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each request that a crash had cut off, after its event is in the ledger. May be called again after another crash. */
  readonly onRecovered?: OnRecovered;
  /** Events kept in memory for the database; beyond it they are read from the journal again. */
  readonly maxQueued?: number;
  readonly write?: JournalWriterOptions['write'];
}

export interface Metering {
  readonly meter: UsageMeter;
  /** Takes the lock, recovers dead processes' journals, begins to move events. To be called before the first request. */
  start(): Promise<RecoveryReport>;
  /** Resolves when all that ended before the call is in the database. Rejects with AppError DATABASE_UNAVAILABLE. */
  flush(): Promise<void>;
  health(): { readonly status: 'pass' | 'warn' | 'fail'; readonly detail: string };
  pendingCount(): number;
  close(): Promise<void>;
  /** Gives the journal up as it is, as a process that dies does: for tests of recovery. */
  abandon(): Promise<void>;
}

/** Fewer, larger batches cost a third a row; the journal keeps what waits. */
const moveEveryMs = 1_000;
const adoptEveryMs = 10_000;
const batch = 2_000;
const defaultMaxQueued = 20_000;

class JournalledMeter implements Metering {
  readonly meter: UsageMeter;
  readonly #options: UsageMeterOptions;
  readonly #queue: UsageEvent[] = [];
  /** The database was gone for too long: ended requests are in the journal only, not in the queue. */
  #isSpilling = false;
  #spilledEvents = 0;
  #own = '';
  #path = '';
  #journal: JournalWriter | undefined;
  #lock: FolderLock | undefined;
  #moving: Promise<void> | undefined;
  #databaseFailure: string | undefined;
  #stops: (() => void)[] = [];

  constructor(options: UsageMeterOptions) {
    this.#options = options;
    this.meter = {
      open: (record) => {
        this.#writer().append(record.id, openLine(record));
      },
      progress: (id, completionTokens) => {
        this.#writer().append(id, progressLine(id, completionTokens, options.clock.now()));
      },
      close: (event) => {
        this.#closeRequest(event);
      },
    };
  }

  async start(): Promise<RecoveryReport> {
    const { clock, logger, write } = this.#options;
    await this.#takeFolder();
    this.#journal = new JournalWriter({ folder: this.#path, clock, logger, ...(write === undefined ? {} : { write }) });
    const report = await this.#adopt();
    this.#stops = [
      clock.every(moveEveryMs, () => void this.#moveQuietly()),
      clock.every(adoptEveryMs, () => void this.#adoptQuietly()),
    ];
    return report;
  }

  close(): Promise<void> {
    return this.#shutDown();
  }

  async abandon(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#moving?.catch(() => undefined);
    await this.#lock?.release();
  }

  async flush(): Promise<void> {
    await this.#moving?.catch(() => undefined);
    await this.#move();
  }

  health(): ReturnType<Metering['health']> {
    const failure = this.#journal?.failure;
    if (failure !== undefined) return { status: 'fail', detail: `the journal cannot be written: ${failure}` };
    if (this.#databaseFailure !== undefined) return { status: 'warn', detail: 'events wait for the database' };
    return { status: 'pass', detail: 'events reach the ledger' };
  }

  pendingCount(): number {
    return this.#queue.length + this.#spilledEvents;
  }

  /** Until it is locked, another process may take the new folder for that of a dead one: then the next name is tried. */
  async #takeFolder(): Promise<void> {
    const { clock, folder } = this.#options;
    for (let attempt = 0; attempt < 5 && this.#lock === undefined; attempt += 1) {
      this.#own = ulid(clock.now());
      this.#path = join(folder, this.#own);
      await mkdir(this.#path, { recursive: true });
      this.#lock = await lockFolder(this.#path, lockName).catch(() => undefined);
    }
    if (this.#lock === undefined) throw new Error(`no journal folder can be locked in ${folder}`);
  }

  #writer(): JournalWriter {
    if (this.#journal === undefined) throw new Error('the meter is not started');
    return this.#journal;
  }

  #closeRequest(event: UsageEvent): void {
    const journal = this.#writer();
    journal.append(event.id, closeLine(event));
    journal.flush();
    if (this.#isSpilling) this.#spilledEvents += 1;
    else this.#queue.push(event);
    if (!this.#isSpilling && this.#queue.length >= (this.#options.maxQueued ?? defaultMaxQueued)) {
      this.#isSpilling = true;
      journal.rotate();
    }
  }

  /** Moves all that waits. One at a time. */
  #move(): Promise<void> {
    this.#moving ??= this.#moveAll().finally(() => {
      this.#moving = undefined;
    });
    return this.#moving;
  }

  async #moveAll(): Promise<void> {
    const { database } = this.#options;
    try {
      while (this.#queue.length > 0) {
        const events = this.#queue.slice(0, batch);
        await writeEvents(database, events);
        this.#queue.splice(0, events.length);
        this.#writer().done(events.map((event) => event.id));
      }
      if (this.#isSpilling) await this.#moveSpilled();
      if (this.#databaseFailure !== undefined) this.#options.logger.info({}, 'usage events reach the database again');
      this.#databaseFailure = undefined;
    } catch (error) {
      if (this.#databaseFailure === undefined)
        this.#options.logger.warn({ reason: errorMessage(error) }, 'usage events wait in the journal for the database');
      this.#databaseFailure = errorMessage(error);
      throw error;
    }
  }

  /** The database is back: what was only journalled meanwhile is read again, file by file. */
  async #moveSpilled(): Promise<void> {
    const journal = this.#writer();
    journal.rotate();
    const waiting = this.#spilledEvents;
    for (const file of journal.olderPaths()) {
      const { closed } = await readJournal([file]);
      for (let start = 0; start < closed.length; start += batch)
        await writeEvents(this.#options.database, closed.slice(start, start + batch));
      journal.done(closed.map((event) => event.id));
    }
    this.#spilledEvents -= waiting;
    if (this.#spilledEvents === 0) this.#isSpilling = false;
  }

  async #moveQuietly(): Promise<void> {
    await this.#move().catch(() => undefined);
  }

  #adopt(): Promise<RecoveryReport> {
    const { folder, database, logger, onRecovered } = this.#options;
    return recoverJournals({ folder, own: this.#own, database, logger, onRecovered });
  }

  async #adoptQuietly(): Promise<void> {
    try {
      const report = await this.#adopt();
      if (report.journals > 0)
        this.#options.logger.info(report, 'usage of a process that ended without closing was recovered');
    } catch (error) {
      this.#options.logger.debug(
        { reason: errorMessage(error) },
        'journals of other processes will be looked at again',
      );
    }
  }

  async #shutDown(): Promise<void> {
    for (const stop of this.#stops) stop();
    if (this.#journal === undefined) return;
    const moved = await this.flush().then(
      () => true,
      () => false,
    );
    this.#journal.close();
    await this.#lock?.release();
    // What could not be moved is recovered by the next process that starts.
    if (moved && this.pendingCount() === 0) await rm(this.#path, { recursive: true, force: true });
  }
}

export function createUsageMeter(options: UsageMeterOptions): Metering {
  return new JournalledMeter(options);
}
