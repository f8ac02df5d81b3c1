import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';
import type { Database } from './postgres/database.ts';
import { createCipher } from './secrets/cipher.ts';
import { createStreamHub, type StreamHub } from './streams/stream-hub.ts';
import { createStreamStore } from './streams/stream-store.ts';

interface Options {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
}

/** Recorded streams, sealed with the master key, within the bounds of the configuration. */
export function openStreamHub({ config, clock, logger, database }: Options): StreamHub {
  const {
    max_recorded_bytes: maxBytes,
    max_detached_ms: maxDetachedMs,
    max_detached_per_tenant: maxDetachedPerTenant,
  } = config.settings.streams;
  const store = createStreamStore({ database, clock, cipher: createCipher(config.masterKey, 'streams') });
  return createStreamHub({ store, clock, logger, limits: { maxBytes, maxDetachedMs, maxDetachedPerTenant } });
}
