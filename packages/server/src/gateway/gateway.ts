import type { Clock } from '../clock.ts';
import type { Settings } from '../config/schema.ts';
import type { Authenticator } from '../keys/authenticator.ts';
import type { Principal } from '../keys/key.ts';
import type { KeyUses } from '../keys/key-uses.ts';
import type { LimitStore } from '../limits/limit.ts';
import type { IdempotencyStore } from '../idempotency/store.ts';
import type { Logger } from '../logger.ts';
import type { Provider } from '../providers/provider.ts';
import type { ResponseCache } from '../response-cache/response-cache.ts';
import type { Router } from '../routing/router.ts';
import type { StreamHub } from '../streams/stream-hub.ts';
import type { KeptBodies } from '../usage/kept-bodies.ts';
import type { UsageMeter } from '../usage/usage-event.ts';
import type { Contracts } from '../versions/contract.ts';
import type { VersionUsage } from '../versions/version-usage.ts';
import type { Catalog } from './catalog.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { StreamClock } from './stream-clock.ts';

/** All that the road needs; built in compose.ts. */
export interface Gateway {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authenticator: Authenticator;
  readonly catalog: Catalog;
  readonly limits: LimitStore;
  readonly contracts: Contracts;
  readonly versionUsage: VersionUsage;
  readonly keyUses: KeyUses;
  readonly idempotency: IdempotencyStore;
  readonly streams: StreamHub;
  readonly meter: UsageMeter;
  readonly keptBodies: KeptBodies;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly router: Router;
  readonly regionOf: (upstream: string) => string | undefined;
  /** The tenant's own key for an upstream. @throws AppError byok_provider_missing, DATABASE_UNAVAILABLE */
  readonly credentialFor: (principal: Principal, upstream: string) => Promise<string>;
  readonly streamClock: StreamClock;
  readonly metrics: RequestMetrics;
  readonly relay: Settings['relay'];
  /** Counts tokens of text as the estimate where an upstream gives no usage. */
  readonly countTokens: (text: string) => number;
  readonly responseCache: ResponseCache;
  readonly cacheSettings: Settings['response_cache'];
  readonly documentationUrl: string;
  readonly isAdminToken: (token: string) => boolean;
}
