import { join } from 'node:path';
import type { Accounts } from './accounts/accounts.ts';
import { AuditLog } from './audit/audit-log.ts';
import { createAuth } from './accounts/create-auth.ts';
import { MemberStore } from './accounts/member-store.ts';
import { MembershipStore } from './accounts/membership-store.ts';
import { Staff } from './accounts/staff.ts';
import { createTrialNotices } from './accounts/trial-notices.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';
import { createMailer } from './mail/mailer.ts';
import { repeat } from './jobs/repeat.ts';
import { openAuthorization, openTokens } from './open-oauth.ts';
import type { Database } from './postgres/database.ts';
import { sweepClosedTenants } from './tenants/erase-content.ts';

/** Mails go by SMTP, or into the outbox of the data folder. */
function openMailer({ smtpUrl, publicUrl, dataDir, settings }: Config, logger: Logger) {
  const domain = new URL(publicUrl).hostname;
  const from = settings.brand.mail_from ?? `no-reply@${domain}`;
  return createMailer({ smtpUrl, from, domain, outbox: join(dataDir, 'outbox'), logger });
}

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
  const mailer = openMailer(config, logger);
  const trialDays = plans[defaultPlan]?.trial_days;
  const memberships = new MembershipStore({ database, clock, defaultPlan, trialDays });
  const oauth = openAuthorization({ config });
  const auth = createAuth({
    ...{ database, clock, logger, masterKey, publicUrl, brandName: brand.name, send: mailer.send, oauth },
    throttles: accounts.throttle,
    firstOrganizationOf: async (person) => (await memberships.ensure(person))[0]?.tenantId,
  });
  const trialNotices = createTrialNotices({
    ...{ database, clock, logger, publicUrl, brandName: brand.name },
  });
  const stopSweep = repeat({ clock, logger, what: 'erasing closed organisations', everyMs: 3_600_000 }, () =>
    sweepClosedTenants({ database, clock }),
  );
  const { close: closeTokens, ...tokens } = openTokens(options, auth);
  return {
    auth,
    memberships,
    chosen: oauth.chosen,
    ...tokens,
    members: new MemberStore({ database, clock }),
    staff: new Staff({ database, clock, emails: accounts.staff }),
    audit: new AuditLog({ database, clock }),
    trialNotices,
    send: mailer.send,
    close: async () => {
      await stopSweep();
      await closeTokens();
      await trialNotices.close();
      mailer.close();
      await oauth.outbound.close();
    },
  };
}
