import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../logger.ts';
import { LiveStream, type LiveStreamLimits } from './live-stream.ts';
import type { StreamSource } from './stream-source.ts';
import type { StreamStore } from './stream-store.ts';

export interface Recording {
  readonly stream: LiveStream;
  /** Ends the recording and waits until the database has it, or cannot have it. */
  finish(state: 'complete' | 'failed'): Promise<void>;
}

export interface RecordingOptions {
  readonly id: string;
  readonly tenantId: string;
  /** Called when the recording has to stop: too long without a reader, or too large. */
  readonly onAbandon: (reason: string) => void;
}

/** The recorded streams of all processes, as one process sees them. */
export interface StreamHub {
  newId(): string;
  record(options: RecordingOptions): Promise<Recording>;
  /** @returns undefined when this tenant has no such stream */
  source(id: string, tenantId: string): Promise<StreamSource | undefined>;
  /** May all streams of this tenant that have lost their readers go on? */
  mayDetach(tenantId: string): boolean;
  readonly recordingCount: number;
  close(): Promise<void>;
}

interface Options {
  readonly store: StreamStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: LiveStreamLimits & { readonly maxDetachedPerTenant: number };
}

/** A reader on another process sees events at most this much later. */
const flushEveryMs = 200;
const renewEveryMs = 10_000;
const expireEveryMs = 10 * 60_000;
const finishAttempts = 10;

interface Live {
  readonly stream: LiveStream;
  readonly onAbandon: (reason: string) => void;
  flushing: Promise<void> | undefined;
}

/** Reads a stream that another process records, or that is over, from the database. */
function storedSource(options: Options, id: string, tenantId: string): StreamSource {
  const { store, clock } = options;
  return {
    read: async (from) => {
      const stored = await store.find(id, tenantId);
      const events = await store.read(id, from);
      if (stored === undefined) return { events, state: 'failed' };
      if (events.length > 0 && stored.state !== 'live') {
        // More may be left than one reading brings.
        return { events, state: 'live' };
      }
      const orphaned = stored.state === 'live' && stored.leaseUntilMs <= clock.now();
      return { events, state: orphaned ? 'lost' : stored.state };
    },
    onChange: (listener) => clock.every(flushEveryMs, listener),
  };
}

class Hub implements StreamHub {
  readonly #options: Options;
  readonly #live = new Map<string, Live>();
  readonly #stops: (() => void)[];

  constructor(options: Options) {
    this.#options = options;
    const { clock, store } = options;
    this.#stops = [
      clock.every(flushEveryMs, () => {
        this.#tick();
      }),
      clock.every(renewEveryMs, () => void this.#quietly(store.renew([...this.#live.keys()]))),
      clock.every(expireEveryMs, () => void this.#quietly(store.expire())),
    ];
  }

  get recordingCount(): number {
    return this.#live.size;
  }

  newId(): string {
    return newId('stream', this.#options.clock.now());
  }

  async record({ id, tenantId, onAbandon }: RecordingOptions): Promise<Recording> {
    await this.#options.store.create({ id, tenantId });
    const live: Live = { stream: new LiveStream(id, tenantId), onAbandon, flushing: undefined };
    this.#live.set(id, live);
    return { stream: live.stream, finish: (state) => this.#finish(live, state) };
  }

  async source(id: string, tenantId: string): Promise<StreamSource | undefined> {
    const live = this.#live.get(id);
    if (live !== undefined) return live.stream.tenantId === tenantId ? live.stream : undefined;
    const stored = await this.#options.store.find(id, tenantId);
    return stored === undefined ? undefined : storedSource(this.#options, id, tenantId);
  }

  mayDetach(tenantId: string): boolean {
    let detached = 0;
    for (const { stream } of this.#live.values())
      if (stream.tenantId === tenantId && stream.detachedSinceMs !== undefined) detached += 1;
    return detached <= this.#options.limits.maxDetachedPerTenant;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all([...this.#live.values()].map((live) => this.#quietly(this.#flush(live))));
  }

  #tick(): void {
    const { clock, limits } = this.#options;
    const nowMs = clock.now();
    for (const live of this.#live.values()) {
      const { stream, onAbandon } = live;
      if (stream.state === 'live') {
        if (stream.bytes > limits.maxBytes) onAbandon('the answer is larger than what is recorded');
        else if (stream.detachedSinceMs !== undefined && nowMs - stream.detachedSinceMs >= limits.maxDetachedMs)
          onAbandon('nobody came back for the answer');
      }
      void this.#quietly(this.#flush(live));
    }
  }

  /** One write at a time, so that pieces are stored in order. */
  #flush(live: Live): Promise<void> {
    live.flushing ??= this.#write(live).finally(() => {
      live.flushing = undefined;
    });
    return live.flushing;
  }

  async #write({ stream }: Live): Promise<void> {
    const { firstEvent, events } = stream.unpersisted();
    if (events.length === 0) return;
    await this.#options.store.append(stream.id, firstEvent, events);
    stream.markPersisted(events.length);
  }

  async #finish(live: Live, state: 'complete' | 'failed'): Promise<void> {
    live.stream.finish(state);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await live.flushing?.catch(() => undefined);
        await this.#flush(live);
        await this.#options.store.finish(live.stream.id, state);
        break;
      } catch (error) {
        if (attempt === finishAttempts) {
          this.#options.logger.error(
            { stream: live.stream.id, reason: errorMessage(error) },
            'a recorded stream could not be stored',
          );
          this.#live.delete(live.stream.id);
          throw error;
        }
        await this.#afterPause();
      }
    }
    this.#live.delete(live.stream.id);
  }

  #afterPause(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#options.clock.every(1_000, () => {
        stop();
        resolve();
      });
    });
  }

  async #quietly(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#options.logger.debug({ reason: errorMessage(error) }, 'a recorded stream will be stored later');
    }
  }
}

export function createStreamHub(options: Options): StreamHub {
  return new Hub(options);
}
