import { z } from 'zod';
import { pageQuery } from './pagination.ts';

const instant = z.string().describe('RFC 3339');

const price = z
  .object({
    amount: z
      .number()
      .describe('In units of the currency')
      .meta({ examples: [49.9] }),
    currency: z.string().meta({ examples: ['EUR'] }),
    interval: z.enum(['month', 'year']),
  })
  .meta({ id: 'PlanPrice' });

const limits = z
  .object({
    requests_per_minute: z.int().nullable(),
    tokens_per_minute: z.int().nullable(),
    tokens_per_day: z.int().nullable(),
    tokens_per_month: z.int().nullable(),
    limits_per: z.enum(['key', 'tenant']).describe('Whether each key has them to itself'),
  })
  .meta({ id: 'PlanLimits' });

const overage = z
  .object({
    price_per_million: z.number().nullable().describe('What a million tokens beyond the plan cost'),
    currency: z.string(),
    max_tokens: z.int().nullable().describe('So many tokens more a month at most; null: no bound'),
  })
  .meta({ id: 'PlanOverage' });

const plan = z.object({
  id: z.string().meta({ examples: ['professional'] }),
  title: z.string(),
  description: z.string().nullable(),
  highlights: z.array(z.string()),
  price: price.nullable().describe('null: ask for it'),
  limits,
  models: z.array(z.string()).nullable().describe('The only models it may call; null: all'),
  features: z.array(z.string()).nullable().describe('What it may use beyond its models; null: everything'),
  trial_days: z.int().nullable(),
  overage: overage.nullable().describe('Going on beyond tokens_per_month, for money; null: it ends there'),
});

const billingPlan = plan.meta({ id: 'BillingPlan' });

const offeredPlan = plan
  .extend({
    is_current: z.boolean(),
    can_checkout: z.boolean().describe('It can be bought with POST /account/v1/billing/checkout'),
    can_change: z.boolean().describe('The subscription can be changed to it with POST /account/v1/billing/plan'),
  })
  .meta({ id: 'OfferedPlan' });

export const subscriptionStatus = z.enum([
  'none',
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'canceled',
]);

const billingSubscription = z
  .object({
    status: subscriptionStatus.describe('past_due: a payment is missing, the plan goes on until grace_ends_at'),
    plan: z.string().nullable(),
    current_period_end: instant.nullable().describe('When it is renewed, or ends'),
    trial_ends_at: instant.nullable(),
    cancel_at: instant.nullable().describe('When it ends, where that is decided already'),
    grace_ends_at: instant.nullable().describe('When the plan is taken back unless it is paid'),
    ended_at: instant.nullable(),
  })
  .meta({ id: 'BillingSubscription' });

export const ownBilling = z
  .object({
    plan: billingPlan.nullable().describe('null: the plan is not offered any more; ask for another one'),
    plan_id: z.string(),
    trial_ends_at: instant.nullable().describe('End of the trial without a subscription; null: there is none'),
    subscription: billingSubscription,
    can_pay_online: z.boolean().describe('false: plans are assigned by hand; ask at `contact`'),
    can_open_portal: z.boolean(),
    contact: z.string().nullable().describe('Where to ask for what cannot be bought here: a mail address or a URL'),
    overage: z
      .object({
        is_allowed: z.boolean().describe('Now: the subscription is paid and its plan has it'),
        tokens: z.int().describe('Used beyond the plan in the running month (UTC)'),
        cost: z.string().nullable().describe('What they come to, before taxes; null: no price is set'),
        currency: z.string(),
      })
      .nullable()
      .describe('null: the plan has none'),
    plans: z.array(offeredPlan),
  })
  .meta({ id: 'OwnBilling' });

export const choosePlanRequest = z
  .strictObject({ plan: z.string().min(1).max(128).describe('Id of a plan of GET /account/v1/billing') })
  .meta({ id: 'ChoosePlanRequest' });

export const billingPage = z
  .object({ url: z.url().describe('A page of the payment provider’s, for the person’s browser') })
  .meta({ id: 'BillingPage' });

export const invoicesQuery = z.strictObject({
  ...pageQuery,
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Page size'),
});

export const invoice = z
  .object({
    id: z.string().meta({ examples: ['in_1'] }),
    number: z.string().nullable(),
    status: z.string().meta({ examples: ['paid'] }),
    total: z.int().describe('In the smallest unit of the currency'),
    amount_due: z.int(),
    amount_paid: z.int(),
    currency: z.string(),
    created_at: instant,
    period_start: instant,
    period_end: instant,
    hosted_invoice_url: z.string().nullable().describe('Its page, where it can be paid'),
    invoice_pdf: z.string().nullable(),
  })
  .meta({ id: 'Invoice' });

export const subscriptionsQuery = z.strictObject({
  tenant: z.string().optional().describe('Tenant id'),
  status: z
    .string()
    .optional()
    .meta({ examples: ['past_due'] }),
  ...pageQuery,
});

export const tenantSubscription = z
  .object({
    id: z.string().meta({ examples: ['sub_1'] }),
    tenant_id: z.string().nullable().describe('null: not of a tenant known here'),
    customer_id: z.string(),
    status: z.string().describe('As Stripe calls it'),
    plan: z.string().nullable().describe('null: its prices name no plan there is'),
    current_period_end: instant.nullable(),
    trial_ends_at: instant.nullable(),
    cancel_at: instant.nullable(),
    past_due_since: instant.nullable(),
    grace_ends_at: instant.nullable(),
    ended_at: instant.nullable(),
    created_at: instant,
  })
  .meta({ id: 'TenantSubscription' });

export const overageQuery = z.strictObject({
  tenant: z.string().optional().describe('Tenant id'),
  sent: z.enum(['true', 'false']).optional().describe('Only what is at the payment provider, or only what is not yet'),
  ...pageQuery,
});

export const overageReport = z
  .object({
    id: z.string().describe('Its name at the payment provider too'),
    tenant_id: z.string(),
    customer_id: z.string(),
    meter: z.string(),
    hour: instant,
    tokens: z.int().describe('Beyond the plan, in that hour or told since'),
    sent_at: instant.nullable(),
    refused: z.string().nullable().describe('Why the payment provider did not take it; it is tried again every hour'),
  })
  .meta({ id: 'OverageReport' });
