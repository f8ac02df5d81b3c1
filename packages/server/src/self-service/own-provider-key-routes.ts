import {
  deletedProviderKey,
  providerKey,
  providerKeyList,
  providerKeyTest,
  storeProviderKeyRequest,
} from '@turnpike/contract/provider-keys';
import { z } from 'zod';
import type { ApiRoute } from '../http/api-route.ts';
import type { ProviderKeyManager } from '../provider-keys/manage.ts';
import { presentProviderKey } from '../provider-keys/present.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

const params = z.object({ upstream: z.string().max(128) });
const path = '/account/v1/provider-keys/{upstream}';

function useRoutes(context: AccountContext, keys: ProviderKeyManager): ApiRoute[] {
  return [
    accountRoute({
      ...{ context, params },
      action: 'provider_keys:write',
      method: 'POST',
      path: `${path}/test`,
      operationId: 'testOwnProviderKey',
      summary: 'Show a stored key to the provider',
      bodyOptional: true,
      responses: { 200: { description: 'How it ended', schema: providerKeyTest } },
      handle: async ({ membership: { tenantId }, params: { upstream } }) => {
        const { ok, message, key } = await keys.test(tenantId, upstream);
        return { status: 200, body: { ...presentProviderKey(key), ok, message } };
      },
    }),
    accountRoute({
      ...{ context, params, path },
      action: 'provider_keys:write',
      method: 'DELETE',
      operationId: 'deleteOwnProviderKey',
      summary: 'Delete a provider key',
      responses: { 200: { description: 'It is gone', schema: deletedProviderKey } },
      handle: async ({ membership: { tenantId }, params: { upstream } }) => {
        await keys.delete(tenantId, upstream);
        return { status: 200, body: { upstream, deleted: true } };
      },
    }),
  ];
}

/** The organisation's own keys for upstreams (BYOK). They are never shown. */
export function ownProviderKeyRoutes(context: AccountContext, keys: ProviderKeyManager): ApiRoute[] {
  return [
    accountRoute({
      context,
      action: 'provider_keys:read',
      method: 'GET',
      path: '/account/v1/provider-keys',
      operationId: 'listOwnProviderKeys',
      summary: 'The stored provider keys, and the upstreams one can be stored for',
      responses: { 200: { description: 'The keys', schema: providerKeyList } },
      handle: async ({ membership: { tenantId } }) => ({
        status: 200,
        body: { data: (await keys.list(tenantId)).map(presentProviderKey), upstreams: [...keys.upstreams] },
      }),
    }),
    accountRoute({
      ...{ context, params, path },
      action: 'provider_keys:write',
      method: 'PUT',
      operationId: 'storeOwnProviderKey',
      summary: 'Store a provider key, or replace it',
      body: storeProviderKeyRequest,
      responses: { 200: { description: 'The key', schema: providerKey } },
      handle: async ({ membership: { tenantId }, params: { upstream }, body }) => ({
        status: 200,
        body: presentProviderKey(await keys.put(tenantId, upstream, body.api_key)),
      }),
    }),
    ...useRoutes(context, keys),
  ];
}
