import {
  deletedProviderKey,
  providerKey,
  providerKeyList,
  providerKeyTest,
  storeProviderKeyRequest,
} from '@turnpike/contract/provider-keys';
import { z } from 'zod';
import type { RawRoute } from '../../http/api-route.ts';
import type { ProviderKeyManager } from '../../provider-keys/manage.ts';
import { presentProviderKey } from '../../provider-keys/present.ts';
import type { Gateway } from '../gateway.ts';
import { keyedRoute } from './keyed-route.ts';

const params = z.object({ upstream: z.string() });
const path = '/v1/provider-keys/{upstream}';

function commonOf(gateway: Gateway) {
  return { gateway, surface: 'provider-keys', scope: 'provider_keys', feature: 'byok', tag: 'provider keys' } as const;
}

function storeRoutes(gateway: Gateway, keys: ProviderKeyManager): RawRoute[] {
  const common = commonOf(gateway);
  return [
    keyedRoute({
      ...common,
      method: 'GET',
      path: '/v1/provider-keys',
      operationId: 'listProviderKeys',
      summary: 'List the stored provider keys, without the keys themselves',
      responses: { 200: { description: 'The keys', schema: providerKeyList } },
      handle: async ({ principal: { tenantId } }) => ({
        status: 200,
        body: { data: (await keys.list(tenantId)).map(presentProviderKey), upstreams: keys.upstreams },
      }),
    }),
    keyedRoute({
      ...common,
      method: 'PUT',
      path,
      operationId: 'storeProviderKey',
      summary: 'Store your own key for an upstream, or replace it',
      description: 'Models marked `byok` are called with it. It is kept encrypted and never shown again.',
      params,
      body: storeProviderKeyRequest,
      responses: { 200: { description: 'The key', schema: providerKey } },
      handle: async ({ principal: { tenantId }, params: { upstream }, body }) => ({
        status: 200,
        body: presentProviderKey(await keys.put(tenantId, upstream, body.api_key)),
      }),
    }),
  ];
}

function useRoutes(gateway: Gateway, keys: ProviderKeyManager): RawRoute[] {
  const common = commonOf(gateway);
  return [
    keyedRoute({
      ...common,
      method: 'POST',
      path: `${path}/test`,
      operationId: 'testProviderKey',
      summary: 'Show the stored key to the provider and tell what it says',
      params,
      bodyOptional: true,
      counts: true,
      responses: { 200: { description: 'How it ended', schema: providerKeyTest } },
      handle: async ({ principal: { tenantId }, params: { upstream }, signal }) => {
        const { ok, message, key } = await keys.test(tenantId, upstream, signal);
        return { status: 200, body: { ...presentProviderKey(key), ok, message } };
      },
    }),
    keyedRoute({
      ...common,
      method: 'DELETE',
      path,
      operationId: 'deleteProviderKey',
      summary: 'Delete a stored provider key',
      params,
      responses: { 200: { description: 'It is gone', schema: deletedProviderKey } },
      handle: async ({ principal: { tenantId }, params: { upstream } }) => {
        await keys.delete(tenantId, upstream);
        return { status: 200, body: { upstream, deleted: true } };
      },
    }),
  ];
}

/** A tenant's own keys for upstreams (BYOK), managed with an API key that has the scope for it. */
export function providerKeyRoutes(gateway: Gateway, keys: ProviderKeyManager): RawRoute[] {
  return [...storeRoutes(gateway, keys), ...useRoutes(gateway, keys)];
}
