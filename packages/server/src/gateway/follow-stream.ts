import type { Clock } from '../clock.ts';
import type { StreamSource } from '../streams/stream-source.ts';
import type { ClientConnection } from './client-connection.ts';

export interface FollowOptions {
  readonly source: StreamSource;
  readonly client: ClientConnection;
  readonly clock: Clock;
  /** Number of the last event the client has; 0: from the start. */
  readonly after: number;
  /** Write `id:` lines. Only where the client asked: some stumble over them. */
  readonly withIds: boolean;
  readonly heartbeatMs: number;
  readonly clientStallTimeoutMs: number;
  /** An event that tells that the recording process died; the client may send the request again. */
  readonly lostEvent: () => string;
}

const lookEveryMs = 250;

/** Wakes a follower: on news of the source, on drain, on the client's leaving, or when time is up. */
class Alarm {
  #wake: (() => void) | undefined;
  #rung = false;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}

function numbered(events: readonly string[], first: number, withIds: boolean): string {
  if (!withIds) return events.join('');
  return events.map((event, index) => `id: ${first + index + 1}\n${event}`).join('');
}

/**
 * Sends a recorded stream to a client: what is there at once, then live to the end, at the client's own pace.
 * Resolves when the stream is over or the client has gone; the head must have been sent.
 */
export async function followStream(options: FollowOptions): Promise<void> {
  const { source, client, clock, withIds, heartbeatMs, clientStallTimeoutMs } = options;
  const alarm = new Alarm();
  let blockedSinceMs: number | undefined;
  let sentAtMs = clock.now();
  let next = options.after;
  const stops = [
    source.onChange(() => {
      alarm.ring();
    }),
    clock.every(lookEveryMs, () => {
      const nowMs = clock.now();
      if (blockedSinceMs !== undefined && nowMs - blockedSinceMs >= clientStallTimeoutMs) client.destroy();
      else if (blockedSinceMs === undefined && nowMs - sentAtMs >= heartbeatMs) alarm.ring();
    }),
  ];
  client.onGone(() => {
    alarm.ring();
  });
  client.onDrain(() => {
    blockedSinceMs = undefined;
    alarm.ring();
  });
  const write = (text: string) => {
    sentAtMs = clock.now();
    if (!client.write(text)) blockedSinceMs ??= sentAtMs;
  };
  try {
    while (!client.isGone) {
      if (blockedSinceMs === undefined) {
        const { events, state } = await source.read(next);
        if (events.length > 0) write(numbered(events, next, withIds));
        next += events.length;
        // One reading may be a part of what is there.
        if (events.length > 0) continue;
        if (state !== 'live') {
          if (state === 'lost') write(options.lostEvent());
          client.end(state === 'complete' ? 'complete' : 'failed');
          return;
        }
        if (clock.now() - sentAtMs >= heartbeatMs) write(': keep-alive\n\n');
      }
      await alarm.wait();
    }
  } catch (error) {
    // The head is out: a cut tells the client to come back for the rest.
    client.destroy();
    throw error;
  } finally {
    for (const stop of stops) stop();
  }
}
