import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Authenticator } from '../../keys/authenticator.ts';
import { hashSecret, isWellFormedSecret } from '../../keys/key-format.ts';
import type { Principal } from '../../keys/key.ts';
import { createWatchedCache } from '../../keys/watched-cache.ts';
import type { Logger } from '../../logger.ts';
import { coversResource } from './oauth-resources.ts';
import type { SessionJwt } from '../session-jwt.ts';
import type { TokenRecord, TokenRecords } from './token-records.ts';

/** Every access token begins so. */
export const accessTokenPrefix = 'oat_';
/** A JWT begins so: the base64 of `{"`. */
const jwtPrefix = 'eyJ';

/** Is this a token of a person or application, and no key? Asked on every request, so by its first characters. */
function isToken(secret: string): boolean {
  return secret.startsWith(accessTokenPrefix) || secret.startsWith(jwtPrefix);
}

interface Options {
  readonly records: Pick<TokenRecords, 'accessToken' | 'sessionToken' | 'changedWithin'>;
  readonly readSessionJwt: (token: string) => Promise<SessionJwt>;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outageGraceSeconds: number;
  readonly maxEntries?: number;
}

/** Where the metadata of a protected resource are (RFC 9728 §3.1). */
function resourceMetadataUrl(publicUrl: string, path: string): string {
  return `${publicUrl}/.well-known/oauth-protected-resource${path}`;
}

/** RFC 6750 §3 with RFC 9728 §5.1. */
function refused(code: 'INVALID_TOKEN' | 'EXPIRED_TOKEN', message: string, metadata: string): AppError {
  const challenge = `Bearer error="invalid_token", error_description="${message}", resource_metadata="${metadata}"`;
  return new AppError(code, message, { headers: { 'www-authenticate': challenge } });
}

/** @throws AppError INVALID_TOKEN, EXPIRED_TOKEN */
function principalOfToken(
  record: TokenRecord | undefined,
  { nowMs, publicUrl, path }: { readonly nowMs: number; readonly publicUrl: string; readonly path: string },
): Principal {
  const metadata = resourceMetadataUrl(publicUrl, path);
  if (record === undefined)
    throw refused('INVALID_TOKEN', 'This access token is not known or was revoked. Get a new one.', metadata);
  if (nowMs >= record.expiresAtMs)
    throw refused('EXPIRED_TOKEN', 'This access token has expired. Get a new one with the refresh token.', metadata);
  if (record.principal === undefined)
    throw refused(
      'INVALID_TOKEN',
      'The access behind this token has ended: it was withdrawn, or its holder has left. Authorize again.',
      metadata,
    );
  if (record.isBound)
    throw refused('INVALID_TOKEN', 'This token is bound to a key (DPoP), which is not taken here.', metadata);
  if (!coversResource(record.resources, publicUrl, path))
    throw refused('INVALID_TOKEN', 'This token was issued for another resource. Get one for this resource.', metadata);
  return record.principal;
}

async function findRecord(
  { records, readSessionJwt }: Options,
  hash: string,
  token: string,
): Promise<TokenRecord | undefined> {
  if (token.startsWith(accessTokenPrefix)) return records.accessToken(hash);
  const jwt = await readSessionJwt(token);
  if (jwt.kind === 'valid') return records.sessionToken(jwt);
  if (jwt.kind === 'invalid') return undefined;
  return { principal: undefined, expiresAtMs: jwt.expiresAtMs, resources: [], isBound: false, dependsOn: [] };
}

/** Tokens on the road: opaque access tokens of OAuth, and the short JWT of a session. */
export function createTokenAuthenticator(options: Options): Authenticator {
  const { records, publicUrl, clock, logger, outageGraceSeconds } = options;
  const cache = createWatchedCache<TokenRecord>({
    ...{ clock, logger, outageGraceSeconds },
    ...(options.maxEntries === undefined ? {} : { maxEntries: options.maxEntries }),
    subject: 'token',
    find: async (hash, token) => {
      const record = await findRecord(options, hash, token);
      const { principal } = record ?? {};
      return record === undefined || principal === undefined
        ? record
        : { ...record, principal: { ...principal, resourceMetadata: resourceMetadataUrl(publicUrl, '') } };
    },
    idsOf: ({ dependsOn }) => dependsOn,
    changedWithin: (seconds) => records.changedWithin(seconds),
  });
  return {
    authenticate: (secret = '', path = '') => {
      const view = () => ({ nowMs: clock.now(), publicUrl, path });
      if (secret.startsWith(accessTokenPrefix) && !isWellFormedSecret(secret))
        return principalOfToken(undefined, view());
      const found = cache.get(hashSecret(secret), secret, clock.now());
      return found instanceof Promise
        ? found.then((record) => principalOfToken(record, view()))
        : principalOfToken(found, view());
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

/** Keys and tokens by one door: which of them a secret is shows in its first characters. */
export function bothAuthenticators(keys: Authenticator, tokens: Authenticator): Authenticator {
  return {
    authenticate: (secret, resource) =>
      secret !== undefined && isToken(secret) ? tokens.authenticate(secret, resource) : keys.authenticate(secret),
    forget: (id) => {
      keys.forget(id);
      tokens.forget(id);
    },
    refresh: async () => {
      await Promise.all([keys.refresh(), tokens.refresh()]);
    },
    close: () => {
      keys.close();
      tokens.close();
    },
  };
}
