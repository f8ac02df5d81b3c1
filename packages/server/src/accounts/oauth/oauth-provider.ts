import { oauthProvider, type OAuthOptions } from '@better-auth/oauth-provider';
import type { AuthContext } from 'better-auth';
import type { Clock } from '../../clock.ts';
import { errorMessage } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { generateSecret, hashSecret } from '../../keys/key-format.ts';
import type { Logger } from '../../logger.ts';
import type { OutboundClient } from '../../outbound/guarded-request.ts';
import type { ChosenOrganization } from './chosen-organization.ts';
import { createClientDocuments } from './client-documents.ts';
import { resourceIdentifiers } from './oauth-resources.ts';
import { offlineScope, tokenScopes } from './oauth-scopes.ts';
import { accessTokenPrefix } from './token-authenticator.ts';

export interface OAuthProviderOptions {
  readonly publicUrl: string;
  readonly chosen: ChosenOrganization;
  readonly outbound: OutboundClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly accessTokenMinutes: number;
  readonly refreshTokenDays: number;
  /** May applications register themselves? */
  readonly registration: boolean;
}

/** Where people are asked; it also sends those away who have not signed in. */
export const consentPath = '/oauth/consent';
export const oauthErrorPath = '/oauth/error';
/** No organisation has this id: consent that nobody gave is never found. */
const nobody = 'none';

/**
 * The authorization server: codes with PKCE, opaque access tokens, refresh tokens that rotate and betray their reuse,
 * revocation, registration, client id metadata documents.
 */
export function createOAuthProvider(options: OAuthProviderOptions) {
  const { publicUrl, chosen, clock } = options;
  const scopes: string[] = [...tokenScopes, offlineScope];
  const settings: OAuthOptions<string[]> = {
    scopes,
    // Both begin at one page: it knows whether somebody has signed in, and asks each time, as public clients demand it
    // (RFC 8252 §8.6).
    loginPage: consentPath,
    consentPage: consentPath,
    postLogin: {
      page: consentPath,
      shouldRedirect: () => false,
      consentReferenceId: () => chosen.current ?? nobody,
    },
    grantTypes: ['authorization_code', 'refresh_token'],
    resources: resourceIdentifiers(publicUrl),
    enforcePerClientResources: false,
    // Opaque tokens: revoked, they are refused within a second (docs/decisions/0005-opaque-access-tokens.md).
    disableJwtPlugin: true,
    accessTokenExpiresIn: options.accessTokenMinutes * 60,
    refreshTokenExpiresIn: options.refreshTokenDays * 86_400,
    codeExpiresIn: 600,
    allowDynamicClientRegistration: options.registration,
    allowUnauthenticatedClientRegistration: options.registration,
    // Nobody administers clients over HTTP.
    clientPrivileges: ({ action }) => action === 'create',
    resourcePrivileges: () => false,
    allowPublicClientPrelogin: true,
    storeTokens: { hash: (token) => Promise.resolve(hashSecret(token)) },
    generateOpaqueAccessToken: () => generateSecret(accessTokenPrefix),
    generateRefreshToken: () => generateSecret('ort_'),
    generateClientSecret: () => generateSecret('ocs_'),
    generateClientId: () => newId('client', clock.now()),
    rateLimit: {
      token: { window: 60, max: 120 },
      authorize: { window: 60, max: 60 },
      introspect: { window: 60, max: 120 },
      revoke: { window: 60, max: 60 },
      register: { window: 60, max: 10 },
    },
  };
  const documents = createClientDocuments({ ...options, provider: () => complete });
  const complete: OAuthOptions<string[]> = { ...settings, extensions: [{ clientDiscovery: documents }] };
  const whole = oauthProvider(complete);
  // The types of its endpoints do not hold under exactOptionalPropertyTypes; here they are asked over HTTP only.
  const plugin: Omit<typeof whole, 'endpoints' | 'init'> = whole;
  return {
    ...plugin,
    // It writes down the resources; while the database is gone that must not end all of the accounts until the next start,
    // and is done again when a resource is first asked for.
    init: (context: AuthContext) =>
      whole.init(context).catch((error: unknown) => {
        options.logger.warn({ reason: errorMessage(error) }, 'the resources of tokens will be written down later');
        return { options: {} };
      }),
  };
}
