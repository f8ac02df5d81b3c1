import type { createBatchRequest } from '@turnpike/contract/openai-batches';
import type { z } from 'zod';
import type { Batch } from '../../../batches/batch.ts';
import type { Batches } from '../../../batches/batches.ts';
import type { Principal } from '../../../keys/key.ts';
import { requireScope } from '../../entitle.ts';

/**
 * Orders a batch in a caller's name: its lines are carried out as his calls would be.
 * @throws AppError INSUFFICIENT_SCOPE (of what the lines ask), RESOURCE_NOT_FOUND (input file), INVALID_REQUEST (its purpose)
 */
export function orderBatch(
  batches: Pick<Batches, 'create'>,
  principal: Principal,
  order: z.output<typeof createBatchRequest>,
): Promise<Batch> {
  requireScope(principal, order.endpoint === '/v1/embeddings' ? 'embeddings' : 'chat');
  return batches.create({
    tenantId: principal.tenantId,
    keyId: principal.keyId,
    inputFileId: order.input_file_id,
    endpoint: order.endpoint,
    metadata: order.metadata ?? null,
    outputExpiresAfterSeconds: order.output_expires_after?.seconds ?? null,
  });
}
