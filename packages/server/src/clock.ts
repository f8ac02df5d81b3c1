/** Wall time and timers as a dependency, so that tests move time instead of waiting for it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `task` about every `intervalMs` until the returned function is called. Never keeps the process alive. */
  every(intervalMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  every: (intervalMs, task) => {
    const timer = setInterval(task, intervalMs);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
};

/** Calls `task` once after a while, unless the returned function is called before. */
export function after(clock: Clock, delayMs: number, task: () => void): () => void {
  const stop = clock.every(delayMs, () => {
    stop();
    task();
  });
  return stop;
}
