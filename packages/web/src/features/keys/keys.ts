import { queryOptions } from '@tanstack/react-query';
import { api, call } from '../../api/client.ts';
import type { components } from '../../api/schema.d.ts';

export type ApiKey = components['schemas']['ApiKey'];
export type CreatedKey = components['schemas']['CreatedKey'];
export type CreateKeyRequest = components['schemas']['CreateKeyRequest'];
export type Scope = ApiKey['scopes'][number];

export const scopes: readonly Scope[] = ['chat', 'embeddings', 'files', 'models', 'provider_keys'];

export const keysKey = ['keys'] as const;

export function keysQuery(after: string | undefined) {
  return queryOptions({
    queryKey: [...keysKey, after],
    queryFn: ({ signal }) =>
      call(api.GET('/account/v1/keys', { params: { query: after === undefined ? {} : { after } }, signal })),
  });
}

export type KeyState = 'live' | 'test' | 'revoked' | 'expired';

export function stateOf(key: ApiKey, nowMs: number): KeyState {
  if (key.revoked_at !== null) return 'revoked';
  if (key.expires_at !== null && Date.parse(key.expires_at) <= nowMs) return 'expired';
  return key.mode;
}

/** May requests be made with it? */
export function isUsable(key: ApiKey, nowMs: number): boolean {
  const state = stateOf(key, nowMs);
  return state === 'live' || state === 'test';
}

export function createKey(body: CreateKeyRequest): Promise<CreatedKey> {
  return call(api.POST('/account/v1/keys', { body }));
}

export function rotateKey(id: string, overlapSeconds: number): Promise<CreatedKey> {
  return call(
    api.POST('/account/v1/keys/{id}/rotate', { params: { path: { id } }, body: { overlap_seconds: overlapSeconds } }),
  );
}

export function revokeKey(id: string): Promise<ApiKey> {
  return call(api.DELETE('/account/v1/keys/{id}', { params: { path: { id } } }));
}

export function pinKey(id: string, version: string): Promise<ApiKey> {
  return call(api.PATCH('/account/v1/keys/{id}', { params: { path: { id } }, body: { pinned_version: version } }));
}
