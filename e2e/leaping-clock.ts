import type { Clock } from '../packages/server/src/clock.ts';

export interface LeapingClock extends Clock {
  /** Sets the clock forward: what would have run on the way runs once, at its end, as after a sleep. */
  leapTo(ms: number): void;
}

/** A clock that goes on as time does, for a server that a browser looks at, and can be set forward. */
export function createLeapingClock(): LeapingClock {
  let aheadMs = 0;
  const tasks = new Map<() => void, number>();
  const now = () => Date.now() + aheadMs;
  return {
    now,
    every: (intervalMs, task) => {
      const run = () => {
        task();
      };
      const timer = setInterval(run, intervalMs);
      timer.unref();
      tasks.set(run, intervalMs);
      return () => {
        clearInterval(timer);
        tasks.delete(run);
      };
    },
    leapTo: (ms) => {
      const byMs = ms - now();
      aheadMs += byMs;
      for (const [run, intervalMs] of [...tasks]) if (intervalMs <= byMs) run();
    },
  };
}
