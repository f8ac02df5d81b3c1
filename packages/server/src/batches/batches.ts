import type { Settings } from '../config/schema.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { FileStore } from '../files/file-store.ts';
import { newId } from '../ids.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Logger } from '../logger.ts';
import type { Batch, BatchQuery } from './batch.ts';
import { runBatch } from './run-batch.ts';
import type { RunLine } from './run-lines.ts';
import type { BatchStore } from './store.ts';

export interface BatchOrder {
  readonly tenantId: string;
  readonly keyId: string;
  readonly inputFileId: string;
  readonly endpoint: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly outputExpiresAfterSeconds: number | null;
}

/** Batches of requests that are carried out in the background. */
export interface Batches {
  /** @throws AppError RESOURCE_NOT_FOUND (input file), INVALID_REQUEST (its purpose) */
  create(order: BatchOrder): Promise<Batch>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  get(tenantId: string, id: string): Promise<Batch>;
  /** Newest first; one more than `limit` when there are more. */
  list(query: BatchQuery): Promise<Batch[]>;
  /** @throws AppError RESOURCE_NOT_FOUND, CONFLICT (it is over) */
  cancel(tenantId: string, id: string): Promise<Batch>;
  /** Takes part in the work from the moment there is any, also what other processes left; until then it costs nothing. */
  watch(): Promise<void>;
  close(): void;
}

interface Options {
  readonly store: BatchStore;
  readonly files: FileStore;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: Settings['batches'];
  readonly runLine: RunLine;
}

const jobName = 'batch';
/** Batches that one process carries out at once. */
const batchesAtOnce = 4;
const hourMs = 3_600_000;
/** How soon a process without work notices that there is some. */
const watchEveryMs = 10_000;

async function create({ store, files, jobs, clock, settings }: Options, order: BatchOrder): Promise<Batch> {
  const { purpose } = await files.get(order.tenantId, order.inputFileId);
  if (purpose !== 'batch')
    throw new AppError(
      'INVALID_REQUEST',
      `input_file_id: the file has the purpose ${JSON.stringify(purpose)}. Upload it with the purpose "batch".`,
      { param: 'input_file_id' },
    );
  const nowMs = clock.now();
  const expiresAt = new Date(nowMs + settings.completion_window_hours * hourMs);
  const batch = await store.create({ ...order, id: newId('batch', nowMs), expiresAt });
  await jobs.send(jobName, { id: batch.id }, { key: batch.id });
  return batch;
}

async function cancel({ store }: Options, tenantId: string, id: string): Promise<Batch> {
  const batch = await store.get(tenantId, id);
  if (batch.status === 'cancelling' || batch.status === 'cancelled') return batch;
  const cancelling = await store.advance(id, ['validating', 'in_progress'], 'cancelling');
  if (cancelling === undefined) {
    const { status } = await store.get(tenantId, id);
    throw new AppError('CONFLICT', `The batch is ${status} and cannot be cancelled any more.`, { param: 'batch_id' });
  }
  // Its job is there until it is over: whoever carries it out sees this within a second.
  return cancelling;
}

/** Orders, and carries out, batches; each is a job that any process may take up. */
export function createBatches(options: Options): Batches {
  const { store, jobs, clock, logger } = options;
  let stopWatching: (() => void) | undefined;
  jobs.define<{ readonly id: string }>(jobName, { concurrency: batchesAtOnce }, async ({ id }, signal) => {
    await runBatch({ ...options, random: Math.random }, id, signal);
    const ended = await store.find(id);
    logger.info({ batch: id, status: ended?.status, ...ended?.counts }, 'batch');
  });
  return {
    create: (order) => create(options, order),
    get: (tenantId, id) => store.get(tenantId, id),
    list: (query) => store.list(query),
    cancel: (tenantId, id) => cancel(options, tenantId, id),
    watch: async () => {
      const look = async () => {
        if (!(await store.hasUnfinished())) return;
        stopWatching?.();
        await jobs.start();
      };
      // A look that fails is made again a little later.
      const tryLook = () => look().catch(() => undefined);
      stopWatching = clock.every(watchEveryMs, () => void tryLook());
      await tryLook();
    },
    close: () => stopWatching?.(),
  };
}
