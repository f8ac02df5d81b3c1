import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../errors.ts';

export interface FolderLock {
  release(): Promise<void>;
}

/** Longest socket path every platform takes (macOS: 104 bytes with the closing NUL). */
const longestSocketPath = 100;
/** A process that died while it broke a stale lock must not block the folder for longer than this. */
const breakingTakesAtMostMs = 5_000;
/** How long to wait for another process that is breaking the lock before looking again. */
const breakingPauseMs = 25;

function socketPath(folder: string, name: string): string {
  const path = join(resolve(folder), `${name}.lock`);
  if (process.platform === 'win32') return `\\\\.\\pipe\\turnpike-${hash(path)}`;
  return Buffer.byteLength(path) <= longestSocketPath ? path : join(tmpdir(), `turnpike-${hash(path)}.lock`);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

function listen(path: string): Promise<Server | 'taken'> {
  return new Promise((resolvePromise, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      if (errorCode(error) === 'EADDRINUSE') resolvePromise('taken');
      else reject(error);
    });
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolvePromise(server);
    });
  });
}

function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolvePromise) => {
    const socket = connect(path);
    const settle = (alive: boolean) => {
      socket.destroy();
      resolvePromise(alive);
    };
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('error', (error) => {
      settle(errorCode(error) !== 'ECONNREFUSED' && errorCode(error) !== 'ENOENT');
    });
  });
}

/** Only one process at a time may remove a dead socket, else the second would remove the first one's new lock. */
async function removeStale(path: string): Promise<void> {
  const breaking = `${path}.breaking`;
  try {
    mkdirSync(breaking);
  } catch {
    const sinceMs = statSync(breaking, { throwIfNoEntry: false })?.mtimeMs;
    if (sinceMs !== undefined && Date.now() - sinceMs > breakingTakesAtMostMs)
      rmSync(breaking, { recursive: true, force: true });
    else await delay(breakingPauseMs);
    return;
  }
  try {
    if (!(await somebodyAnswers(path))) unlinkSync(path);
  } catch {
    // Another process was faster; the caller looks again.
  } finally {
    rmSync(breaking, { recursive: true, force: true });
  }
}

/**
 * Takes an exclusive lock on a folder that the kernel gives back when the process dies, however it dies: a listening
 * Unix socket. A socket file left by a killed process refuses connections and is replaced.
 * @returns the lock, or undefined while another living process holds it
 */
export async function lockFolder(folder: string, name: string): Promise<FolderLock | undefined> {
  const path = socketPath(folder, name);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const server = await listen(path);
    if (server !== 'taken')
      return {
        release: () =>
          new Promise((done) => {
            server.close(() => {
              done();
            });
          }),
      };
    if (await somebodyAnswers(path)) return undefined;
    await removeStale(path);
  }
  return undefined;
}
