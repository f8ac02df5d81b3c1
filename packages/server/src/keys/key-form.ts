import type { apiKey, createKeyRequest } from '@turnpike/contract/admin';
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { defaultScopes, type ApiKey } from './key.ts';
import type { NewKey } from './store.ts';

/** A key as its owner is shown it. */
export function presentKey(key: ApiKey): z.output<typeof apiKey> {
  return {
    id: key.id,
    tenant_id: key.tenantId,
    name: key.name,
    mode: key.mode,
    scopes: [...key.scopes],
    models: key.models === null ? null : [...key.models],
    pinned_version: key.pinnedVersion,
    cache_seconds: key.cacheSeconds,
    limits: key.limits,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    last_used_address: key.lastUsedAddress,
    hint: key.hint,
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}

/**
 * What a request for a new key asks for, with defaults.
 * @throws AppError INVALID_REQUEST: an expiry in the past, an unknown model
 */
export function newKeyOf(options: {
  readonly tenantId: string;
  readonly body: z.output<typeof createKeyRequest>;
  readonly isModel: (name: string) => boolean;
  readonly nowMs: number;
}): NewKey {
  const { tenantId, body, isModel, nowMs } = options;
  const expiresAt = body.expires_at === undefined || body.expires_at === null ? null : new Date(body.expires_at);
  if (expiresAt !== null && expiresAt.getTime() <= nowMs)
    throw new AppError('INVALID_REQUEST', 'expires_at: must be in the future.', { param: 'expires_at' });
  const unknown = body.models?.findIndex((model) => !isModel(model)) ?? -1;
  if (unknown !== -1)
    throw new AppError('INVALID_REQUEST', `models.${unknown}: there is no such model.`, { param: `models.${unknown}` });
  return {
    tenantId,
    name: body.name,
    mode: body.mode ?? 'live',
    scopes: [...new Set(body.scopes ?? defaultScopes)],
    models: body.models ?? null,
    expiresAt,
    cacheSeconds: body.cache_seconds ?? null,
    limits: body.limits ?? null,
  };
}
