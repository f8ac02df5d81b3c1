import type { Clock } from '../clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on; tasks that fall due on the way run in order, each at its own instant. */
  advance(ms: number): void;
  /** Jumps over a long time: tasks that would have run on the way run once, at its end, as after a sleep. */
  leap(toMs: number): void;
}

interface Task {
  dueMs: number;
  readonly intervalMs: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to move. */
export function createManualClock(startMs = Date.UTC(2026, 0, 15, 12)): ManualClock {
  let nowMs = startMs;
  const tasks = new Set<Task>();
  const nextDue = (untilMs: number): Task | undefined =>
    [...tasks].filter((task) => task.dueMs <= untilMs).toSorted((left, right) => left.dueMs - right.dueMs)[0];
  return {
    now: () => nowMs,
    every: (intervalMs, run) => {
      const task: Task = { dueMs: nowMs + intervalMs, intervalMs, run };
      tasks.add(task);
      return () => {
        tasks.delete(task);
      };
    },
    leap: (toMs) => {
      nowMs = toMs;
      for (const task of [...tasks].filter((candidate) => candidate.dueMs <= toMs)) {
        task.dueMs = toMs + task.intervalMs;
        task.run();
      }
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (let task = nextDue(untilMs); task !== undefined; task = nextDue(untilMs)) {
        nowMs = task.dueMs;
        task.dueMs += task.intervalMs;
        task.run();
      }
      nowMs = untilMs;
    },
  };
}
