import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { lockFolder } from '../postgres/folder-lock.ts';
import { createInstanceFolder, type InstanceFolder, type LockFolder } from './instance-folder.ts';
import { JournalFile, type JournalFileOptions } from './journal-file.ts';
import { failureReason } from './ledger.ts';
import { createLedgerWriter, type LedgerWriter } from './ledger-writer.ts';
import { PendingEvents } from './pending-events.ts';
import { Recovery, type RecoveryReport } from './recover.ts';
import type { OnRecovered } from './replay.ts';
import type { JournalDisk } from './segment-files.ts';
import type { UsageEvent, UsageMeter } from './usage-event.ts';

export interface UsageMeterOptions {
  /** Holds one journal folder for each process. On a file system of this machine: locks do not reach further. */
  readonly folder: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onRecovered?: OnRecovered | undefined;
  /** Size of a journal file; default 8 MiB. */
  readonly segmentBytes?: number | undefined;
  /** Events held in memory while the database is gone; default 20000. Others are read back from the journal. */
  readonly maxHeld?: number | undefined;
  readonly disk?: JournalDisk | undefined;
  readonly lock?: LockFolder | undefined;
}

export interface MeterHealth {
  readonly status: 'pass' | 'warn' | 'fail';
  readonly detail: string;
}

export interface Metering {
  readonly meter: UsageMeter;
  /**
   * To be called before the first request. Makes the journal, takes over those of dead processes and begins to move
   * events. A backlog that takes longer than a second is finished in the background.
   * @throws Error when the folder cannot be written
   */
  start(): Promise<RecoveryReport>;
  /** Resolves when all that this process closed before the call is in the ledger. Rejects when the database is gone. */
  flush(): Promise<void>;
  health(): MeterHealth;
  /** Closed events of this process that the ledger does not have yet. */
  pendingCount(): number;
  /** Moves what it can. What is left, and what is still open, is recovered by the next process. */
  close(): Promise<void>;
}

/** Fewer, larger batches cost a third a row; the journal keeps what waits. */
const moveEveryMs = 1_000;
const firstBackoffMs = 200;
const syncEveryMs = 1_000;
const adoptEveryMs = 10_000;
const startTakesAtMostMs = 1_000;
const longestBackoffMs = 5_000;
const batchSize = 2_000;

/** What exists between start and close. */
interface Running {
  readonly folder: InstanceFolder;
  readonly journal: JournalFile;
  readonly pending: PendingEvents;
  readonly recovery: Recovery;
}

async function openJournal(folder: InstanceFolder, options: Omit<JournalFileOptions, 'folder'>): Promise<JournalFile> {
  try {
    return new JournalFile({ ...options, folder: folder.path });
  } catch (error) {
    await folder.release();
    throw error;
  }
}

class JournalledMeter implements Metering {
  readonly meter: UsageMeter;
  readonly #options: UsageMeterOptions;
  readonly #ledger: LedgerWriter;
  readonly #closing = new AbortController();
  #running: Running | undefined;
  #moving: Promise<number> | undefined;
  #databaseFailures = 0;
  #retryAtMs = 0;
  #stops: (() => void)[] = [];

  constructor(options: UsageMeterOptions) {
    this.#options = options;
    this.#ledger = createLedgerWriter(options);
    this.meter = {
      open: (record) => {
        this.#started.journal.open(record);
      },
      progress: (id, completionTokens) => {
        this.#started.journal.progress(id, completionTokens);
      },
      close: (event) => {
        this.#closeEvent(event);
      },
    };
  }

  async start(): Promise<RecoveryReport> {
    const {
      folder: root,
      database,
      clock,
      logger,
      onRecovered,
      lock = lockFolder,
      segmentBytes,
      maxHeld,
      disk,
    } = this.#options;
    await mkdir(root, { recursive: true });
    const folder = await createInstanceFolder(root, clock, lock);
    const journal = await openJournal(folder, { clock, logger, segmentBytes, disk });
    const pending = new PendingEvents({ folder: folder.path, journal, logger, maxHeld });
    const recovery = new Recovery({
      root,
      ledger: this.#ledger,
      logger,
      lock,
      onRecovered,
      signal: this.#closing.signal,
    });
    this.#running = { folder, journal, pending, recovery };
    const report = await this.#recoverAtStart(recovery);
    this.#stops.push(
      clock.every(moveEveryMs, () => void this.#moveWhenDue()),
      clock.every(syncEveryMs, () => void journal.sync()),
      clock.every(adoptEveryMs, () => void this.#adopt(recovery)),
    );
    logger.debug({ folder: folder.path, database: database.kind }, 'usage journal opened');
    return report;
  }

  async flush(): Promise<void> {
    const { journal } = this.#started;
    const target = journal.closedCount;
    while (journal.movedCount < target) {
      if ((await this.#move()) === 0) return;
    }
  }

  health(): MeterHealth {
    const failure = this.#running?.journal.failure;
    const isDatabaseGone = this.#databaseFailures > 0;
    if (failure !== undefined) {
      // The ledger has events within a moment, so little is at stake unless it is gone as well.
      return { status: isDatabaseGone ? 'fail' : 'warn', detail: `the journal cannot be written: ${failure}` };
    }
    if (isDatabaseGone) return { status: 'warn', detail: 'events wait in the journal for the database' };
    if (this.#ledger.refusedCount > 0)
      return {
        status: 'warn',
        detail: `${this.#ledger.refusedCount} events were refused by the ledger and are kept aside`,
      };
    return { status: 'pass', detail: 'events reach the ledger' };
  }

  pendingCount(): number {
    const journal = this.#running?.journal;
    return journal === undefined ? 0 : journal.closedCount - journal.movedCount;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    this.#closing.abort();
    if (this.#running === undefined) return;
    const { folder, journal, recovery } = this.#running;
    await recovery.run();
    await this.flush().catch(() => undefined);
    const isDone = await journal.shutDown();
    if (!isDone)
      this.#options.logger.info(
        { events: this.pendingCount() },
        'usage that is not in the ledger yet stays in the journal for the next start',
      );
    await folder.release();
  }

  get #started(): Running {
    if (this.#running === undefined) throw new Error('the meter is used before its start');
    return this.#running;
  }

  #closeEvent(event: UsageEvent): void {
    const { journal, pending } = this.#started;
    pending.add(journal.close(event));
  }

  async #recoverAtStart(recovery: Recovery): Promise<RecoveryReport> {
    let stop: (() => void) | undefined;
    const longEnough = new Promise<void>((resolve) => {
      stop = this.#options.clock.every(startTakesAtMostMs, resolve);
    });
    await Promise.race([recovery.run(), longEnough]);
    stop?.();
    return recovery.report;
  }

  async #adopt(recovery: Recovery): Promise<void> {
    const before = recovery.report.journals;
    await recovery.run();
    if (recovery.report.journals > before)
      this.#options.logger.info({ ...recovery.report }, 'usage of a process that ended without closing was recovered');
  }

  async #moveWhenDue(): Promise<void> {
    this.#started.journal.write();
    if (this.#moving !== undefined || this.#options.clock.now() < this.#retryAtMs) return;
    try {
      while ((await this.#move()) === batchSize);
    } catch {
      // Told and counted where it happened; tried again later.
    }
  }

  /** Moves the oldest events, one batch at a time. @returns how many */
  #move(): Promise<number> {
    this.#moving ??= this.#moveBatch().finally(() => {
      this.#moving = undefined;
    });
    return this.#moving;
  }

  async #moveBatch(): Promise<number> {
    const { pending, journal } = this.#started;
    const { logger, clock } = this.#options;
    try {
      const events = await pending.first(batchSize);
      await this.#ledger.write(events.map((event) => event.line));
      pending.drop(events.length);
      if (events.length > 0) journal.moved(events);
      if (this.#databaseFailures > 0)
        logger.info({ pending: this.pendingCount() }, 'usage events reach the ledger again');
      this.#databaseFailures = 0;
      this.#retryAtMs = 0;
      return events.length;
    } catch (error) {
      if (this.#databaseFailures === 0)
        logger.warn({ reason: failureReason(error) }, 'usage events wait in the journal for the database');
      this.#retryAtMs =
        clock.now() + Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(this.#databaseFailures, 10));
      this.#databaseFailures += 1;
      throw error;
    }
  }
}

/** Meters requests through a journal on this machine into the ledger, so that neither crash nor outage loses a bill. */
export function createUsageMeter(options: UsageMeterOptions): Metering {
  return new JournalledMeter(options);
}
