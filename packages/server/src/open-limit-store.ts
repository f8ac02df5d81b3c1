import { Redis } from 'ioredis';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { LimitStore } from './limits/limit.ts';
import { createMemoryLimitStore } from './limits/memory-store.ts';
import { createRedisLimitStore } from './limits/redis-store.ts';
import type { Logger } from './logger.ts';
import type { Database } from './postgres/database.ts';
import { createWindowSeed } from './usage/usage-query.ts';

interface Options {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
}

/** Counters in Redis when REDIS_URL is set, in memory otherwise; both start long windows from the ledger. */
export function openLimitStore({ config, clock, logger, database }: Options): LimitStore {
  const seed = createWindowSeed({ database });
  const local = createMemoryLimitStore({ seed, clock });
  if (config.redisUrl === undefined) return local;
  const { store_timeout_ms: timeoutMs, when_store_is_down: whenDown } = config.settings.limits;
  const redis = new Redis(config.redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(1_000, times * 100),
  });
  return createRedisLimitStore({ redis, seed, timeoutMs, whenDown, local, logger, clock, keyPrefix: 'turnpike:' });
}
