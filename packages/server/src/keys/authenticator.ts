import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { hashSecret, isWellFormedSecret } from './key-format.ts';
import type { Principal } from './key.ts';
import type { KeyRecord, KeyStore } from './store.ts';
import { createWatchedCache } from './watched-cache.ts';

export interface Authenticator {
  /**
   * From a secret to who it stands for; without a database round trip once this process knows the key.
   * @param resource path of the protected resource that is called, where it is not the whole API: `/mcp`. Keys are good
   *   everywhere; tokens only where they were issued for.
   * @throws AppError INVALID_API_KEY, EXPIRED_API_KEY, INVALID_TOKEN, EXPIRED_TOKEN, DATABASE_UNAVAILABLE (never 401
   *   because the database is gone)
   */
  authenticate(secret: string | undefined, resource?: string): Principal | Promise<Principal>;
  /** Forgets what is cached of a key or of all keys of a tenant: called when this process changes one. */
  forget(id: string): void;
  /** Looks for changes made by other processes; runs by itself twice a second. */
  refresh(): Promise<void>;
  close(): void;
}

interface Options {
  readonly store: Pick<KeyStore, 'findByHash' | 'changedWithin'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long known keys go on working while changes cannot be read. */
  readonly outageGraceSeconds: number;
  readonly maxEntries?: number;
  /** What callers without a good key are told of how to get access (RFC 6750 §3). */
  readonly challenge?: string;
}

const plainChallenge = 'Bearer';

function invalidKey(message: string, challenge: string): AppError {
  return new AppError('INVALID_API_KEY', message, { headers: { 'www-authenticate': challenge } });
}

/**
 * Checks what time and owner decide; the record itself is from the database.
 * @throws AppError INVALID_API_KEY, EXPIRED_API_KEY
 */
export function principalOf(record: KeyRecord | undefined, nowMs: number, challenge = plainChallenge): Principal {
  if (record === undefined)
    throw invalidKey(
      'This API key is not known. Check that the Authorization: Bearer header holds a valid key.',
      challenge,
    );
  if (record.revoked) throw invalidKey('This API key has been revoked. Use another key.', challenge);
  if (nowMs >= record.secretExpiresAtMs)
    throw invalidKey('This secret was replaced by rotation and its overlap is over. Use the new one.', challenge);
  if (nowMs >= record.keyExpiresAtMs)
    throw new AppError('EXPIRED_API_KEY', 'This API key has expired. Create a new key.', {
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
  return record.principal;
}

/** @throws AppError INVALID_API_KEY for what cannot be one of our secrets */
function checkForm(secret: string | undefined, challenge: string): string {
  if (secret === undefined || secret === '')
    throw invalidKey('No API key was sent. Put it in the header: Authorization: Bearer YOUR_KEY.', challenge);
  if (!isWellFormedSecret(secret))
    throw invalidKey('This is not a valid API key: a character is wrong or missing. Copy it again in full.', challenge);
  return secret;
}

export function createAuthenticator({ store, clock, challenge = plainChallenge, ...options }: Options): Authenticator {
  const cache = createWatchedCache<KeyRecord>({
    ...options,
    clock,
    subject: 'key',
    find: (hash) => store.findByHash(hash),
    idsOf: ({ principal: { keyId, tenantId } }) => [keyId, tenantId],
    changedWithin: (seconds) => store.changedWithin(seconds),
  });
  return {
    authenticate: (secret) => {
      const checked = checkForm(secret, challenge);
      const nowMs = clock.now();
      const found = cache.get(hashSecret(checked), checked, nowMs);
      if (found instanceof Promise) return found.then((record) => principalOf(record, clock.now(), challenge));
      return principalOf(found, nowMs, challenge);
    },
    forget: (id) => {
      cache.forget(id);
    },
    refresh: () => cache.refresh(),
    close: () => {
      cache.close();
    },
  };
}
