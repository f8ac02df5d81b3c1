import { billingPage, choosePlanRequest, invoice, invoicesQuery, ownBilling } from '@turnpike/contract/account-billing';
import { pageOf } from '@turnpike/contract/pagination';
import type { z } from 'zod';
import type { Billing } from '../billing/billing.ts';
import type { BillingOverview } from '../billing/overview.ts';
import type { PlanConfig } from '../config/schema.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { decimalOfNanos } from '../usage/usage-query.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

export interface BillingRoutesOptions {
  readonly context: AccountContext;
  readonly billing: Billing;
}

function instant(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}

function presentPlan(id: string, plan: PlanConfig) {
  const { price, overage } = plan;
  return {
    id,
    title: plan.title ?? id,
    description: plan.description ?? null,
    highlights: [...(plan.highlights ?? [])],
    price: price ?? null,
    limits: {
      requests_per_minute: plan.requests_per_minute ?? null,
      tokens_per_minute: plan.tokens_per_minute ?? null,
      tokens_per_day: plan.tokens_per_day ?? null,
      tokens_per_month: plan.tokens_per_month ?? null,
      limits_per: plan.limits_per,
    },
    models: plan.models === undefined ? null : [...plan.models],
    features: plan.features === undefined ? null : [...plan.features],
    trial_days: plan.trial_days ?? null,
    overage:
      overage === undefined
        ? null
        : {
            price_per_million: overage.price_per_million ?? null,
            currency: overage.currency,
            max_tokens: overage.max_tokens ?? null,
          },
  };
}

/** Tokens at a price for a million: exact down to 1e-9 units. */
function costOf(tokens: number, perMillion: number | undefined): string | null {
  return perMillion === undefined ? null : decimalOfNanos(BigInt(tokens) * BigInt(Math.round(perMillion * 1_000)));
}

function present(overview: BillingOverview, contact: string | undefined): z.output<typeof ownBilling> {
  const { account, plan, subscription, overageTokens, status } = overview;
  const overage = plan.config?.overage;
  return {
    plan: plan.config === undefined ? null : presentPlan(plan.name, plan.config),
    plan_id: plan.name,
    trial_ends_at: instant(account.trialEndsAtMs),
    subscription: {
      status,
      plan: subscription?.plan ?? null,
      current_period_end: instant(subscription?.periodEndMs),
      trial_ends_at: status === 'trialing' ? instant(subscription?.trialEndMs) : null,
      cancel_at: status === 'canceled' ? null : instant(subscription?.cancelAtMs),
      grace_ends_at: instant(overview.graceEndsAtMs),
      ended_at: instant(subscription?.endedAtMs),
    },
    can_pay_online: overview.isOnline,
    can_open_portal: overview.isOnline && account.customerId !== null,
    contact: contact ?? null,
    overage:
      overageTokens === undefined
        ? null
        : {
            is_allowed: account.overage && overage !== undefined,
            tokens: overageTokens,
            cost: costOf(overageTokens, overage?.price_per_million),
            currency: overage?.currency ?? 'EUR',
          },
    plans: overview.plans.map(({ name, config, isCurrent, canCheckout, canChange }) => ({
      ...presentPlan(name, config),
      is_current: isCurrent,
      can_checkout: canCheckout,
      can_change: canChange,
    })),
  };
}

const paymentErrors = {
  409: 'Not as things stand: plans are assigned by hand, or there is a subscription already, or none yet',
  502: 'The payment provider is away, or refuses',
};

function readRoutes({ context, billing }: BillingRoutesOptions): ApiRoute[] {
  const common = { context, action: 'billing:read', method: 'GET' } as const;
  return [
    accountRoute({
      ...common,
      path: '/account/v1/billing',
      operationId: 'getOwnBilling',
      summary: 'The plan, the subscription, and the plans there are',
      responses: { 200: { description: 'Where the organisation stands', schema: ownBilling } },
      handle: async ({ membership: { tenantId } }) => ({
        status: 200,
        body: present(await billing.overview(tenantId), billing.contact),
      }),
    }),
    accountRoute({
      ...common,
      path: '/account/v1/billing/invoices',
      operationId: 'listOwnInvoices',
      summary: 'Invoices of the organisation, the newest first',
      query: invoicesQuery,
      errors: paymentErrors,
      responses: { 200: { description: 'A page of invoices', schema: pageOf(invoice) } },
      handle: async ({ membership: { tenantId }, query: { after, limit } }) => {
        const { invoices, hasMore } = await billing.invoices(tenantId, { after, limit });
        const data = invoices.map(({ amountDue, amountPaid, createdAt, periodStart, periodEnd, url, pdf, ...row }) => ({
          ...row,
          ...{ amount_due: amountDue, amount_paid: amountPaid, created_at: createdAt.toISOString() },
          ...{ period_start: periodStart.toISOString(), period_end: periodEnd.toISOString() },
          ...{ hosted_invoice_url: url, invoice_pdf: pdf },
        }));
        const cursor = hasMore ? (data.at(-1)?.id ?? null) : null;
        return { status: 200, body: { data, pagination: { cursor, has_more: hasMore, limit } } };
      },
    }),
  ];
}

/** What an organisation pays and how, for those of its members who look after that. */
export function billingRoutes(options: BillingRoutesOptions): ApiRoute[] {
  const { context, billing } = options;
  const common = { context, action: 'billing:write', method: 'POST', errors: paymentErrors } as const;
  return [
    ...readRoutes(options),
    accountRoute({
      ...common,
      path: '/account/v1/billing/checkout',
      operationId: 'openOwnCheckout',
      summary: 'Open the page where a plan is bought',
      description: 'Asked twice for the same plan it is the same page; only one page is open at a time.',
      body: choosePlanRequest,
      responses: { 201: { description: 'The page', schema: billingPage } },
      handle: async ({ membership: { tenantId }, body: { plan } }) => ({
        status: 201,
        body: { url: await billing.checkout(tenantId, plan) },
      }),
    }),
    accountRoute({
      ...common,
      path: '/account/v1/billing/plan',
      operationId: 'changeOwnPlan',
      summary: 'Change the plan of the running subscription',
      description: 'At once; what was paid already is taken into account with the next invoice.',
      body: choosePlanRequest,
      responses: { 200: { description: 'Where the organisation stands now', schema: ownBilling } },
      handle: async ({ membership: { tenantId }, body: { plan } }) => {
        await billing.changePlan(tenantId, plan);
        return { status: 200, body: present(await billing.overview(tenantId), billing.contact) };
      },
    }),
    accountRoute({
      ...common,
      path: '/account/v1/billing/portal',
      operationId: 'openOwnBillingPortal',
      summary: 'Open the page where the way of paying is changed and a subscription is ended',
      responses: { 201: { description: 'The page', schema: billingPage } },
      handle: async ({ membership: { tenantId } }) => ({
        status: 201,
        body: { url: await billing.portal(tenantId) },
      }),
    }),
  ];
}
