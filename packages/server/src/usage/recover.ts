import { mkdir, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorMessage } from '../errors.ts';
import { deadFolders, type InstanceFolder, type LockFolder } from './instance-folder.ts';
import { listSegments, segmentPath } from './journal-segment.ts';
import { failureReason } from './ledger.ts';
import { readMovedIds, Replay, type ReplayOptions } from './replay.ts';

export interface RecoveryReport {
  /** Journals of dead processes that were taken over. */
  readonly journals: number;
  /** Events that were sent to the ledger: those that had ended, and those that the crash cut off. */
  readonly events: number;
  readonly interrupted: number;
}

export interface RecoverOptions extends ReplayOptions {
  /** Holds a folder for each process. */
  readonly root: string;
  readonly lock: LockFolder;
}

async function recoverFolder(folder: string, options: RecoverOptions): Promise<RecoveryReport> {
  const files = (await listSegments(folder)).map((number) => segmentPath(folder, number));
  const replay = new Replay(options, await readMovedIds(files));
  const finish = async (file: string, damaged: number): Promise<void> => {
    if (damaged === 0) return unlink(file);
    const aside = join(options.root, 'damaged');
    await mkdir(aside, { recursive: true });
    const kept = join(aside, `${basename(folder)}-${basename(file)}`);
    await rename(file, kept);
    options.logger.error(
      { lines: damaged, file: kept },
      'a usage journal has damaged lines: they were passed over, the file is kept aside',
    );
  };
  let last: { file: string; damaged: number } | undefined;
  for (const [index, file] of files.entries()) {
    const isLast = index === files.length - 1;
    const damaged = await replay.readFile(file, { isLast });
    // Each segment begins with what was open then, so those before the last are not needed for it.
    if (isLast) last = { file, damaged };
    else await finish(file, damaged);
  }
  await replay.interruptOpen();
  if (last !== undefined) await finish(last.file, last.damaged);
  return { journals: files.length > 0 ? 1 : 0, events: replay.events, interrupted: replay.interrupted };
}

/** Takes over the journals of dead processes. */
export class Recovery {
  readonly #options: RecoverOptions;
  /** Folders whose failure has been told. */
  readonly #told = new Set<string>();
  #report: RecoveryReport = { journals: 0, events: 0, interrupted: 0 };
  #running: Promise<void> | undefined;

  constructor(options: RecoverOptions) {
    this.#options = options;
  }

  /** What has been done since the start. */
  get report(): RecoveryReport {
    return this.#report;
  }

  /**
   * What had ended goes to the ledger, what had not becomes `interrupted`. Safe on several processes at once, and after
   * a crash in the middle: the ledger keeps one row for an id. Never rejects; what fails is left for a later run.
   */
  run(): Promise<void> {
    this.#running ??= this.#runOnce().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #runOnce(): Promise<void> {
    const { root, lock, logger, signal } = this.#options;
    if (signal.aborted) return;
    try {
      for await (const folder of deadFolders(root, lock, signal)) await this.#recover(folder);
    } catch (error) {
      logger.warn({ folder: root, reason: errorMessage(error) }, 'the usage journals cannot be listed');
    }
  }

  async #recover(folder: InstanceFolder): Promise<void> {
    const { logger, signal } = this.#options;
    try {
      const { journals, events, interrupted } = await recoverFolder(folder.path, this.#options);
      const before = this.#report;
      this.#report = {
        journals: before.journals + journals,
        events: before.events + events,
        interrupted: before.interrupted + interrupted,
      };
    } catch (error) {
      if (signal.aborted || this.#told.has(folder.path)) return;
      this.#told.add(folder.path);
      logger.warn(
        { folder: folder.path, reason: failureReason(error) },
        'the usage journal of a dead process cannot be recovered now; it is tried again',
      );
    } finally {
      await folder.release();
    }
  }
}
