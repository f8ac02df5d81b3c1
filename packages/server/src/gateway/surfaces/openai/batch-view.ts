import type { batch as batchObject } from '@turnpike/contract/openai-batches';
import type { z } from 'zod';
import type { Batch } from '../../../batches/batch.ts';

const seconds = (date: Date | undefined) => (date === undefined ? null : Math.floor(date.getTime() / 1000));

/** A batch as OpenAI's clients know it. */
export function presentBatch(batch: Batch): z.output<typeof batchObject> {
  const { reachedAt, counts } = batch;
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    errors: batch.errors === null ? null : { object: 'list', data: [...batch.errors] },
    input_file_id: batch.inputFileId,
    completion_window: '24h',
    status: batch.status,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: Math.floor(batch.createdAt.getTime() / 1000),
    in_progress_at: seconds(reachedAt.in_progress),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: seconds(reachedAt.finalizing),
    completed_at: seconds(reachedAt.completed),
    failed_at: seconds(reachedAt.failed),
    expired_at: seconds(reachedAt.expired),
    cancelling_at: seconds(reachedAt.cancelling),
    cancelled_at: seconds(reachedAt.cancelled),
    request_counts: { total: counts.total, completed: counts.completed, failed: counts.failed },
    metadata: batch.metadata === null ? null : { ...batch.metadata },
  };
}
