import { PgBoss } from 'pg-boss';
import { after, type Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';

/** Carries out one job. What it throws has the job tried again; when `signal` is aborted, it puts its work down. */
export type JobHandler<Data> = (data: Data, signal: AbortSignal) => Promise<void>;

export interface JobKind {
  /** Jobs of this kind at once, in this process. */
  readonly concurrency: number;
}

/** Work that outlives the request that ordered it, and the process that began it. */
export interface JobQueue {
  /** To be called before `start`. The data must be JSON. */
  define<Data extends object>(name: string, kind: JobKind, handler: JobHandler<Data>): void;
  /** Begins to carry out jobs, those of dead processes too; where the database is gone, once it is back. */
  start(): Promise<void>;
  /** Orders a job. Of jobs with the same key one at a time is waiting. @throws AppError DATABASE_UNAVAILABLE */
  send(name: string, data: object, options?: { readonly key?: string }): Promise<void>;
  close(): Promise<void>;
}

export interface JobQueueOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Defined {
  readonly name: string;
  readonly kind: JobKind;
  readonly handler: JobHandler<never>;
}

/** A process that is silent for so long is taken for dead, and its jobs are given to others. */
const heartbeatSeconds = 10;
const heartbeatRefreshSeconds = 3;
const superviseSeconds = 5;
const pollingSeconds = 1;
/** Longer than any job that makes progress may take. */
const longestJobSeconds = 23 * 3_600;
const retries = 1_000;
const stopMs = 10_000;
const retryStartMs = 10_000;

class PgBossQueue implements JobQueue {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #defined: Defined[] = [];
  readonly #stopping = new AbortController();
  readonly #clock: Clock;
  #boss: Promise<PgBoss> | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor({ database, clock, logger }: JobQueueOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  define<Data extends object>(name: string, kind: JobKind, handler: JobHandler<Data>): void {
    this.#defined.push({ name, kind, handler });
  }

  async start(): Promise<void> {
    try {
      await this.#started();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#logger.warn({ reason: errorMessage(error) }, 'the job queue could not be started; it is tried again');
      this.#cancelRetry = after(this.#clock, retryStartMs, () => void this.start());
    }
  }

  async send(name: string, data: object, { key }: { readonly key?: string } = {}): Promise<void> {
    const boss = await this.#started();
    await this.#database.query(() => boss.send(name, data, key === undefined ? {} : { singletonKey: key }));
  }

  async close(): Promise<void> {
    this.#cancelRetry?.();
    this.#stopping.abort(new Error('the process is stopping'));
    const boss = await this.#boss?.catch(() => undefined);
    await boss?.stop({ graceful: true, close: false, timeout: stopMs });
  }

  #started(): Promise<PgBoss> {
    this.#boss ??= this.#open().catch((error: unknown) => {
      this.#boss = undefined;
      throw error;
    });
    return this.#boss;
  }

  async #open(): Promise<PgBoss> {
    const { kind, pool } = this.#database;
    const boss = new PgBoss({
      // One way to PostgreSQL: both kinds are spoken to through node-postgres.
      db: { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) },
      backend: kind === 'embedded' ? 'pglite' : 'postgres',
      schema: 'pgboss',
      schedule: false,
      superviseIntervalSeconds: superviseSeconds,
      monitorIntervalSeconds: superviseSeconds,
      monitorVacuum: false,
      reindex: false,
    });
    boss.on('error', (error: unknown) => {
      this.#logger.warn({ reason: errorMessage(error) }, 'the job queue had a fault');
    });
    await this.#database.query(() => boss.start());
    for (const {
      name,
      kind: { concurrency },
      handler,
    } of this.#defined) {
      await boss.createQueue(name, {
        policy: 'short',
        heartbeatSeconds,
        expireInSeconds: longestJobSeconds,
        retryLimit: retries,
        retryDelay: 1,
      });
      await boss.work<never>(
        name,
        { pollingIntervalSeconds: pollingSeconds, heartbeatRefreshSeconds, localConcurrency: concurrency },
        async ([job]) => {
          if (job === undefined) return;
          await this.#run(name, handler, job.data, job.signal);
        },
      );
    }
    return boss;
  }

  async #run(name: string, handler: JobHandler<never>, data: never, signal: AbortSignal): Promise<void> {
    let reason: string | undefined;
    try {
      await handler(data, AbortSignal.any([signal, this.#stopping.signal]));
    } catch (error) {
      reason = errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
      if (!this.#stopping.signal.aborted)
        this.#logger.warn({ job: name, reason }, 'a job failed and will be tried again');
    }
    // The queue keeps what is thrown: drizzle's own error has the parameters of its statement in it.
    if (reason !== undefined) throw new Error(reason);
  }
}

/** Jobs on the database there is, by pg-boss. */
export function createJobQueue(options: JobQueueOptions): JobQueue {
  return new PgBossQueue(options);
}
