import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { AskSources } from '../billing/ask-stripe.ts';
import type { CheckoutSources } from '../billing/checkout.ts';
import type { NoticeSender } from '../billing/notices.ts';
import type { OverageSources } from '../billing/report-overage.ts';
import { billingRules } from '../billing/rules.ts';
import { createStripeClient } from '../billing/stripe-client.ts';
import { planSchema, type PlanConfig } from '../config/schema.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Database } from '../postgres/database.ts';
import { PurchaseStore } from '../purchases/store.ts';
import type { StripeEvent } from '../purchases/stripe-event.ts';
import { createCipher } from '../secrets/cipher.ts';
import { createTenantStore, type TenantStore } from '../tenants/store.ts';
import type { UsageEvent } from '../usage/usage-event.ts';
import { closeLine } from '../usage/journal-record.ts';
import { insertEvents } from '../usage/ledger.ts';
import type { FakeStripe } from './fake-stripe.ts';
import type { ManualClock } from './manual-clock.ts';
import { createRecordingLogger } from './recording-logger.ts';
import { usageEvent, usageOpen } from './usage-events.ts';

export interface BillingHarness {
  readonly tenants: TenantStore;
  readonly purchases: PurchaseStore;
  readonly online: CheckoutSources;
  readonly asking: AskSources;
  readonly notices: NoticeSender;
  readonly overage: OverageSources;
  readonly mails: Mail[];
  /** Tenants that this process was told to forget. */
  readonly forgotten: string[];
  readonly log: ReturnType<typeof createRecordingLogger>;
  /** Tells an event, as the webhook does. */
  tell(type: string, object: object, told?: { readonly created?: number; readonly id?: string }): Promise<void>;
  /** Puts usage into the ledger, as the journal does. */
  use(tenantId: string, usage: Partial<UsageEvent>): Promise<void>;
  /** When a plan has held since: the database notes it by its own clock. */
  planSince(tenantId: string, sinceMs: number): Promise<void>;
}

/** What plans of tests are: `free` after all, and three that are sold. */
export const testPlans: Readonly<Record<string, PlanConfig>> = {
  free: planSchema.parse({ requests_per_minute: 10 }),
  small: planSchema.parse({ title: 'Small', requests_per_minute: 20, stripe_prices: ['price_small'] }),
  large: planSchema.parse({ title: 'Large', requests_per_minute: 50, stripe_prices: ['price_large'] }),
  open: planSchema.parse({
    tokens_per_month: 1_000,
    limits_per: 'tenant',
    stripe_prices: ['price_open'],
    overage: { meter_event: 'tokens', stripe_price: 'price_meter' },
  }),
  hidden: planSchema.parse({ public: false, stripe_prices: ['price_hidden'] }),
};

export const testPrices = {
  price_small: 'licensed',
  price_large: 'licensed',
  price_open: 'licensed',
  price_meter: 'metered',
} as const;

/** Billing on a database, with a clock that is moved and, where one is given, a Stripe to ask. */
export function createBillingHarness(options: {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly stripe: FakeStripe | undefined;
  readonly plans?: Readonly<Record<string, PlanConfig>>;
  readonly timeoutMs?: number;
}): BillingHarness {
  const { database, clock, stripe: fake, plans = testPlans, timeoutMs = 1_000 } = options;
  const log = createRecordingLogger();
  const logger = log;
  const settings = { default_plan: 'free', billing: { past_due_grace_days: 7 } };
  const rules = billingRules(settings, new Map(Object.entries(plans)), fake !== undefined);
  const [mails, forgotten]: [Mail[], string[]] = [[], []];
  const stripe = createStripeClient({
    ...{ logger, timeoutMs },
    apiKey: fake?.apiKey ?? 'sk_test_nobody_listens',
    apiUrl: fake?.url ?? 'http://127.0.0.1:9',
  });
  const asking = { database, clock, rules, stripe, onTenantChanged: (id: string) => void forgotten.push(id) };
  const purchases = new PurchaseStore({ database, clock, rules, cipher: createCipher(randomBytes(32), 'purchases') });
  let serial = 0;
  return {
    ...{ asking, purchases, mails, forgotten, log },
    tenants: createTenantStore({ database, clock }),
    online: { ...asking, publicUrl: 'https://api.example.com', automaticTax: false },
    notices: {
      ...{ database, clock, logger, brandName: 'Example', publicUrl: 'https://api.example.com' },
      send: (mail) => Promise.resolve(void mails.push(mail)),
      titleOf: (plan) => plans[plan]?.title ?? plan,
    },
    overage: { database, clock, rules, byokModels: ['own'], flush: () => Promise.resolve() },
    tell: async (type, object, told = {}) => {
      const created = told.created ?? Math.floor(clock.now() / 1_000);
      const id = told.id ?? `evt_${randomBytes(6).toString('hex')}_${(serial += 1)}`;
      const event: StripeEvent = { id, type, created, livemode: false, object: object as StripeEvent['object'] };
      await purchases.record(event, Buffer.from('{}'));
    },
    use: async (tenantId, usage) => {
      const open = usageOpen({ tenantId, startedAtMs: clock.now(), promptTokens: 0, ...usage });
      await insertEvents(database, [closeLine(usageEvent(open, { completionTokens: 0, ...usage }))]);
    },
    planSince: async (tenantId, sinceMs) => {
      await database.query((executor) =>
        executor.execute(sql`UPDATE tenant_plans SET since = ${new Date(sinceMs).toISOString()}
          WHERE id = (SELECT max(id) FROM tenant_plans WHERE tenant_id = ${tenantId})`),
      );
    },
  };
}

/** A subscription as events have it. */
export function subscriptionObject(fields: {
  readonly id: string;
  readonly customer: string;
  readonly status: string;
  readonly prices: readonly string[];
  readonly [field: string]: unknown;
}): Record<string, unknown> {
  const { prices, ...object } = fields;
  return { ...object, items: { data: prices.map((id) => ({ price: { id } })) } };
}
