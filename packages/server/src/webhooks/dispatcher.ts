import { after, type Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ClaimBounds, Outgoing, OutgoingStore } from './outgoing-store.ts';
import type { DeliverySender } from './send-delivery.ts';
import { verdictOf } from './verdict.ts';

export interface DispatcherOptions {
  readonly store: Pick<OutgoingStore, 'claim' | 'finish' | 'putBack'>;
  readonly sender: DeliverySender;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Sendings of this process at once. */
  readonly concurrency: number;
}

const lookEveryMs = 1_000;
/** An endpoint, or a tenant with many, that keeps us waiting must not keep others waiting. */
const mostPerEndpoint = 4;
const mostPerTenant = 8;
/** So long may what is under way finish when the process stops. */
const stopMs = 5_000;

function countBy(all: Iterable<Outgoing>, key: 'endpointId' | 'tenantId'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outgoing of all) counts[outgoing[key]] = (counts[outgoing[key]] ?? 0) + 1;
  return counts;
}

/** Sends what is due: one process of many each delivery, whatever happens to the others. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #underWay = new Map<Outgoing, Promise<void>>();
  readonly #stopping = new AbortController();
  #stopLooking: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Takes part in the work from now on. */
  start(): void {
    this.#stopLooking ??= this.#options.clock.every(lookEveryMs, () => {
      this.#look();
    });
    this.#look();
  }

  /** What is under way may finish for a while; the rest is given back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopLooking?.();
    await this.#looking;
    const stop = after(this.#options.clock, stopMs, () => {
      this.#stopping.abort(new Error('the process is stopping'));
    });
    await Promise.all(this.#underWay.values());
    stop();
  }

  #look(): void {
    if (this.#isClosed) return;
    this.#looking ??= this.#take()
      .catch((error: unknown) => {
        this.#options.logger.debug({ reason: errorMessage(error) }, 'webhooks cannot be looked at; it is tried again');
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #take(): Promise<void> {
    const { store, concurrency } = this.#options;
    const limit = concurrency - this.#underWay.size;
    if (limit <= 0) return;
    const bounds: ClaimBounds = {
      ...{ limit, perEndpoint: mostPerEndpoint, perTenant: mostPerTenant },
      busyEndpoints: countBy(this.#underWay.keys(), 'endpointId'),
      busyTenants: countBy(this.#underWay.keys(), 'tenantId'),
    };
    for (const outgoing of await store.claim(bounds)) {
      const work = this.#deliver(outgoing).finally(() => {
        this.#underWay.delete(outgoing);
        this.#look();
      });
      this.#underWay.set(outgoing, work);
    }
  }

  async #deliver(outgoing: Outgoing): Promise<void> {
    const { store, sender, logger, random } = this.#options;
    const about = { delivery: outgoing.id, endpoint: outgoing.endpointId, attempt: outgoing.attempt };
    try {
      const sent = await sender.send(outgoing, this.#stopping.signal);
      await store.finish(outgoing, sent, verdictOf(outgoing, sent, random()));
      const { status, durationMs, error } = sent;
      logger.debug({ ...about, status, durationMs, error }, 'webhook');
    } catch (error) {
      if (this.#stopping.signal.aborted) {
        await store.putBack(outgoing).catch(() => undefined);
        return;
      }
      // The lease ends, and it is sent once more with the same id.
      logger.warn({ ...about, reason: errorMessage(error) }, 'how a webhook went could not be written down');
    }
  }
}
