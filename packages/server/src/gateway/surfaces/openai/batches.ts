import { batch as batchObject, batchList, createBatchRequest } from '@turnpike/contract/openai-batches';
import { z } from 'zod';
import type { Batches } from '../../../batches/batches.ts';
import type { RawRoute } from '../../../http/api-route.ts';
import type { Gateway } from '../../gateway.ts';
import { keyedRoute } from '../keyed-route.ts';
import { orderBatch } from './batch-order.ts';
import { presentBatch } from './batch-view.ts';

const params = z.object({ id: z.string() });
const listQuery = z.object({
  after: z.string().min(1).max(200).optional().describe('Id of the last batch of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

function commonOf(gateway: Gateway) {
  return { gateway, surface: 'openai-batches', scope: 'files', feature: 'batches', tag: 'openai' } as const;
}

function readRoutes(gateway: Gateway, batches: Batches): RawRoute[] {
  const common = commonOf(gateway);
  return [
    keyedRoute({
      ...common,
      method: 'GET',
      path: '/v1/batches',
      operationId: 'listBatches',
      summary: 'List batches, the newest first',
      query: listQuery,
      responses: { 200: { description: 'A page of batches', schema: batchList } },
      handle: async ({ principal: { tenantId }, query: { after, limit } }) => {
        const rows = await batches.list({ tenantId, after, limit });
        const data = rows.slice(0, limit).map(presentBatch);
        const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
        return { status: 200, body: { object: 'list', data, ...ends, has_more: rows.length > limit } };
      },
    }),
    keyedRoute({
      ...common,
      method: 'GET',
      path: '/v1/batches/{id}',
      operationId: 'retrieveBatch',
      summary: 'How far a batch is',
      params,
      responses: { 200: { description: 'The batch', schema: batchObject } },
      handle: async ({ principal: { tenantId }, params: { id } }) => ({
        status: 200,
        body: presentBatch(await batches.get(tenantId, id)),
      }),
    }),
  ];
}

/** /v1/batches: the lines of a file carried out in the background, at the price of a batch. */
export function batchRoutes(gateway: Gateway, batches: Batches): RawRoute[] {
  const common = commonOf(gateway);
  return [
    keyedRoute({
      ...common,
      method: 'POST',
      path: '/v1/batches',
      operationId: 'createBatch',
      summary: 'Have the requests of a file carried out within 24 hours',
      description:
        'Each line of the file is a request with a custom_id. They go through the same limits as other requests and wait where those are used up.',
      counts: true,
      body: createBatchRequest,
      responses: { 200: { description: 'The batch', schema: batchObject } },
      handle: async ({ principal, body }) => {
        return { status: 200, body: presentBatch(await orderBatch(batches, principal, body)) };
      },
    }),
    ...readRoutes(gateway, batches),
    keyedRoute({
      ...common,
      method: 'POST',
      path: '/v1/batches/{id}/cancel',
      operationId: 'cancelBatch',
      summary: 'Stop a batch; what was carried out stays',
      params,
      bodyOptional: true,
      responses: { 200: { description: 'The batch', schema: batchObject } },
      handle: async ({ principal: { tenantId }, params: { id } }) => ({
        status: 200,
        body: presentBatch(await batches.cancel(tenantId, id)),
      }),
    }),
  ];
}
