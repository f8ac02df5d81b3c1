import { errorMessage } from '../errors.ts';
import type { ClaimHandle } from '../idempotency/store.ts';
import type { Recording } from '../streams/stream-hub.ts';
import type { ClientConnection } from './client-connection.ts';
import { followStream, type FollowOptions } from './follow-stream.ts';
import type { Gateway } from './gateway.ts';

export interface RecordedOptions {
  readonly gateway: Gateway;
  readonly claim: ClaimHandle;
  readonly recording: Recording;
  /** The caller: the first follower. */
  readonly client: ClientConnection;
  readonly follow: Pick<FollowOptions, 'after' | 'withIds' | 'lostEvent'>;
  /** The event that tells readers why the answer stops here. */
  readonly brokenOff: (why: string) => string;
}

/**
 * The client's side of a keyed stream: what the relay writes is recorded, and the caller follows the record like any
 * other reader. When the caller leaves, the answer goes on, within bounds, and waits to be fetched.
 */
export class RecordedConnection implements ClientConnection {
  readonly #options: RecordedOptions;
  readonly #goneListeners: (() => void)[] = [];
  #abandoned = false;

  constructor(options: RecordedOptions) {
    this.#options = options;
    const { recording, client, gateway } = options;
    const { stream } = recording;
    stream.attach();
    client.onGone(() => {
      stream.detach(gateway.clock.now());
      if (stream.detachedSinceMs !== undefined && !gateway.streams.mayDetach(stream.tenantId))
        this.abandon('too many answers of this account go on without a reader');
    });
  }

  get isGone(): boolean {
    return this.#abandoned;
  }

  /** Stops the answer: nobody may read it any more. */
  abandon(reason: string): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.#options.gateway.logger.info(
      { stream: this.#options.recording.stream.id, reason },
      'a recorded stream was stopped',
    );
    for (const listener of this.#goneListeners.splice(0)) listener();
    this.#options.recording.stream.write(this.#options.brokenOff('The answer was stopped before its end.'));
    void this.#finish('failed');
  }

  sendJson(status: number, headers: readonly string[], text: string): void {
    void this.#finish('failed');
    this.#options.client.sendJson(status, headers, text);
  }

  openStream(headers: readonly string[]): void {
    const { client, recording, gateway, follow } = this.#options;
    if (client.isGone) return;
    client.openStream([...headers, 'X-Stream-Id', recording.stream.id]);
    const { heartbeat_ms: heartbeatMs, client_stall_timeout_ms: clientStallTimeoutMs } = gateway.relay;
    void followStream({
      source: recording.stream,
      client,
      clock: gateway.clock,
      heartbeatMs,
      clientStallTimeoutMs,
      ...follow,
    }).catch((error: unknown) => {
      gateway.logger.warn({ stream: recording.stream.id, reason: errorMessage(error) }, 'a reader was cut off');
    });
  }

  write(text: string): boolean {
    this.#options.recording.stream.write(text);
    return true;
  }

  onDrain(): void {
    // Each reader has its own pace; the record never waits.
  }

  end(outcome: 'complete' | 'failed'): void {
    void this.#finish(outcome);
  }

  destroy(): void {
    void this.#finish('failed');
  }

  onGone(listener: () => void): void {
    if (this.#abandoned) listener();
    else this.#goneListeners.push(listener);
  }

  /** A complete answer stays for 24 hours; a failed one frees the key, so that a retry is carried out. */
  async #finish(outcome: 'complete' | 'failed'): Promise<void> {
    const { gateway, claim, recording } = this.#options;
    try {
      await recording.finish(outcome);
      if (outcome === 'complete') await gateway.idempotency.completeStream(claim);
      else await gateway.idempotency.release(claim);
    } catch (error) {
      gateway.logger.warn(
        { stream: recording.stream.id, reason: errorMessage(error) },
        'the end of a recorded stream could not be stored',
      );
    }
  }
}
