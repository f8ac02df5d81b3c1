import type { StreamState } from './stream-store.ts';

export interface StreamReading {
  readonly events: readonly string[];
  /** Other than `live`: no events follow those of this reading. `lost`: the process that recorded it has died. */
  readonly state: StreamState | 'lost';
}

/** Where a follower reads a recorded stream: in memory on the process that records it, else in the database. */
export interface StreamSource {
  /** The events from number `from` on (0 is the first) that are there now. */
  read(from: number): Promise<StreamReading> | StreamReading;
  /** Calls `listener` when there may be more to read. @returns how to stop that */
  onChange(listener: () => void): () => void;
  /** Where the recording is at hand: it goes on while somebody is attached. */
  attach?(): void;
  detach?(nowMs: number): void;
}
