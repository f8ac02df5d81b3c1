import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode } from '../errors.ts';
import { Source } from './source.ts';
import { checkedKey, storageFailure, type FileStorage } from './storage.ts';

interface FolderOptions {
  readonly folder: string;
  /** No other process uses the folder: what is half written now was left by a dead one. */
  readonly isSoleUser: boolean;
}

const unfinished = '.part';

/** Makes a rename or a new name survive a loss of power. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeUnfinished(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isFile() && entry.name.endsWith(unfinished))
      await rm(join(entry.parentPath, entry.name), { force: true });
  }
}

class FolderStorage implements FileStorage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(key: string, content: Readable, signal?: AbortSignal): Promise<number> {
    const path = this.#pathOf(key);
    const part = `${path}${unfinished}`;
    const source = new Source(content, signal);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const handle = await open(part, 'wx', 0o600);
      try {
        await handle.writeFile(source.chunks());
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(part, path);
      await syncFolder(dirname(path));
      return source.bytes;
    } catch (error) {
      // A name that was there is somebody else's work.
      if (errorCode(error) !== 'EEXIST') await rm(part, { force: true }).catch(() => undefined);
      throw source.fail(error);
    } finally {
      source.release();
    }
  }

  async get(key: string): Promise<Readable | undefined> {
    try {
      const handle = await open(this.#pathOf(key), 'r');
      return handle.createReadStream();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw storageFailure(error);
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true }).catch((error: unknown) => {
      throw storageFailure(error);
    });
  }

  async discard(key: string): Promise<void> {
    await this.delete(key);
    await rm(`${this.#pathOf(key)}${unfinished}`, { force: true }).catch((error: unknown) => {
      throw storageFailure(error);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #pathOf(key: string): string {
    return join(this.#folder, checkedKey(key));
  }
}

/**
 * Keeps files in a folder, readable by this process's user only: each is written under a temporary name, synced, then
 * renamed.
 * @throws Error when the folder cannot be made or read
 */
export async function openFolderStorage({ folder, isSoleUser }: FolderOptions): Promise<FileStorage> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (isSoleUser) await removeUnfinished(folder);
  return new FolderStorage(folder);
}
