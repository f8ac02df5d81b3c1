/** Lets a test decide when something goes on. Releases are kept until somebody comes to use them. */
export interface Gate {
  /** Lets `count` waiters pass, now or when they come. */
  release(count?: number): void;
  /** Lets everybody pass from now on. */
  open(): void;
  /** Resolves when let through, or when `signal` aborts. */
  pass(signal: AbortSignal): Promise<void>;
}

export function createGate(): Gate {
  let permits = 0;
  const waiting: (() => void)[] = [];
  const letThrough = () => {
    while (permits > 0) {
      const next = waiting.shift();
      if (next === undefined) return;
      permits -= 1;
      next();
    }
  };
  return {
    release: (count = 1) => {
      permits += count;
      letThrough();
    },
    open: () => {
      permits = Infinity;
      letThrough();
    },
    pass: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const leave = () => {
          const index = waiting.indexOf(go);
          if (index >= 0) waiting.splice(index, 1);
          resolve();
        };
        const go = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(go);
        letThrough();
      }),
  };
}
