import { z } from 'zod';
import { asyncJob, jobId } from './hub-jobs.ts';
import { batchStatus } from './openai-batches.ts';
import { pageQuery } from './pagination.ts';

/** A job as a member of the organisation that ordered it sees it: with what was asked. */
export const ownJob = asyncJob
  .extend({
    key_id: z.string().nullable().describe('The key, application or person that ordered it'),
    attempts: z.int().describe('How often it was begun: more than once after a crash'),
    input: z.looseObject({}).describe('What was asked'),
  })
  .meta({ id: 'OwnJob' });

export const ownJobParams = z.object({ id: jobId });

export const ownJobsQuery = z.strictObject({
  ...pageQuery,
  status: asyncJob.shape.status.optional().describe('Jobs of this status only'),
});

export const ownFilesQuery = z.strictObject({
  ...pageQuery,
  purpose: z.string().min(1).max(64).optional().describe('Files of this purpose only'),
});

export const ownBatchesQuery = z.strictObject({
  ...pageQuery,
  status: batchStatus.optional().describe('Batches of this status only'),
});
