import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import { createAsyncJobs, type AsyncJobs } from './jobs/async-jobs.ts';
import { AsyncJobStore } from './jobs/async-job-store.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import type { JobContext, JobRunners } from './jobs/run-async-job.ts';
import { principalOf } from './keys/authenticator.ts';
import type { Principal } from './keys/key.ts';
import type { KeyStore } from './keys/store.ts';
import type { Logger } from './logger.ts';
import type { Knowledge } from './open-knowledge.ts';
import type { Database } from './postgres/database.ts';
import type { JsonObject } from './providers/provider.ts';
import { createCipher } from './secrets/cipher.ts';
import type { AnswerQuestion } from './tools/builtin/answer-tools.ts';
import type { ToolRegistry } from './tools/tool.ts';

export interface OpenAsyncJobsOptions {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly queue: JobQueue;
  readonly keys: Pick<KeyStore, 'findById'>;
  readonly answer: AnswerQuestion;
  readonly tools: ToolRegistry;
  readonly knowledge: Pick<Knowledge, 'refresh'>;
}

/** The job's key as of now: revoked or suspended meanwhile, it may do nothing more. */
async function principalOfJob(
  { keys, clock }: OpenAsyncJobsOptions,
  { job: { keyId, ownerId } }: JobContext,
): Promise<Principal | undefined> {
  return keyId === null ? undefined : principalOf(await keys.findById(ownerId, keyId), clock.now());
}

function languageOf(value: unknown): 'de' | 'en' | undefined {
  return value === 'de' || value === 'en' ? value : undefined;
}

function runnersOf(options: OpenAsyncJobsOptions): JobRunners {
  const { answer, tools, knowledge } = options;
  return {
    ask: async (input, context) => {
      const principal = await principalOfJob(options, context);
      await context.onProgress(10);
      const { query, lang } = input;
      const { signal } = context;
      return { ...(await answer({ text: String(query), lang: languageOf(lang), principal, signal })) };
    },
    faq_lookup: async (input, context) => {
      const principal = await principalOfJob(options, context);
      await context.onProgress(10);
      return tools.call('faq_lookup', input, { principal, signal: context.signal });
    },
    kb_refresh: async (_input, { onProgress }) => {
      const result = await knowledge.refresh((done, total) => onProgress((done / Math.max(1, total)) * 100));
      return { ...result } satisfies JsonObject;
    },
  };
}

/** Jobs that callers order, with what carries each type out. */
export function openAsyncJobs(options: OpenAsyncJobsOptions): AsyncJobs {
  const { config, database, clock, logger, queue } = options;
  const store = new AsyncJobStore({ database, clock, cipher: createCipher(config.masterKey, 'async jobs') });
  return createAsyncJobs({ store, queue, clock, logger, runners: runnersOf(options) });
}
