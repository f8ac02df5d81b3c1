import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { pidOf, startPinned } from './child-processes.ts';
import type { LoadPhase, LoadResult } from './load.ts';

const phaseWithinMs = 180_000;

export type GenerateLoad = (phase: LoadPhase) => Promise<LoadResult>;

/** Sends one phase and waits for what it saw. @throws Error when it takes too long or the process ends */
function runPhase(child: ChildProcess, phase: LoadPhase): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (result: unknown): void => {
      over();
      resolve(result as LoadResult);
    };
    const onExit = (): void => {
      over();
      reject(new Error('the load generator ended by itself'));
    };
    const timer = setTimeout(() => {
      over();
      reject(new Error(`a phase took longer than ${String(phaseWithinMs)} ms`));
    }, phaseWithinMs);
    child.once('message', onMessage);
    child.once('exit', onExit);
    child.send(phase);
  });
}

/** Starts the process that sends the load. One phase at a time; each is bounded. */
export function startLoadGenerator(core: number, folder: string): GenerateLoad {
  const logFile = join(folder, 'load.log');
  const start = (): ChildProcess => {
    const started = startPinned({ core, args: [join(import.meta.dirname, 'generate-load.ts')], logFile, ipc: true });
    pidOf(started);
    return started;
  };
  let child = start();
  return async (phase) => {
    try {
      return await runPhase(child, phase);
    } catch (error) {
      // What is left of this phase must not run into the next one.
      child.kill('SIGKILL');
      child = start();
      throw error;
    }
  };
}
