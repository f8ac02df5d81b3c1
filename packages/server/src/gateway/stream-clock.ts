import type { Clock } from '../clock.ts';

/** Something alive that looks at the time now and then. */
export interface Ticking {
  tick(nowMs: number): void;
}

export interface StreamClock {
  add(stream: Ticking): void;
  remove(stream: Ticking): void;
  readonly size: number;
  close(): void;
}

/** Silence is measured to this. One timer serves all streams, so that a chunk costs no timer work. */
export const tickIntervalMs = 250;

export function createStreamClock(clock: Clock): StreamClock {
  const streams = new Set<Ticking>();
  const stop = clock.every(tickIntervalMs, () => {
    const nowMs = clock.now();
    for (const stream of streams) stream.tick(nowMs);
  });
  return {
    add: (stream) => void streams.add(stream),
    remove: (stream) => void streams.delete(stream),
    get size() {
      return streams.size;
    },
    close: stop,
  };
}
