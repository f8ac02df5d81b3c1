import { apiKey, createdKey, createKeyRequest, rotateKeyRequest, updateKeyRequest } from '@turnpike/contract/admin';
import { keyVersion } from '@turnpike/contract/account-console';
import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import type { Membership } from '../accounts/membership-store.ts';
import { scopesOfRole } from '../accounts/oauth/oauth-scopes.ts';
import { toPage, wholePage } from '../admin/page.ts';
import { AppError } from '../errors.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { newKeyOf, presentKey } from '../keys/key-form.ts';
import type { ApiKey, Scope } from '../keys/key.ts';
import type { KeyStore } from '../keys/store.ts';
import type { Database } from '../postgres/database.ts';
import { versionsOfKey } from '../versions/key-versions.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { versionRows } from './version-rows.ts';

export interface OwnKeyOptions {
  readonly context: AccountContext;
  readonly keys: KeyStore;
  readonly rotationOverlapSeconds: number;
  readonly isModel: (name: string) => boolean;
  /** @throws AppError INVALID_API_VERSION */
  readonly knownVersion: (name: string) => string;
  readonly onChange: (keyId: string) => void;
  readonly database: Database;
  /** Stores what keys have spoken of late. */
  readonly flushVersions: () => Promise<void>;
}

const params = z.object({ id: z.string().max(128) });
const secretHeaders = { 'cache-control': 'no-store' };

/** Who makes or takes over a key holds it: it can do no more than its holder. @throws AppError INSUFFICIENT_ROLE */
function requireScopes({ role }: Membership, scopes: Iterable<Scope>): void {
  const own = scopesOfRole(role);
  for (const scope of scopes)
    if (!own.has(scope))
      throw new AppError(
        'INSUFFICIENT_ROLE',
        `As ${role} you may not hold a key with the scope ${scope}. Ask an owner or an admin.`,
        { param: 'scopes' },
      );
}

/** @throws AppError RESOURCE_NOT_FOUND: none of the organisation's, whether there is such a key or not */
async function ownKey({ keys }: OwnKeyOptions, tenantId: string, id: string): Promise<ApiKey> {
  const key = await keys.get(id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'RESOURCE_NOT_FOUND') return undefined;
    throw error;
  });
  if (key?.tenantId === tenantId) return key;
  throw new AppError('RESOURCE_NOT_FOUND', `Your organisation has no key ${JSON.stringify(id.slice(0, 64))}.`, {
    param: 'id',
  });
}

function listRoutes({ context, keys, isModel }: OwnKeyOptions): ApiRoute[] {
  const path = '/account/v1/keys';
  return [
    accountRoute({
      ...{ context, path },
      action: 'keys:read',
      method: 'GET',
      operationId: 'listOwnKeys',
      summary: 'The API keys of the organisation, oldest first',
      query: z.strictObject(pageQuery),
      responses: { 200: { description: 'A page of keys', schema: pageOf(apiKey) } },
      handle: async ({ membership: { tenantId }, query }) => {
        const rows = await keys.listOfTenant({ tenantId, ...query });
        return { status: 200, body: toPage(rows, query.limit, (row) => row.id, presentKey) };
      },
    }),
    accountRoute({
      ...{ context, path },
      action: 'keys:write',
      method: 'POST',
      operationId: 'createOwnKey',
      summary: 'Create an API key; its secret is in this answer only',
      body: createKeyRequest,
      responses: { 201: { description: 'The key with its secret', schema: createdKey } },
      handle: async ({ membership, body }) => {
        const { tenantId } = membership;
        const wanted = newKeyOf({ tenantId, body, isModel, nowMs: context.clock.now() });
        requireScopes(membership, wanted.scopes);
        const { key, secret } = await keys.create(wanted);
        return { status: 201, body: { ...presentKey(key), key: secret }, headers: secretHeaders };
      },
    }),
  ];
}

function changeRoutes(options: OwnKeyOptions): ApiRoute[] {
  const { context, keys, knownVersion, onChange } = options;
  const common = { context, params, action: 'keys:write' } as const;
  return [
    accountRoute({
      ...common,
      method: 'PATCH',
      path: '/account/v1/keys/{id}',
      operationId: 'updateOwnKey',
      summary: 'Rename a key, pin it to an API version, change its limits or its cache',
      body: updateKeyRequest,
      responses: { 200: { description: 'The key', schema: apiKey } },
      handle: async ({ membership, params: { id }, body }) => {
        await ownKey(options, membership.tenantId, id);
        const { pinned_version: version, cache_seconds: cacheSeconds, name, limits } = body;
        const pinnedVersion = version === undefined ? undefined : knownVersion(version);
        const key = await keys.update(id, { pinnedVersion, cacheSeconds, name, limits });
        onChange(id);
        return { status: 200, body: presentKey(key) };
      },
    }),
    accountRoute({
      ...common,
      method: 'DELETE',
      path: '/account/v1/keys/{id}',
      operationId: 'revokeOwnKey',
      summary: 'Revoke a key; every process refuses it within a second',
      responses: { 200: { description: 'The revoked key', schema: apiKey } },
      handle: async ({ membership, params: { id } }) => {
        await ownKey(options, membership.tenantId, id);
        const key = await keys.revoke(id);
        onChange(id);
        return { status: 200, body: presentKey(key) };
      },
    }),
  ];
}

function rotateRoute(options: OwnKeyOptions): ApiRoute {
  const { context, keys, onChange, rotationOverlapSeconds } = options;
  return accountRoute({
    ...{ context, params },
    action: 'keys:write',
    method: 'POST',
    path: '/account/v1/keys/{id}/rotate',
    operationId: 'rotateOwnKey',
    summary: 'Give a key a new secret; the old one goes on for a while',
    body: rotateKeyRequest,
    responses: { 200: { description: 'The key with its new secret', schema: createdKey } },
    handle: async ({ membership, params: { id }, body }) => {
      requireScopes(membership, (await ownKey(options, membership.tenantId, id)).scopes);
      const { key, secret } = await keys.rotate(id, body.overlap_seconds ?? rotationOverlapSeconds);
      onChange(id);
      return { status: 200, body: { ...presentKey(key), key: secret }, headers: secretHeaders };
    },
  });
}

function versionsRoute(options: OwnKeyOptions): ApiRoute {
  const { context, database, flushVersions } = options;
  return accountRoute({
    ...{ context, params },
    action: 'keys:read',
    method: 'GET',
    path: '/account/v1/keys/{id}/versions',
    operationId: 'listKeyVersions',
    summary: 'The API versions, oldest first, and when a key last spoke each',
    responses: { 200: { description: 'All versions', schema: pageOf(keyVersion) } },
    handle: async ({ membership, params: { id } }) => {
      // First: it may pin the key.
      await flushVersions();
      const { pinnedVersion } = await ownKey(options, membership.tenantId, id);
      const spoken = await versionsOfKey(database, id);
      const data = versionRows(context.contracts.registry, context.clock.now()).map((row) => ({
        ...row,
        is_pinned: row.version === pinnedVersion,
        first_used_at: spoken.get(row.version)?.firstUsedAt.toISOString() ?? null,
        last_used_at: spoken.get(row.version)?.lastUsedAt.toISOString() ?? null,
      }));
      return { status: 200, body: wholePage(data) };
    },
  });
}

/** The organisation's API keys, for its members. */
export function ownKeyRoutes(options: OwnKeyOptions): ApiRoute[] {
  const { context } = options;
  return [
    ...listRoutes(options),
    accountRoute({
      ...{ context, params },
      action: 'keys:read',
      method: 'GET',
      path: '/account/v1/keys/{id}',
      operationId: 'getOwnKey',
      summary: 'Read a key',
      responses: { 200: { description: 'The key', schema: apiKey } },
      handle: async ({ membership, params: { id } }) => ({
        status: 200,
        body: presentKey(await ownKey(options, membership.tenantId, id)),
      }),
    }),
    versionsRoute(options),
    ...changeRoutes(options),
    rotateRoute(options),
  ];
}
