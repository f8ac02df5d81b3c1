/** What a new key may do unless it is told otherwise. */
export const defaultScopes = ['chat', 'embeddings', 'files', 'models'] as const;
/** `provider_keys` is asked for on purpose: it lets a key replace the tenant's keys for upstreams. */
export type Scope = (typeof defaultScopes)[number] | 'provider_keys';
export type KeyMode = 'live' | 'test';

import type { Limit } from '../limits/limit.ts';

/** What a key may use at most, beside its plan. */
export interface KeyLimits {
  readonly requests_per_minute?: number | undefined;
  readonly tokens_per_minute?: number | undefined;
  readonly tokens_per_day?: number | undefined;
  readonly tokens_per_month?: number | undefined;
}

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
  readonly limits: KeyLimits | null;
  readonly lastUsedAt: Date | null;
  readonly lastUsedAddress: string | null;
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
  /** The tenant pays for what goes beyond its plan's tokens. */
  readonly overage?: boolean | undefined;
  /** From then on its tenant may read, but call nothing; undefined: no trial. */
  readonly trialEndsAtMs?: number | undefined;
  readonly keyLimits?: KeyLimits | undefined;
  /** Tokens of a month beyond the plan, until an instant. */
  readonly credit?: { readonly tokens: number; readonly untilMs: number } | undefined;
  /** For so many days requests and answers are kept as they were; undefined: not at all. */
  readonly keptBodiesDays?: number | undefined;
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
