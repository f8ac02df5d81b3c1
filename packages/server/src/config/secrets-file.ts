import { randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import { ConfigError, configErrorOf } from './config-error.ts';

interface SecretFile<T> {
  readonly folder: string;
  readonly name: string;
  /** Makes the text of a new secret. */
  readonly generate: () => string;
  /** The secret in a text, or undefined if it is none. */
  readonly parse: (text: string) => T | undefined;
  readonly allowed: string;
}

/**
 * Reads a secret kept in a file, or makes it (mode 600). Processes that start at the same time all get the same value:
 * the file appears whole or not at all, and only one can make it appear.
 * @throws ConfigError naming the file, never its content
 */
export async function readOrCreateSecret<T>(file: SecretFile<T>): Promise<T> {
  const path = join(file.folder, file.name);
  try {
    const existing = await readIfThere(path);
    if (existing !== undefined) return parseSecret(file, path, existing);
    const made = file.generate();
    if (await createWhole(path, made)) return parseSecret(file, path, made);
    return parseSecret(file, path, await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw configErrorOf([
      {
        key: path,
        found: `a file that cannot be used (${errorCode(error) ?? 'unknown reason'})`,
        allowed: 'a file this process may read and write',
      },
    ]);
  }
}

function parseSecret<T>(file: SecretFile<T>, path: string, text: string): T {
  const secret = file.parse(text.trim());
  if (secret !== undefined) return secret;
  const found = text.trim() === '' ? 'nothing' : 'something else (not shown)';
  throw configErrorOf([{ key: path, found, allowed: `${file.allowed}; or no such file, to have a new one made` }]);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @returns false if somebody else's file is there by now */
async function createWhole(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeNew(draft, text);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    return await createInPlace(path, text);
  } finally {
    await unlink(draft);
  }
}

/** For file systems without hard links. A process that reads in the very moment of writing stops with an error. */
async function createInPlace(path: string, text: string): Promise<boolean> {
  try {
    await writeNew(path, text);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(`${text}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
