import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

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
const tickIntervalMs = 250;

export function createStreamClock({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): StreamClock {
  const streams = new Set<Ticking>();
  const stop = clock.every(tickIntervalMs, () => {
    const nowMs = clock.now();
    for (const stream of streams) {
      try {
        stream.tick(nowMs);
      } catch (error) {
        // One stream's fault must not stop the clock of the others.
        streams.delete(stream);
        logger.error({ reason: errorMessage(error) }, 'a stream failed at its tick');
      }
    }
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
