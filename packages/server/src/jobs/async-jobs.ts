import { after, type Clock } from '../clock.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { isOver, type AsyncJob, type JobQuery } from './async-job.ts';
import type { AsyncJobStore, NewJob } from './async-job-store.ts';
import type { JobQueue } from './job-queue.ts';
import { runAsyncJob, type JobRunners } from './run-async-job.ts';

/** Jobs that callers order and ask for later. */
export interface AsyncJobs {
  submit(order: NewJob): Promise<AsyncJob>;
  /** @throws AppError RESOURCE_NOT_FOUND: unknown, somebody else's, or over for longer than 30 minutes */
  get(ownerId: string, id: string): Promise<AsyncJob>;
  /** The newest first; one more than `limit` tells that there is more. */
  list(query: JobQuery): Promise<AsyncJob[]>;
  /** @throws AppError RESOURCE_NOT_FOUND, CONFLICT: it is over */
  cancel(ownerId: string, id: string): Promise<AsyncJob>;
  /** The job once it is over, or as it is when the time is or the caller has gone. */
  wait(ownerId: string, id: string, waitMs: number, signal: AbortSignal): Promise<AsyncJob>;
  /** Tells each change of a job from now on, its end last. Ends early when the caller has gone. */
  follow(ownerId: string, id: string, signal: AbortSignal): AsyncIterable<AsyncJob>;
  /** Takes part in the work from the moment there is any, also what other processes left; until then it costs a look now and then. */
  watch(): Promise<void>;
  close(): void;
}

interface Options {
  readonly store: AsyncJobStore;
  readonly queue: JobQueue;
  readonly runners: JobRunners;
  readonly clock: Clock;
  readonly logger: Logger;
}

const queueName = 'async-job';
/** Jobs that one process carries out at once. */
const jobsAtOnce = 8;
const lookEveryMs = 10_000;
const followEveryMs = 250;
/** How many forgotten jobs one look brings back. */
const mostBroughtBack = 100;

function notFound(id: string): AppError {
  return new AppError(
    'RESOURCE_NOT_FOUND',
    `There is no job ${JSON.stringify(id.slice(0, 64))} of yours. A job is kept for 30 minutes after its end.`,
    { param: 'id' },
  );
}

/** Resolves after a while, or as soon as the caller has gone. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = after(clock, ms, done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}

class QueuedJobs implements AsyncJobs {
  readonly #options: Options;
  #stopLooking: (() => void) | undefined;

  constructor(options: Options) {
    this.#options = options;
    options.queue.define<{ readonly id: string }>(queueName, { concurrency: jobsAtOnce }, ({ id }, signal) =>
      runAsyncJob(options, id, signal),
    );
  }

  async submit(order: NewJob): Promise<AsyncJob> {
    const { store, queue, logger } = this.#options;
    const job = await store.create(order);
    // It is written down: should this fail, a look at what is unfinished brings it into the queue.
    await queue.send(queueName, { id: job.id }, { key: job.id }).catch((error: unknown) => {
      logger.warn({ job: job.id, reason: errorMessage(error) }, 'a job could not be queued yet');
    });
    return job;
  }

  async get(ownerId: string, id: string): Promise<AsyncJob> {
    const job = await this.#options.store.find(ownerId, id);
    if (job === undefined) throw notFound(id);
    return job;
  }

  list(query: JobQuery): Promise<AsyncJob[]> {
    return this.#options.store.list(query);
  }

  async cancel(ownerId: string, id: string): Promise<AsyncJob> {
    const cancelled = await this.#options.store.cancel(ownerId, id);
    if (cancelled !== undefined) return cancelled;
    const job = await this.get(ownerId, id);
    if (job.status === 'cancelled') return job;
    throw new AppError('CONFLICT', `The job is over (${job.status}) and cannot be cancelled any more.`, {
      param: 'id',
    });
  }

  async wait(ownerId: string, id: string, waitMs: number, signal: AbortSignal): Promise<AsyncJob> {
    const { clock } = this.#options;
    const untilMs = clock.now() + waitMs;
    for (;;) {
      const job = await this.get(ownerId, id);
      if (isOver(job) || signal.aborted || clock.now() >= untilMs) return job;
      await pause(clock, Math.min(followEveryMs, untilMs - clock.now()), signal);
    }
  }

  async *follow(ownerId: string, id: string, signal: AbortSignal): AsyncIterable<AsyncJob> {
    let told = '';
    while (!signal.aborted) {
      const job = await this.get(ownerId, id);
      const state = `${job.status} ${job.progress}`;
      if (state !== told) yield job;
      told = state;
      if (isOver(job)) return;
      await pause(this.#options.clock, followEveryMs, signal);
    }
  }

  async watch(): Promise<void> {
    const { clock } = this.#options;
    const look = () => this.#look().catch(() => undefined);
    this.#stopLooking = clock.every(lookEveryMs, () => void look());
    await look();
  }

  close(): void {
    this.#stopLooking?.();
  }

  /** Brings back what nobody is at, and drops what nobody may ask for any more. */
  async #look(): Promise<void> {
    const { store, queue } = this.#options;
    await store.dropExpired();
    if (!(await store.hasUnfinished())) return;
    await queue.start();
    // Of jobs with one key one at a time waits: those that are queued are not queued twice.
    for (const id of await store.forgotten(mostBroughtBack)) await queue.send(queueName, { id }, { key: id });
  }
}

export function createAsyncJobs(options: Options): AsyncJobs {
  return new QueuedJobs(options);
}
