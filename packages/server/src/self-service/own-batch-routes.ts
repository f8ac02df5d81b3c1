import { ownBatchesQuery } from '@turnpike/contract/account-work';
import { batch as batchObject, createBatchRequest } from '@turnpike/contract/openai-batches';
import { pageOf } from '@turnpike/contract/pagination';
import { z } from 'zod';
import { toPage } from '../admin/page.ts';
import type { Batches } from '../batches/batches.ts';
import { orderBatch } from '../gateway/surfaces/openai/batch-order.ts';
import { presentBatch } from '../gateway/surfaces/openai/batch-view.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { memberPrincipal, type MemberPrincipalOptions } from './member-principal.ts';

interface Options extends MemberPrincipalOptions {
  readonly context: AccountContext;
  readonly batches: Batches;
}

const params = z.object({ id: z.string().max(200) });
const responses = { 200: { description: 'The batch', schema: batchObject } };

function readRoutes({ context, batches }: Options): ApiRoute[] {
  const common = { context, method: 'GET', action: 'content:read' } as const;
  return [
    accountRoute({
      ...common,
      path: '/account/v1/batches',
      operationId: 'listOwnBatches',
      summary: 'Batches of the organisation, the newest first',
      query: ownBatchesQuery,
      responses: { 200: { description: 'A page of batches', schema: pageOf(batchObject) } },
      handle: async ({ membership: { tenantId }, query }) => {
        const rows = await batches.list({ tenantId, ...query });
        return { status: 200, body: toPage(rows, query.limit, ({ id }) => id, presentBatch) };
      },
    }),
    accountRoute({
      ...{ ...common, params, responses },
      path: '/account/v1/batches/{id}',
      operationId: 'getOwnBatch',
      summary: 'How far a batch is',
      handle: async ({ membership: { tenantId }, params: { id } }) => ({
        status: 200,
        body: presentBatch(await batches.get(tenantId, id)),
      }),
    }),
  ];
}

/** Batches of the organisation, whichever key or person ordered them. */
export function ownBatchRoutes(options: Options): ApiRoute[] {
  const { context, batches } = options;
  const common = { context, method: 'POST', action: 'content:write', responses } as const;
  return [
    ...readRoutes(options),
    accountRoute({
      ...common,
      path: '/account/v1/batches',
      operationId: 'orderOwnBatch',
      summary: 'Have the requests of a file carried out within 24 hours',
      body: createBatchRequest,
      handle: async (input) => {
        const principal = await memberPrincipal(options, input, 'batches');
        return { status: 200, body: presentBatch(await orderBatch(batches, principal, input.body)) };
      },
    }),
    accountRoute({
      ...{ ...common, params },
      path: '/account/v1/batches/{id}/cancel',
      operationId: 'cancelOwnBatch',
      summary: 'Stop a batch; what was carried out stays',
      bodyOptional: true,
      handle: async ({ membership: { tenantId }, params: { id } }) => ({
        status: 200,
        body: presentBatch(await batches.cancel(tenantId, id)),
      }),
    }),
  ];
}
