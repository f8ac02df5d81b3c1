import {
  deletedProviderKey,
  providerKey,
  providerKeyList,
  providerKeyTest,
  storeProviderKeyRequest,
} from '@turnpike/contract/provider-keys';
import { z } from 'zod';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { ProviderKeyManager } from '../provider-keys/manage.ts';
import { presentProviderKey } from '../provider-keys/present.ts';
import type { TenantStore } from '../tenants/store.ts';

const tenantParams = z.object({ id: z.string() });
const params = z.object({ id: z.string(), upstream: z.string() });
const path = '/admin/v1/tenants/{id}/provider-keys';

interface Options {
  readonly keys: ProviderKeyManager;
  readonly tenants: Pick<TenantStore, 'get'>;
}

const common = { tag: 'admin', security: 'admin' } as const;

function storeRoutes({ keys, tenants }: Options): ApiRoute[] {
  return [
    jsonRoute({
      ...common,
      method: 'GET',
      path,
      operationId: 'listTenantProviderKeys',
      summary: 'List the provider keys a tenant has stored',
      params: tenantParams,
      responses: { 200: { description: 'The keys', schema: providerKeyList } },
      handle: async ({ params: { id } }) => {
        await tenants.get(id);
        return {
          status: 200,
          body: { data: (await keys.list(id)).map(presentProviderKey), upstreams: keys.upstreams },
        };
      },
    }),
    jsonRoute({
      ...common,
      method: 'PUT',
      path: `${path}/{upstream}`,
      operationId: 'storeTenantProviderKey',
      summary: 'Store a provider key for a tenant, or replace it',
      params,
      body: storeProviderKeyRequest,
      responses: { 200: { description: 'The key', schema: providerKey } },
      handle: async ({ params: { id, upstream }, body }) => {
        await tenants.get(id);
        return { status: 200, body: presentProviderKey(await keys.put(id, upstream, body.api_key)) };
      },
    }),
  ];
}

function useRoutes({ keys }: Options): ApiRoute[] {
  return [
    jsonRoute({
      ...common,
      method: 'POST',
      path: `${path}/{upstream}/test`,
      operationId: 'testTenantProviderKey',
      summary: 'Show a stored provider key to the provider',
      params,
      bodyOptional: true,
      responses: { 200: { description: 'How it ended', schema: providerKeyTest } },
      handle: async ({ params: { id, upstream } }) => {
        const { ok, message, key } = await keys.test(id, upstream);
        return { status: 200, body: { ...presentProviderKey(key), ok, message } };
      },
    }),
    jsonRoute({
      ...common,
      method: 'DELETE',
      path: `${path}/{upstream}`,
      operationId: 'deleteTenantProviderKey',
      summary: 'Delete a provider key of a tenant',
      params,
      responses: { 200: { description: 'It is gone', schema: deletedProviderKey } },
      handle: async ({ params: { id, upstream } }) => {
        await keys.delete(id, upstream);
        return { status: 200, body: { upstream, deleted: true } };
      },
    }),
  ];
}

/** A tenant's own keys for upstreams, managed by the operator. The keys themselves are never shown. */
export function adminProviderKeyRoutes(options: Options): ApiRoute[] {
  return [...storeRoutes(options), ...useRoutes(options)];
}
