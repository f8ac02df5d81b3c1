import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { ulid } from '../ids.ts';
import type { FolderLock, lockFolder } from '../postgres/folder-lock.ts';

export type LockFolder = typeof lockFolder;

/** The journal folder of one process, held for as long as the process lives. */
export interface InstanceFolder {
  readonly path: string;
  /** Gives the folder up; removes it when nothing is left in it. */
  release(): Promise<void>;
}

const lockName = 'owner';
const namePattern = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const attempts = 10;

function held(path: string, lock: FolderLock): InstanceFolder {
  return {
    path,
    release: async () => {
      await lock.release();
      // Another process may look into it right now, and then removes it itself.
      await rmdir(path).catch(() => undefined);
    },
  };
}

/** Makes a folder of its own in `root` and locks it. @throws Error when `root` cannot be written */
export async function createInstanceFolder(root: string, clock: Clock, lock: LockFolder): Promise<InstanceFolder> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const path = join(root, ulid(clock.now()));
    await mkdir(path, { recursive: true });
    // Until it is locked, another process may take it for the folder of a dead one: then the next name is tried.
    const taken = await lock(path, lockName).catch(() => undefined);
    if (taken !== undefined) return held(path, taken);
  }
  throw new Error(`DATA_DIR: no journal folder can be locked in ${root}`);
}

/** Takes over a folder whose process is dead. @returns undefined when its process lives, or another one was faster */
async function adoptFolder(path: string, lock: LockFolder): Promise<InstanceFolder | undefined> {
  const taken = await lock(path, lockName).catch(() => undefined);
  return taken === undefined ? undefined : held(path, taken);
}

/**
 * The folders in `root` whose processes are dead, one after the other. The caller releases each before it asks for the
 * next. Ends early when `signal` aborts.
 */
export async function* deadFolders(
  root: string,
  lock: LockFolder,
  signal: AbortSignal,
): AsyncGenerator<InstanceFolder> {
  for (const name of (await readdir(root)).sort()) {
    if (signal.aborted) return;
    if (!namePattern.test(name)) continue;
    const folder = await adoptFolder(join(root, name), lock);
    if (folder !== undefined) yield folder;
  }
}
