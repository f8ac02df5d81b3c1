import {
  createdWebhook,
  createWebhookRequest,
  eventDescriptions,
  rotateWebhookRequest,
  updateWebhookRequest,
  webhookEndpoint,
  webhookEventType,
  type SubscribedEventType,
} from '@turnpike/contract/account-webhooks';
import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import { toPage } from '../admin/page.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { Endpoint } from '../webhooks/endpoint.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { webhookDeliveryRoutes } from './webhook-delivery-routes.ts';

export interface WebhookRoutesOptions {
  readonly context: AccountContext;
  readonly webhooks: Webhooks;
}

const params = z.object({ id: z.string().max(128) });
const path = '/account/v1/webhooks';

function present(endpoint: Endpoint): z.output<typeof webhookEndpoint> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    event_types: endpoint.eventTypes === null ? null : [...endpoint.eventTypes],
    enabled: endpoint.enabled,
    disabled_reason: endpoint.disabledReason,
    last_success_at: endpoint.lastSuccessAt?.toISOString() ?? null,
    old_secret_expires_at: endpoint.oldSecretExpiresAt?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}

function readRoutes({ context, webhooks: { endpoints } }: WebhookRoutesOptions): ApiRoute[] {
  const common = { context, action: 'webhooks:read', method: 'GET' } as const;
  return [
    accountRoute({
      ...common,
      path: '/account/v1/webhook-event-types',
      operationId: 'listWebhookEventTypes',
      summary: 'What a webhook can be told of',
      responses: { 200: { description: 'All types', schema: pageOf(webhookEventType) } },
      handle: () => {
        const types = Object.entries(eventDescriptions) as [SubscribedEventType, string][];
        const data = types.map(([type, description]) => ({ type, description }));
        return { status: 200, body: { data, pagination: { cursor: null, has_more: false, limit: 200 } } };
      },
    }),
    accountRoute({
      ...{ ...common, path },
      operationId: 'listWebhooks',
      summary: 'The webhooks of the organisation, oldest first',
      query: z.strictObject(pageQuery),
      responses: { 200: { description: 'A page of webhooks', schema: pageOf(webhookEndpoint) } },
      handle: async ({ membership: { tenantId }, query }) => {
        const rows = await endpoints.list({ tenantId, ...query });
        return { status: 200, body: toPage(rows, query.limit, (row) => row.id, present) };
      },
    }),
    accountRoute({
      ...{ ...common, params },
      path: `${path}/{id}`,
      operationId: 'getWebhook',
      summary: 'Read a webhook',
      responses: { 200: { description: 'The webhook', schema: webhookEndpoint } },
      handle: async ({ membership: { tenantId }, params: { id } }) => ({
        status: 200,
        body: present(await endpoints.get(tenantId, id)),
      }),
    }),
  ];
}

function secretRoutes({ context, webhooks: { endpoints, checkUrl } }: WebhookRoutesOptions): ApiRoute[] {
  const common = { context, action: 'webhooks:write', method: 'POST' } as const;
  return [
    accountRoute({
      ...{ ...common, path },
      operationId: 'createWebhook',
      summary: 'Have events sent to an address; the secret that signs them is in this answer only',
      body: createWebhookRequest,
      responses: { 201: { description: 'The webhook with its secret', schema: createdWebhook } },
      handle: async ({ membership: { tenantId }, body }) => {
        const url = await checkUrl(body.url);
        const order = { tenantId, url, description: body.description ?? '', eventTypes: body.event_types ?? null };
        const { endpoint, secret } = await endpoints.create(order);
        return { status: 201, body: { ...present(endpoint), secret } };
      },
    }),
    accountRoute({
      ...{ ...common, params },
      path: `${path}/{id}/rotate`,
      operationId: 'rotateWebhookSecret',
      summary: 'Give a webhook a new secret; for a while deliveries are signed with both',
      body: rotateWebhookRequest,
      responses: { 200: { description: 'The webhook with its new secret', schema: createdWebhook } },
      handle: async ({ membership: { tenantId }, params: { id }, body }) => {
        const { endpoint, secret } = await endpoints.rotate(tenantId, id, body.overlap_seconds);
        return { status: 200, body: { ...present(endpoint), secret } };
      },
    }),
  ];
}

function changeRoutes({ context, webhooks: { endpoints, checkUrl } }: WebhookRoutesOptions): ApiRoute[] {
  const common = { context, params, action: 'webhooks:write', path: `${path}/{id}` } as const;
  return [
    accountRoute({
      ...common,
      method: 'PATCH',
      operationId: 'updateWebhook',
      summary: 'Change where events are sent and which, or disable and enable a webhook',
      body: updateWebhookRequest,
      responses: { 200: { description: 'The webhook', schema: webhookEndpoint } },
      handle: async ({ membership: { tenantId }, params: { id }, body }) => {
        await endpoints.get(tenantId, id);
        const changed = await endpoints.update(tenantId, id, {
          url: body.url === undefined ? undefined : await checkUrl(body.url),
          description: body.description,
          eventTypes: body.event_types,
          enabled: body.enabled,
        });
        return { status: 200, body: present(changed) };
      },
    }),
    accountRoute({
      ...common,
      method: 'DELETE',
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook with all that was and would be sent to it',
      responses: { 200: { description: 'The deleted webhook', schema: webhookEndpoint } },
      handle: async ({ membership: { tenantId }, params: { id } }) => ({
        status: 200,
        body: present(await endpoints.delete(tenantId, id)),
      }),
    }),
  ];
}

/** The organisation's webhooks, and what was sent to them. */
export function webhookRoutes(options: WebhookRoutesOptions): ApiRoute[] {
  return [
    ...readRoutes(options),
    ...secretRoutes(options),
    ...changeRoutes(options),
    ...webhookDeliveryRoutes(options.context, options.webhooks.deliveries),
  ];
}
