import { join } from 'node:path';
import type { Accounts } from './accounts/accounts.ts';
import { createAuth } from './accounts/create-auth.ts';
import { MembershipStore } from './accounts/membership-store.ts';
import { ChosenOrganization } from './accounts/oauth/chosen-organization.ts';
import { startOAuthHousekeeping } from './accounts/oauth/oauth-housekeeping.ts';
import { createTokenAuthenticator } from './accounts/oauth/token-authenticator.ts';
import { TokenRecords } from './accounts/oauth/token-records.ts';
import { readSessionJwt } from './accounts/session-jwt.ts';
import { connectSignInProviders } from './accounts/sign-in-providers.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';
import { createMailer } from './mail/mailer.ts';
import { createAddressGuard } from './outbound/address-guard.ts';
import { createOutboundClient } from './outbound/guarded-request.ts';
import type { Database } from './postgres/database.ts';

/** Of a document about an application. */
const largestDocumentBytes = 16 * 1024;

/** Accounts of people, with mail by SMTP or into the outbox of the data folder. */
export function openAccounts(options: {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): Accounts & { readonly close: () => Promise<void> } {
  const { config, database, clock, logger } = options;
  const { settings, publicUrl, masterKey } = config;
  const { brand, plans, default_plan: defaultPlan, accounts } = settings;
  const domain = new URL(publicUrl).hostname;
  const mailer = createMailer({
    smtpUrl: config.smtpUrl,
    from: brand.mail_from ?? `no-reply@${domain}`,
    domain,
    outbox: join(config.dataDir, 'outbox'),
    logger,
  });
  const chosen = new ChosenOrganization();
  const outbound = createOutboundClient({
    guard: createAddressGuard(accounts.oauth.allowed_networks),
    maxBytes: largestDocumentBytes,
  });
  const auth = createAuth({
    ...{ database, clock, logger, masterKey, publicUrl, brandName: brand.name, send: mailer.send },
    throttles: accounts.throttle,
    oauth: {
      ...{ chosen, outbound },
      accessTokenMinutes: accounts.oauth.access_token_minutes,
      refreshTokenDays: accounts.oauth.refresh_token_days,
      registration: accounts.oauth.registration,
    },
  });
  const tokenRecords = new TokenRecords(database);
  const tokens = createTokenAuthenticator({
    ...{ publicUrl, clock, logger, records: tokenRecords },
    readSessionJwt: (token) => readSessionJwt(auth, token, clock.now()),
    outageGraceSeconds: settings.keys.database_outage_grace_seconds,
  });
  const providers = connectSignInProviders({
    ...{ auth, clock, logger },
    providers: accounts.oidc.map(({ client_id: clientId, client_secret: clientSecret, ...provider }) => ({
      ...provider,
      ...{ clientId, clientSecret },
    })),
  });
  const housekeeping = startOAuthHousekeeping({ database, clock, logger });
  const trialDays = plans[defaultPlan]?.trial_days;
  const memberships = new MembershipStore({ database, clock, defaultPlan, trialDays });
  return {
    auth,
    memberships,
    chosen,
    tokens,
    tokenRecords,
    providers,
    close: async () => {
      providers.close();
      await housekeeping.close();
      tokens.close();
      mailer.close();
      await outbound.close();
    },
  };
}
