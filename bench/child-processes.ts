import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PinnedOptions {
  readonly core: number;
  /** Arguments of node. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where stdout and stderr go. */
  readonly logFile: string;
  readonly cwd?: string;
  readonly ipc?: boolean;
}

const running = new Set<ChildProcess>();
const startWithinMs = 60_000;
const stopWithinMs = 10_000;

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

/** Starts node on one core, with nothing of our environment but where programs are found. */
export function startPinned({ core, args, env = {}, logFile, cwd, ipc = false }: PinnedOptions): ChildProcess {
  const log = openSync(logFile, 'a');
  const child = spawn('taskset', ['-c', String(core), process.execPath, ...args], {
    stdio: ['ignore', log, log, ...(ipc ? (['ipc'] as const) : [])],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', NODE_ENV: 'production', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', (error) => {
    running.delete(child);
    process.stderr.write(`bench: taskset could not be started: ${error.message}\n`);
  });
  return child;
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process was not started (is taskset installed?)');
  return child.pid;
}

/** Ends a process: SIGTERM, and SIGKILL if that is not heard. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(timer);
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

/**
 * Waits until a server answers HTTP at all, whatever the status.
 * @throws Error with the end of its log when it exits or stays silent
 */
export async function answers(child: ChildProcess, port: number, logFile: string): Promise<void> {
  const untilMs = performance.now() + startWithinMs;
  const logEnd = (): string => readFileSync(logFile, 'utf8').slice(-1_500);
  while (performance.now() < untilMs) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`ended while starting; the end of its log:\n${logEnd()}`);
    }
    try {
      await (await fetch(`http://127.0.0.1:${String(port)}/`, { signal: AbortSignal.timeout(5_000) })).arrayBuffer();
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error(`did not answer within ${String(startWithinMs)} ms; the end of its log:\n${logEnd()}`);
}
