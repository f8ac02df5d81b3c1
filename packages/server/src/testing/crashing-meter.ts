import type { Database } from '../postgres/database.ts';
import { lockFolder, type FolderLock } from '../postgres/folder-lock.ts';
import { createUsageMeter, type Metering, type UsageMeterOptions } from '../usage/meter.ts';
import { journalDisk, type JournalDisk } from '../usage/segment-files.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

export interface CrashingMeter extends Metering {
  readonly clock: ManualClock;
  /** From here on it does nothing to disk or database, and the kernel gives its locks back: as with a killed process. */
  crash(): Promise<void>;
}

export interface CrashingMeterOptions extends Partial<Omit<UsageMeterOptions, 'clock' | 'disk' | 'lock'>> {
  readonly folder: string;
  readonly database: Database;
  /** For a disk that refuses. */
  readonly append?: JournalDisk['append'];
}

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const never = new Promise<never>(() => undefined);

/** A meter on a clock of its own that can die in the middle of its work. */
export function createCrashingMeter({
  append = journalDisk.append,
  database,
  ...options
}: CrashingMeterOptions): CrashingMeter {
  const clock = createManualClock();
  let isDead = false;
  const locks = new Set<FolderLock>();
  /** What the kernel or the database server has been asked. */
  const asked = new Set<Promise<unknown>>();
  const whileAlive = async <Result>(work: () => PromiseLike<Result>): Promise<Result> => {
    if (isDead) return never;
    const request = Promise.resolve(work());
    asked.add(request);
    try {
      const result = await request;
      if (isDead) return await never;
      return result;
    } catch (error) {
      if (isDead) return await never;
      throw error;
    } finally {
      asked.delete(request);
    }
  };
  const metering = createUsageMeter({
    logger: quiet,
    ...options,
    clock,
    database: { ...database, query: (work) => whileAlive(() => database.query(work)) },
    disk: {
      append: (descriptor, bytes, offset, length) => {
        if (isDead) throw new Error('the process is dead');
        return append(descriptor, bytes, offset, length);
      },
      // Only the death of the machine needs a real one.
      sync: () => whileAlive(() => Promise.resolve()),
      remove: (path) => {
        if (!isDead) journalDisk.remove(path);
      },
    },
    lock: (folder, name) =>
      whileAlive(async () => {
        const lock = await lockFolder(folder, name);
        if (lock === undefined) return undefined;
        locks.add(lock);
        return {
          release: async () => {
            if (locks.delete(lock)) await lock.release();
          },
        };
      }),
  });
  return {
    meter: metering.meter,
    start: () => metering.start(),
    flush: () => metering.flush(),
    health: () => metering.health(),
    pendingCount: () => metering.pendingCount(),
    close: () => metering.close(),
    clock,
    crash: async () => {
      isDead = true;
      // What was asked is still done, but nobody hears of it.
      await Promise.allSettled(asked);
      const held = [...locks];
      locks.clear();
      for (const lock of held) await lock.release();
    },
  };
}
