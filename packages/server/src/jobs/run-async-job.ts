import type { JobType } from '@turnpike/contract/hub-jobs';
import type { Clock } from '../clock.ts';
import { AppError, errorMessage, toAppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { AsyncJob, JobFailure } from './async-job.ts';
import type { AsyncJobStore } from './async-job-store.ts';

export interface JobContext {
  readonly job: AsyncJob;
  /** Aborted when the job is cancelled or this process stops. */
  readonly signal: AbortSignal;
  /** @param percent 0 to 100 of the work is done */
  readonly onProgress: (percent: number) => Promise<void>;
}

/** Carries out jobs of one type. @throws AppError: the job has failed */
export type JobRunner = (input: JsonObject, context: JobContext) => Promise<JsonObject>;
export type JobRunners = Readonly<Record<JobType, JobRunner>>;

export interface RunOptions {
  readonly store: AsyncJobStore;
  readonly runners: JobRunners;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** After a crash a job is begun once more; whose worker dies twice may be what kills them. */
const mostAttempts = 2;
const renewEveryMs = 1_000;

function failureOf(thrown: unknown): JobFailure {
  const { code, message, definition, param } = toAppError(thrown);
  return { code, message, type: definition.type, param: param ?? null };
}

const died: JobFailure = {
  code: 'INTERNAL_ERROR',
  type: 'server_error',
  message: 'The process that carried the job out ended twice before it was done. Order it again, or ask for less.',
  param: null,
};

class Cancelled extends Error {}

/** Gives signs of life, and tells the runner within a second that its job was cancelled, by whichever process. */
function keepAlive({ store, clock }: RunOptions, job: AsyncJob, abort: AbortController): () => void {
  return clock.every(renewEveryMs, () => {
    // A look that fails is made again.
    store.renew(job).then(
      (running) => {
        if (!running) abort.abort(new Cancelled('the job is not to be carried out any more'));
      },
      () => undefined,
    );
  });
}

/**
 * Carries out a job to its end, whatever that is.
 * @param stopping aborted when this process stops: the job is given back
 * @throws AppError DATABASE_UNAVAILABLE: the job is to be tried again
 */
export async function runAsyncJob(options: RunOptions, id: string, stopping: AbortSignal): Promise<void> {
  const { store, runners, logger } = options;
  const job = await store.begin(id);
  if (job === undefined) return;
  if (job.attempts > mostAttempts) {
    await store.fail(job, died);
    return;
  }
  const abort = new AbortController();
  const stopRenewing = keepAlive(options, job, abort);
  const signal = AbortSignal.any([abort.signal, stopping]);
  const onProgress = async (percent: number) => {
    const bounded = Math.max(0, Math.min(99, Math.floor(percent)));
    if (!(await store.progress(job, bounded))) abort.abort(new Cancelled('the job is not to be carried out any more'));
    signal.throwIfAborted();
  };
  try {
    const result = await runners[job.type](job.input, { job, signal, onProgress });
    await store.succeed(job, result);
  } catch (error) {
    if (stopping.aborted) {
      await store.putBack(job);
      throw error;
    }
    if (abort.signal.aborted) return;
    if (error instanceof AppError && error.code === 'DATABASE_UNAVAILABLE') throw error;
    if (toAppError(error).code === 'INTERNAL_ERROR')
      logger.error({ job: id, type: job.type, reason: errorMessage(error) }, 'a job failed');
    await store.fail(job, failureOf(error));
  } finally {
    stopRenewing();
  }
}
