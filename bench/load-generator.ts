import { join } from 'node:path';
import { pidOf, startPinned } from './child-processes.ts';
import type { LoadPhase, LoadResult } from './load.ts';

const phaseWithinMs = 180_000;

export type GenerateLoad = (phase: LoadPhase) => Promise<LoadResult>;

/** Starts the process that sends the load. One phase at a time; each is bounded. */
export function startLoadGenerator(core: number, folder: string): GenerateLoad {
  const logFile = join(folder, 'load.log');
  const child = startPinned({ core, args: [join(import.meta.dirname, 'generate-load.ts')], logFile, ipc: true });
  pidOf(child);
  return (phase) =>
    new Promise((resolve, reject) => {
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
        reject(new Error(`the load generator ended by itself; see ${logFile}`));
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
