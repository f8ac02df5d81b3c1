import { sql } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import { changePlan } from './change-plan.ts';
import { openCheckout, type CheckoutSources } from './checkout.ts';
import { rowsOf } from './customers.ts';
import { listInvoices, type Invoice } from './invoices.ts';
import { billingOverview, type BillingOverview } from './overview.ts';
import { listOverage } from './list-overage.ts';
import { openPortal } from './portal.ts';
import { reportNow, type OverageSources } from './report-overage.ts';
import type { StripeClient } from './stripe-client.ts';
import { toSubscription, type Subscription } from './subscription-store.ts';
import type { Sweep } from './sweep.ts';

/**
 * Plans and money. Methods may throw AppError DATABASE_UNAVAILABLE; those that need Stripe BILLING_BY_HAND where no key
 * of it is set, and PAYMENT_PROVIDER_UNAVAILABLE or PAYMENT_PROVIDER_REFUSED.
 */
export interface Billing {
  /** Where people ask for what they cannot buy; undefined: the operator did not say. */
  readonly contact: string | undefined;
  overview(tenantId: string): Promise<BillingOverview>;
  /** @returns the page where the plan is bought. @throws AppError INVALID_REQUEST, SUBSCRIPTION_EXISTS */
  checkout(tenantId: string, plan: string): Promise<string>;
  /** Changes the plan of the running subscription. @throws AppError INVALID_REQUEST, CONFLICT */
  changePlan(tenantId: string, plan: string): Promise<void>;
  /** @returns the page of how it is paid. @throws AppError CONFLICT */
  portal(tenantId: string): Promise<string>;
  /** The newest first. @throws AppError INVALID_REQUEST */
  invoices(
    tenantId: string,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<{ readonly invoices: readonly Invoice[]; readonly hasMore: boolean }>;
  /** Of all tenants, the newest first; one more than `limit` tells that there is more. */
  subscriptions(query: SubscriptionsQuery): Promise<readonly Subscription[]>;
  /** What was used beyond plans, of all tenants. */
  overageReports(query: Parameters<typeof listOverage>[1]): ReturnType<typeof listOverage>;
  /** An event was taken: what follows from it is looked after at once. */
  onEvent(): void;
  /** Does what is due; runs by itself. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

export interface SubscriptionsQuery {
  readonly tenantId?: string | undefined;
  readonly status?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface BillingOptions {
  readonly sources: Omit<CheckoutSources, 'stripe'>;
  /** undefined: plans are assigned by hand. */
  readonly stripe: StripeClient | undefined;
  readonly contact: string | undefined;
  readonly overage: OverageSources;
  readonly sweep: Sweep;
}

async function listSubscriptions(
  database: Database,
  { tenantId, status, after, limit }: SubscriptionsQuery,
): Promise<readonly Subscription[]> {
  const conditions = [
    // Those of which only the name is known yet tell nothing.
    sql`rank >= 0`,
    ...(tenantId === undefined ? [] : [sql`tenant_id = ${tenantId}`]),
    ...(status === undefined ? [] : [sql`status = ${status}`]),
    ...(after === undefined
      ? []
      : [sql`(created_at, id) < (SELECT created_at, id FROM subscriptions WHERE id = ${after})`]),
  ];
  const rows = await database.query((executor) =>
    rowsOf(
      executor,
      sql`SELECT * FROM subscriptions WHERE ${sql.join(conditions, sql` AND `)}
        ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`,
    ),
  );
  return rows.map(toSubscription);
}

function byHand(contact: string | undefined): AppError {
  const way = contact === undefined ? 'Ask the provider of this API.' : `Ask for a plan at ${contact}.`;
  return new AppError('BILLING_BY_HAND', `Plans cannot be bought here: they are assigned by hand. ${way}`);
}

export function createBilling({ sources, stripe, contact, overage, sweep }: BillingOptions): Billing {
  const { database, rules, clock } = sources;
  const online = (): CheckoutSources => {
    if (stripe === undefined) throw byHand(contact);
    return { ...sources, stripe };
  };
  return {
    contact,
    overview: (tenantId) =>
      billingOverview(
        { ...{ database, rules }, byokModels: overage.byokModels, nowMs: clock.now(), isOnline: stripe !== undefined },
        tenantId,
      ),
    checkout: async (tenantId, plan) => openCheckout(online(), tenantId, plan),
    changePlan: async (tenantId, plan) => {
      const ready = online();
      // A price that is taken off a subscription bills nothing that is reported later.
      await reportNow(overage, tenantId);
      await sweep.send();
      await changePlan(ready, tenantId, plan);
      sweep.kick();
    },
    portal: async (tenantId) => openPortal(online(), tenantId),
    invoices: async (tenantId, page) => listInvoices(online(), tenantId, page),
    subscriptions: (query) => listSubscriptions(database, query),
    overageReports: (query) => listOverage(database, query),
    onEvent: () => {
      sweep.kick();
    },
    sweep: () => sweep.run(),
    close: () => sweep.close(),
  };
}
