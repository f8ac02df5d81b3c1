import { apiKey, createdKey, createKeyRequest, rotateKeyRequest, updateKeyRequest } from '@turnpike/contract/admin';
import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import { newKeyOf, presentKey } from '../keys/key-form.ts';
import type { KeyStore } from '../keys/store.ts';
import type { TenantStore } from '../tenants/store.ts';
import { toPage } from './page.ts';

export interface KeyRoutesOptions {
  readonly keys: KeyStore;
  readonly tenants: TenantStore;
  readonly clock: Clock;
  readonly rotationOverlapSeconds: number;
  readonly isModel: (name: string) => boolean;
  /** @throws AppError INVALID_API_VERSION */
  readonly knownVersion: (name: string) => string;
  readonly onChange: (keyId: string) => void;
}

const params = z.object({ id: z.string() });

function createRoute({ keys, clock, isModel }: KeyRoutesOptions): ApiRoute {
  return jsonRoute({
    method: 'POST',
    path: '/admin/v1/tenants/{id}/keys',
    operationId: 'createKey',
    summary: 'Create an API key; its secret is in this answer only',
    tag: 'admin',
    security: 'admin',
    params,
    body: createKeyRequest,
    responses: { 201: { description: 'The key with its secret', schema: createdKey } },
    handle: async ({ params: { id }, body }) => {
      const order = newKeyOf({ tenantId: id, body, isModel, nowMs: clock.now() });
      const { key, secret } = await keys.create(order);
      return { status: 201, body: { ...presentKey(key), key: secret }, headers: { 'cache-control': 'no-store' } };
    },
  });
}

function rotateRoute({ keys, rotationOverlapSeconds, onChange }: KeyRoutesOptions): ApiRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/admin/v1/keys/{id}/rotate',
      operationId: 'rotateKey',
      summary: 'Give a key a new secret; the old one goes on for a while',
      tag: 'admin',
      security: 'admin',
      params,
      body: rotateKeyRequest,
      bodyOptional: true,
      responses: { 200: { description: 'The key with its new secret', schema: createdKey } },
      handle: async ({ params: { id }, body }) => {
        const overlap =
          (body as z.output<typeof rotateKeyRequest> | undefined)?.overlap_seconds ?? rotationOverlapSeconds;
        const { key, secret } = await keys.rotate(id, overlap);
        onChange(id);
        return { status: 200, body: { ...presentKey(key), key: secret }, headers: { 'cache-control': 'no-store' } };
      },
    }),
  ];
}

function changeRoutes({ keys, knownVersion, onChange }: KeyRoutesOptions): ApiRoute[] {
  return [
    jsonRoute({
      method: 'PATCH',
      path: '/admin/v1/keys/{id}',
      operationId: 'updateKey',
      summary: 'Pin a key to an API version, or change its cache',
      tag: 'admin',
      security: 'admin',
      params,
      body: updateKeyRequest,
      responses: { 200: { description: 'The key', schema: apiKey } },
      handle: async ({ params: { id }, body }) => {
        const { pinned_version: version, cache_seconds: cacheSeconds } = body;
        const pinnedVersion = version === undefined ? undefined : knownVersion(version);
        const key = await keys.update(id, { pinnedVersion, cacheSeconds });
        onChange(id);
        return { status: 200, body: presentKey(key) };
      },
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/admin/v1/keys/{id}',
      operationId: 'revokeKey',
      summary: 'Revoke a key; every process refuses it within a second',
      tag: 'admin',
      security: 'admin',
      params,
      responses: { 200: { description: 'The revoked key', schema: apiKey } },
      handle: async ({ params: { id } }) => {
        const key = await keys.revoke(id);
        onChange(id);
        return { status: 200, body: presentKey(key) };
      },
    }),
  ];
}

export function keyRoutes(options: KeyRoutesOptions): ApiRoute[] {
  const { keys, tenants } = options;
  return [
    createRoute(options),
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/tenants/{id}/keys',
      operationId: 'listKeys',
      summary: 'List the keys of a tenant, oldest first',
      tag: 'admin',
      security: 'admin',
      params,
      query: z.strictObject(pageQuery),
      responses: { 200: { description: 'A page of keys', schema: pageOf(apiKey) } },
      handle: async ({ params: { id }, query }) => {
        await tenants.get(id);
        return {
          status: 200,
          body: toPage(await keys.listOfTenant({ tenantId: id, ...query }), query.limit, (row) => row.id, presentKey),
        };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/keys/{id}',
      operationId: 'getKey',
      summary: 'Read a key',
      tag: 'admin',
      security: 'admin',
      params,
      responses: { 200: { description: 'The key', schema: apiKey } },
      handle: async ({ params: { id } }) => ({ status: 200, body: presentKey(await keys.get(id)) }),
    }),
    ...rotateRoute(options),
    ...changeRoutes(options),
  ];
}
