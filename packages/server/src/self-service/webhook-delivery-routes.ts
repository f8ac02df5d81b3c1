import { webhookDeliveriesQuery, webhookDelivery, webhookDeliveryDetail } from '@turnpike/contract/account-webhooks';
import { pageOf } from '@turnpike/contract/pagination';
import { z } from 'zod';
import { toPage } from '../admin/page.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { DeliveryStore } from '../webhooks/delivery-store.ts';
import type { Delivery, DeliveryDetail } from '../webhooks/endpoint.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

const id = z.string().max(128);
const endpointParams = z.object({ id });
const params = z.object({ id, delivery: id });
const path = '/account/v1/webhooks/{id}';

function present(delivery: Delivery): z.output<typeof webhookDelivery> {
  return {
    id: delivery.id,
    endpoint_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    status: delivery.status,
    attempts: delivery.attempts,
    response_status: delivery.responseStatus,
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    created_at: delivery.createdAt.toISOString(),
    ended_at: delivery.endedAt?.toISOString() ?? null,
  };
}

function presentDetail(delivery: DeliveryDetail): z.output<typeof webhookDeliveryDetail> {
  return {
    ...present(delivery),
    payload: JSON.parse(delivery.payload) as z.output<typeof webhookDeliveryDetail>['payload'],
    attempt_log: delivery.attemptLog.map((attempt) => ({
      number: attempt.number,
      started_at: attempt.startedAt.toISOString(),
      duration_ms: attempt.durationMs,
      response_status: attempt.responseStatus,
      response_body: attempt.responseBody,
      error: attempt.error,
    })),
  };
}

function readRoutes(context: AccountContext, deliveries: DeliveryStore): ApiRoute[] {
  const common = { context, action: 'webhooks:read', method: 'GET' } as const;
  return [
    accountRoute({
      ...{ ...common, params: endpointParams },
      path: `${path}/deliveries`,
      operationId: 'listWebhookDeliveries',
      summary: 'What was and will be sent to a webhook, the newest first',
      query: webhookDeliveriesQuery,
      responses: { 200: { description: 'A page of deliveries', schema: pageOf(webhookDelivery) } },
      handle: async ({ membership: { tenantId }, params: { id: endpointId }, query }) => {
        const rows = await deliveries.list({ tenantId, endpointId, ...query });
        return { status: 200, body: toPage(rows, query.limit, (row) => row.id, present) };
      },
    }),
    accountRoute({
      ...{ ...common, params },
      path: `${path}/deliveries/{delivery}`,
      operationId: 'getWebhookDelivery',
      summary: 'A delivery with what is sent and how each attempt went',
      responses: { 200: { description: 'The delivery', schema: webhookDeliveryDetail } },
      handle: async ({ membership: { tenantId }, params: { id: endpointId, delivery } }) => ({
        status: 200,
        body: presentDetail(await deliveries.get(tenantId, endpointId, delivery)),
      }),
    }),
  ];
}

/** Deliveries of a webhook: to look at, to order, to order again. */
export function webhookDeliveryRoutes(context: AccountContext, deliveries: DeliveryStore): ApiRoute[] {
  const common = { context, action: 'webhooks:write', method: 'POST' } as const;
  const responses = { 202: { description: 'The delivery; it is sent within seconds', schema: webhookDelivery } };
  return [
    ...readRoutes(context, deliveries),
    accountRoute({
      ...{ ...common, responses, params: endpointParams },
      path: `${path}/test`,
      operationId: 'testWebhook',
      summary: 'Send a test event, once',
      handle: async ({ membership: { tenantId }, params: { id: endpointId } }) => ({
        status: 202,
        body: present(await deliveries.test(tenantId, endpointId)),
      }),
    }),
    accountRoute({
      ...{ ...common, responses, params },
      path: `${path}/deliveries/{delivery}/redeliver`,
      operationId: 'redeliverWebhook',
      summary: 'Send a delivery once more, under the same webhook-id',
      handle: async ({ membership: { tenantId }, params: { id: endpointId, delivery } }) => ({
        status: 202,
        body: present(await deliveries.redeliver(tenantId, endpointId, delivery)),
      }),
    }),
  ];
}
