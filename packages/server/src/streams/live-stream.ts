import type { StreamReading, StreamSource } from './stream-source.ts';
import type { StreamState } from './stream-store.ts';

export interface LiveStreamLimits {
  /** A recording may grow to this; then it fails. */
  readonly maxBytes: number;
  /** Without any follower it goes on for this long. */
  readonly maxDetachedMs: number;
}

/**
 * A stream that this process records while it flows. One event is the text of one SSE event with its closing blank
 * line. Comments are not recorded: each follower is sent its own.
 */
export class LiveStream implements StreamSource {
  readonly id: string;
  readonly tenantId: string;
  readonly #events: string[] = [];
  readonly #listeners = new Set<() => void>();
  #state: StreamState = 'live';
  #bytes = 0;
  #persisted = 0;
  #followers = 0;
  #detachedSinceMs: number | undefined;

  constructor(id: string, tenantId: string) {
    this.id = id;
    this.tenantId = tenantId;
  }

  get state(): StreamState {
    return this.#state;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** undefined while somebody follows. */
  get detachedSinceMs(): number | undefined {
    return this.#detachedSinceMs;
  }

  /** Takes text of whole events or comments. */
  write(text: string): void {
    if (this.#state !== 'live') return;
    let start = 0;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n', start)) {
      const event = text.slice(start, end + 2);
      start = end + 2;
      if (event.startsWith(':')) continue;
      this.#events.push(event);
      this.#bytes += event.length;
    }
    this.#changed();
  }

  finish(state: 'complete' | 'failed'): void {
    if (this.#state !== 'live') return;
    this.#state = state;
    this.#changed();
  }

  read(from: number): StreamReading {
    return { events: this.#events.slice(from), state: this.#state };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  attach(): void {
    this.#followers += 1;
    this.#detachedSinceMs = undefined;
  }

  detach(nowMs: number): void {
    this.#followers -= 1;
    if (this.#followers === 0 && this.#state === 'live') this.#detachedSinceMs = nowMs;
  }

  /** What the database does not have yet. */
  unpersisted(): { readonly firstEvent: number; readonly events: readonly string[] } {
    return { firstEvent: this.#persisted, events: this.#events.slice(this.#persisted) };
  }

  markPersisted(count: number): void {
    this.#persisted += count;
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
