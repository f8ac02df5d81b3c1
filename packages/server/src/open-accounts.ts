import { join } from 'node:path';
import type { Accounts } from './accounts/accounts.ts';
import { createAuth } from './accounts/create-auth.ts';
import { MembershipStore } from './accounts/membership-store.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';
import { createMailer } from './mail/mailer.ts';
import { openAuthorization, openTokens } from './open-oauth.ts';
import type { Database } from './postgres/database.ts';

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
  const oauth = openAuthorization({ config });
  const auth = createAuth({
    ...{ database, clock, logger, masterKey, publicUrl, brandName: brand.name, send: mailer.send, oauth },
    throttles: accounts.throttle,
  });
  const { close: closeTokens, ...tokens } = openTokens(options, auth);
  const trialDays = plans[defaultPlan]?.trial_days;
  const memberships = new MembershipStore({ database, clock, defaultPlan, trialDays });
  return {
    auth,
    memberships,
    chosen: oauth.chosen,
    ...tokens,
    close: async () => {
      await closeTokens();
      mailer.close();
      await oauth.outbound.close();
    },
  };
}
