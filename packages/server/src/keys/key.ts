/** What a new key may do unless it is told otherwise. */
export const defaultScopes = ['chat', 'embeddings', 'files', 'models'] as const;
/** `provider_keys` is asked for on purpose: it lets a key replace the tenant's keys for upstreams. */
export type Scope = (typeof defaultScopes)[number] | 'provider_keys';
export type KeyMode = 'live' | 'test';

import type { Limit } from '../limits/limit.ts';

/** A key as its owner sees it: never the secret. */
export interface ApiKey {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly mode: KeyMode;
  readonly scopes: readonly Scope[];
  /** The only models it may call; null: all of the plan. */
  readonly models: readonly string[] | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
  /** Prefix and last characters of the newest secret. */
  readonly hint: string;
  /** Seconds for which requests are answered from the cache without asking for it; null: never. */
  readonly cacheSeconds: number | null;
  /** Set at the first call; null before it. */
  readonly pinnedVersion: string | null;
}

/** Who a request acts for. */
export interface Principal {
  readonly tenantId: string;
  readonly keyId: string;
  readonly mode: KeyMode;
  readonly scopes: ReadonlySet<string>;
  readonly models: ReadonlySet<string> | null;
  readonly plan: string;
  readonly suspended: boolean;
  /** What counts in place of a plan, for callers without an account: public routes. */
  readonly limits?: readonly Limit[];
  /** Seconds for which requests are answered from the cache without asking for it; undefined: never. */
  readonly cacheSeconds?: number | undefined;
  /** The only region the tenant's requests may be run in; undefined: any. */
  readonly region?: string | undefined;
  /** The API version the key speaks where a request names none; undefined until its first call. */
  readonly pinnedVersion: string | undefined;
  /** Tokens: where a client learns how to get one with more scopes (RFC 9728). */
  readonly resourceMetadata?: string;
}
