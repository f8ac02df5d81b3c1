import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Clock ticks a second of /proc/<pid>/stat: USER_HZ, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const quietWindowMs = 400;
const quietWithinMs = 20_000;

export interface ProcessorTime {
  /** All threads, user and system. */
  readonly processUs: number;
  readonly mainThreadUs: number;
}

/** Fields 14 and 15 of proc_pid_stat(5); the name in field 2 may hold blanks and brackets. */
function statUs(path: string): number {
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

export function processorTime(pid: number): ProcessorTime {
  return {
    processUs: statUs(`/proc/${String(pid)}/stat`),
    mainThreadUs: statUs(`/proc/${String(pid)}/task/${String(pid)}/stat`),
  };
}

/**
 * Waits until a process does next to nothing, so that what it puts off (start-up work, batched writes) is neither
 * counted for what came after nor lost for what caused it. Gives up quietly after a while.
 */
export async function becomesQuiet(pid: number): Promise<void> {
  const untilMs = performance.now() + quietWithinMs;
  let before = processorTime(pid).processUs;
  while (performance.now() < untilMs) {
    await sleep(quietWindowMs);
    const after = processorTime(pid).processUs;
    if (after - before <= 10_000) return;
    before = after;
  }
}
