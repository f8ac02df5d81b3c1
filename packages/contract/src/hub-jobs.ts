import { z } from 'zod';
import { errorResponse } from './error-response.ts';

const lang = z.enum(['de', 'en']).nullish();

/** What each type of job is given. */
export const jobInputs = {
  ask: z.strictObject({ query: z.string().trim().min(1).max(4_000), lang }),
  faq_lookup: z.strictObject({ question: z.string().trim().min(1).max(1_000), lang }),
  kb_refresh: z.strictObject({}),
} as const;

export const jobType = z.enum(['ask', 'faq_lookup', 'kb_refresh']);
export type JobType = z.output<typeof jobType>;

export const jobOrder = z
  .strictObject({
    type: jobType,
    input: z.looseObject({}).describe('ask: {query, lang?}; faq_lookup: {question, lang?}; kb_refresh: {}'),
  })
  .meta({ id: 'JobOrder', examples: [{ type: 'ask', input: { query: 'Which plans are there?' } }] });

export const jobId = z
  .string()
  .regex(/^job_[a-f0-9]{16}$/, 'must be a job id: job_ and 16 hexadecimal digits')
  .meta({ examples: ['job_0123456789abcdef'] });

export const asyncJob = z
  .object({
    job_id: jobId,
    type: jobType,
    status: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
    progress: z.int().min(0).max(100),
    result_url: z.string().nullable().describe('Where the job is asked for; null once it was cancelled or has failed'),
    result: z.looseObject({}).nullable(),
    error: errorResponse.nullable().describe('Why it failed'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    expires_at: z.iso
      .datetime()
      .nullable()
      .describe('From then on it is not found any more; null while it is not over'),
  })
  .meta({
    id: 'AsyncJob',
    examples: [
      {
        job_id: 'job_0123456789abcdef',
        type: 'faq_lookup',
        status: 'running',
        progress: 10,
        result_url: '/api/jobs/job_0123456789abcdef',
        result: null,
        error: null,
        created_at: '2026-05-18T09:00:00.000Z',
        updated_at: '2026-05-18T09:00:01.000Z',
        expires_at: null,
      },
    ],
  });
