import { join } from 'node:path';
import { createBilling, type Billing } from './billing/billing.ts';
import { billingRules } from './billing/rules.ts';
import { createStripeClient } from './billing/stripe-client.ts';
import { startSweep } from './billing/sweep.ts';
import type { Catalogues } from './catalogues/catalogues.ts';
import type { Basis } from './composition-basis.ts';
import type { PlanBook } from './plans/plan-book.ts';
import { createMailer } from './mail/mailer.ts';

export interface OpenBillingOptions extends Pick<Basis, 'config' | 'clock' | 'logger' | 'database'> {
  readonly catalogues: Catalogues;
  readonly planBook: PlanBook;
  readonly flushUsage: () => Promise<void>;
  readonly onTenantChanged: (tenantId: string) => void;
}

/** Plans and money, with Stripe where its key is set; mails by SMTP or into the outbox of the data folder. */
export function openBilling(options: OpenBillingOptions): Billing & { readonly close: () => Promise<void> } {
  const { config, clock, logger, database, catalogues, planBook, flushUsage, onTenantChanged } = options;
  const { settings, publicUrl, stripeApiKey } = config;
  const { billing: section, brand, models } = settings;
  const domain = new URL(publicUrl).hostname;
  const mailer = createMailer({
    smtpUrl: config.smtpUrl,
    from: brand.mail_from ?? `no-reply@${domain}`,
    domain,
    outbox: join(config.dataDir, 'outbox'),
    logger,
  });
  const stripe =
    stripeApiKey === undefined
      ? undefined
      : createStripeClient({
          ...{ apiKey: stripeApiKey, logger },
          apiUrl: section.stripe_api_url,
          timeoutMs: section.stripe_timeout_ms,
        });
  const rules = billingRules(settings, planBook, stripe !== undefined);
  const sources = {
    ...{ database, clock, rules, publicUrl, onTenantChanged },
    automaticTax: section.automatic_tax,
  };
  const byokModels = Object.entries(models)
    .filter(([, { byok }]) => byok)
    .map(([name]) => name);
  const overage = { ...{ database, clock, rules, byokModels }, flush: flushUsage };
  const sweep = startSweep({
    checkout: { ...sources, stripe },
    notices: {
      ...{ database, clock, logger, publicUrl, send: mailer.send, brandName: brand.name },
      titleOf: (plan) => planBook.get(plan)?.title ?? plan,
    },
    overage,
    longestCallMs: 3 * section.stripe_timeout_ms + 5_000,
    logger,
  });
  const contact = section.contact ?? catalogues.company?.email;
  const billing = createBilling({ sources, stripe, contact, overage, sweep });
  return {
    ...billing,
    close: async () => {
      await billing.close();
      mailer.close();
    },
  };
}
