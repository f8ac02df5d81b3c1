import { sql } from 'drizzle-orm';
import type { PlanConfig } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import { adoptSubscription, type AskSources } from './ask-stripe.ts';
import { forgetCheckout, type BillingAccount } from './billing-account.ts';
import { rowsOf } from './customers.ts';
import { withCustomer } from './customer.ts';
import { idempotencyKeyOf, isKeySpent } from './idempotency.ts';
import { iso, msOf } from './instants.ts';
import type { BillingRules } from './rules.ts';
import { isMissing, type Stripe } from './stripe-client.ts';
import { idOf } from './subscription.ts';
import { subscriptionsOf, type Subscription } from './subscription-store.ts';

export interface CheckoutSources extends AskSources {
  readonly publicUrl: string;
  readonly automaticTax: boolean;
}

const hourMs = 3_600_000;
/** Stripe wants a trial to last two days at least; a little more, because the clocks differ. */
const shortestTrialMs = 49 * hourMs;
/** Stripe's own shortest and longest life of a session are half an hour and a day. */
const sessionLifeMs = 23 * hourMs;
/** One that ends this soon is not handed out again. */
const sessionMarginMs = 10 * 60_000;

/** A subscription that is not over, even if its plan is taken back: a second one would be paid beside it. */
export function openSubscription(subscriptions: readonly Subscription[]): Subscription | undefined {
  return subscriptions.find(({ status }) => ['active', 'trialing', 'past_due', 'unpaid', 'paused'].includes(status));
}

/** The plan and the price that checkout sells. @throws AppError INVALID_REQUEST */
export function soldPlan(rules: BillingRules, name: string): { readonly plan: PlanConfig; readonly price: string } {
  const plan = rules.plans.get(name);
  const price = plan?.stripe_prices?.[0];
  if (plan !== undefined && plan.public !== false && price !== undefined) return { plan, price };
  const sold = [...rules.plans.entries()]
    .filter(([, each]) => each.public !== false && each.stripe_prices?.[0] !== undefined)
    .map(([each]) => each);
  const way =
    sold.length === 0 ? 'None can be bought here: ask the provider of this API.' : `These can be: ${sold.join(', ')}.`;
  throw new AppError('INVALID_REQUEST', `plan: ${JSON.stringify(name)} cannot be bought here. ${way}`, {
    param: 'plan',
  });
}

/** What a subscription of a plan consists of: its price, and what is used beyond it. */
export function itemsOf({ plan, price }: { readonly plan: PlanConfig; readonly price: string }): readonly string[] {
  return plan.overage === undefined ? [price] : [price, plan.overage.stripe_price];
}

function sessionOf(
  { publicUrl, automaticTax, clock }: CheckoutSources,
  account: BillingAccount,
  order: { readonly customer: string; readonly prices: readonly string[]; readonly expiresAtMs: number },
): Stripe.Checkout.SessionCreateParams {
  const { tenantId, trialEndsAtMs } = account;
  const [fixed, ...metered] = order.prices;
  const keepsTrial = trialEndsAtMs !== null && trialEndsAtMs - clock.now() >= shortestTrialMs;
  const page = `${publicUrl}/console/billing`;
  return {
    mode: 'subscription',
    customer: order.customer,
    client_reference_id: tenantId,
    metadata: { tenant_id: tenantId },
    line_items: [{ price: fixed ?? '', quantity: 1 }, ...metered.map((price) => ({ price }))],
    // The plan is not noted on it: the price tells, after a change in the portal too.
    subscription_data: {
      metadata: { tenant_id: tenantId },
      ...(keepsTrial ? { trial_end: Math.floor(trialEndsAtMs / 1_000) } : {}),
    },
    success_url: `${page}?checkout=success`,
    cancel_url: `${page}?checkout=cancelled`,
    expires_at: Math.floor(order.expiresAtMs / 1_000),
    ...(automaticTax
      ? {
          automatic_tax: { enabled: true },
          tax_id_collection: { enabled: true },
          customer_update: { address: 'auto', name: 'auto' },
        }
      : {}),
  };
}

/** The session there is, or the number of the one to be opened: the same for all that ask at the same time. */
type Turn =
  | { readonly kind: 'known'; readonly session: string; readonly url: string; readonly isSame: boolean }
  | { readonly kind: 'new'; readonly serial: number; readonly expiresAtMs: number };

function subscriptionExists(): AppError {
  return new AppError(
    'SUBSCRIPTION_EXISTS',
    'Your organisation has a subscription already. Change its plan with POST /account/v1/billing/plan, or how it is paid with POST /account/v1/billing/portal.',
  );
}

/** @throws AppError SUBSCRIPTION_EXISTS */
function takeTurn({ database, clock }: CheckoutSources, tenantId: string, wanted: string): Promise<Turn> {
  return database.transaction(async (executor) => {
    await executor.execute(
      sql`INSERT INTO billing_accounts (tenant_id) VALUES (${tenantId}) ON CONFLICT (tenant_id) DO NOTHING`,
    );
    const [row] = await rowsOf(executor, sql`SELECT * FROM billing_accounts WHERE tenant_id = ${tenantId} FOR UPDATE`);
    if (openSubscription(await subscriptionsOf(executor, tenantId)) !== undefined) throw subscriptionExists();
    const isSame = row?.['checkout_plan'] === wanted;
    const session = row?.['checkout_session'] as string | null;
    if (session !== null) return { kind: 'known', session, url: String(row?.['checkout_url']), isSame };
    const serial = Number(row?.['checkout_serial']);
    const knownEndMs = msOf(row?.['checkout_expires_at']);
    // Others that asked for the same just now, and have no answer yet, share its number.
    if (isSame && knownEndMs !== null && knownEndMs - sessionMarginMs > clock.now())
      return { kind: 'new', serial, expiresAtMs: knownEndMs };
    const expiresAtMs = clock.now() + sessionLifeMs;
    await executor.execute(sql`UPDATE billing_accounts SET checkout_serial = checkout_serial + 1, checkout_plan = ${wanted},
      checkout_expires_at = ${iso(expiresAtMs)} WHERE tenant_id = ${tenantId}`);
    return { kind: 'new', serial: serial + 1, expiresAtMs };
  });
}

/**
 * How a session stands that was opened before. One that was paid, and whose event has not come yet, is taken into account
 * now; one that is over is forgotten.
 */
export async function settleCheckout(sources: CheckoutSources, session: string): Promise<'open' | 'complete' | 'over'> {
  const { stripe, database } = sources;
  const found = await stripe
    .call((client) => client.checkout.sessions.retrieve(session))
    .catch((error: unknown) => {
      if (isMissing(error, 'session')) return undefined;
      throw error;
    });
  if (found?.status === 'open') return 'open';
  const [subscription, customer] = [idOf(found?.subscription), idOf(found?.customer)];
  if (found?.status === 'complete' && subscription !== null && customer !== null)
    await adoptSubscription(sources, subscription, customer);
  await database.query((executor) => forgetCheckout(executor, session));
  return found?.status === 'complete' ? 'complete' : 'over';
}

/** @returns the page; undefined: somebody has chosen another plan meanwhile */
async function openNew(
  sources: CheckoutSources,
  account: BillingAccount,
  order: Extract<Turn, { kind: 'new' }> & { readonly customer: string; readonly prices: readonly string[] },
): Promise<string | undefined> {
  const { database, stripe, clock } = sources;
  const { tenantId } = account;
  const parameters = sessionOf(sources, account, order);
  const idempotencyKey = idempotencyKeyOf(`checkout-${tenantId}-${order.serial}`, parameters);
  let session: Stripe.Checkout.Session;
  try {
    session = await stripe.call((client) => client.checkout.sessions.create(parameters, { idempotencyKey }));
  } catch (error) {
    if (isKeySpent(error))
      await database.query((executor) =>
        executor.execute(sql`UPDATE billing_accounts SET checkout_plan = NULL
          WHERE tenant_id = ${tenantId} AND checkout_serial = ${order.serial}`),
      );
    throw error;
  }
  const kept = await database.query((executor) =>
    rowsOf(
      executor,
      sql`UPDATE billing_accounts SET checkout_session = ${session.id}, checkout_url = ${session.url},
          checkout_checked_at = ${iso(clock.now())}
        WHERE tenant_id = ${tenantId} AND checkout_serial = ${order.serial} RETURNING 1`,
    ),
  );
  if (kept.length > 0 && session.url !== null) return session.url;
  await stripe.call((client) => client.checkout.sessions.expire(session.id));
  return undefined;
}

const turns = 4;

/**
 * Opens a page of Stripe's where a plan is bought. At most one is open for a tenant, so that none is paid twice: asked
 * again for the same plan it is the same page, and for another plan the page of before is closed.
 * @returns its address
 * @throws AppError INVALID_REQUEST (plan), SUBSCRIPTION_EXISTS, PAYMENT_PROVIDER_*
 */
export async function openCheckout(sources: CheckoutSources, tenantId: string, planName: string): Promise<string> {
  const prices = itemsOf(soldPlan(sources.rules, planName));
  return withCustomer(sources, tenantId, async (customer, account) => {
    for (let turn = 0; turn < turns; turn += 1) {
      const next = await takeTurn(sources, tenantId, planName);
      if (next.kind === 'new') {
        const url = await openNew(sources, account, { ...next, customer, prices });
        if (url !== undefined) return url;
        continue;
      }
      const state = await settleCheckout(sources, next.session);
      if (state === 'complete') throw subscriptionExists();
      if (state === 'open' && next.isSame) return next.url;
      if (state === 'over') continue;
      await sources.stripe.call((client) => client.checkout.sessions.expire(next.session));
      await sources.database.query((executor) => forgetCheckout(executor, next.session));
    }
    throw new AppError('CONFLICT', 'Somebody else of your organisation is choosing a plan at this moment. Try again.');
  });
}
