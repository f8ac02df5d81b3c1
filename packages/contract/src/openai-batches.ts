import { z } from 'zod';

/** What may be batched. */
export const batchEndpoint = z.enum([
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/completions',
  '/v1/responses',
  '/v1/moderations',
]);

const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((entries) => Object.keys(entries).length <= 16, 'must have no more than 16 entries');

export const createBatchRequest = z
  .looseObject({
    input_file_id: z.string().min(1).max(200),
    endpoint: batchEndpoint,
    completion_window: z.literal('24h', { error: 'must be 24h' }),
    metadata: metadata.nullish(),
    output_expires_after: z
      .object({ anchor: z.literal('created_at'), seconds: z.int().min(3_600).max(2_592_000) })
      .nullish(),
  })
  .meta({ id: 'CreateBatchRequest' });

export const batchStatus = z.enum([
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
]);

const instant = z.int().nullable().describe('Unix seconds');

export const batch = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    endpoint: z.string(),
    errors: z
      .object({
        object: z.literal('list'),
        data: z.array(
          z.object({
            code: z.string(),
            message: z.string(),
            param: z.string().nullable(),
            line: z.int().nullable(),
          }),
        ),
      })
      .nullable(),
    input_file_id: z.string(),
    completion_window: z.string(),
    status: batchStatus,
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    created_at: z.int(),
    in_progress_at: instant,
    expires_at: instant,
    finalizing_at: instant,
    completed_at: instant,
    failed_at: instant,
    expired_at: instant,
    cancelling_at: instant,
    cancelled_at: instant,
    request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
    metadata: z.record(z.string(), z.string()).nullable(),
  })
  .meta({ id: 'Batch' });

export const batchList = z
  .object({
    object: z.literal('list'),
    data: z.array(batch),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'BatchList' });
