import type { Auth, AuthOptions } from './accounts/create-auth.ts';
import { ChosenOrganization } from './accounts/oauth/chosen-organization.ts';
import { startOAuthHousekeeping } from './accounts/oauth/oauth-housekeeping.ts';
import { createTokenAuthenticator } from './accounts/oauth/token-authenticator.ts';
import { TokenRecords } from './accounts/oauth/token-records.ts';
import { readSessionJwt } from './accounts/session-jwt.ts';
import { connectSignInProviders } from './accounts/sign-in-providers.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';
import { createAddressGuard } from './outbound/address-guard.ts';
import { createOutboundClient } from './outbound/guarded-request.ts';
import type { Database } from './postgres/database.ts';

interface Options {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of a document about an application. */
const largestDocumentBytes = 16 * 1024;

/** What the authorization server is made with. */
export function openAuthorization({ config }: Pick<Options, 'config'>): AuthOptions['oauth'] {
  const { oauth } = config.settings.accounts;
  return {
    chosen: new ChosenOrganization(),
    outbound: createOutboundClient({
      guard: createAddressGuard(oauth.allowed_networks),
      maxBytes: largestDocumentBytes,
    }),
    accessTokenMinutes: oauth.access_token_minutes,
    refreshTokenDays: oauth.refresh_token_days,
    registration: oauth.registration,
  };
}

/** Tokens on the road, and providers by which people sign in: what stands on accounts that are there. */
export function openTokens({ config, database, clock, logger }: Options, auth: Auth) {
  const { settings, publicUrl } = config;
  const tokenRecords = new TokenRecords(database);
  const tokens = createTokenAuthenticator({
    ...{ publicUrl, clock, logger, records: tokenRecords },
    readSessionJwt: (token) => readSessionJwt(auth, token, clock.now()),
    outageGraceSeconds: settings.keys.database_outage_grace_seconds,
  });
  const providers = connectSignInProviders({
    ...{ auth, clock, logger },
    providers: settings.accounts.oidc.map(({ client_id: clientId, client_secret: clientSecret, ...provider }) => ({
      ...provider,
      ...{ clientId, clientSecret },
    })),
  });
  const housekeeping = startOAuthHousekeeping({ database, clock, logger });
  return {
    ...{ tokens, tokenRecords, providers },
    close: async () => {
      providers.close();
      tokens.close();
      await housekeeping.close();
    },
  };
}
