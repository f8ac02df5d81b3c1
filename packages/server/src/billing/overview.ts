import type { PlanConfig } from '../config/schema.ts';
import type { Database } from '../postgres/database.ts';
import type { BillingAccount } from './billing-account.ts';
import { openSubscription } from './checkout.ts';
import { accountOf } from './customer.ts';
import { monthAround, overageOf } from './overage.ts';
import { piecesOf } from './overage-usage.ts';
import type { BillingRules } from './rules.ts';
import { graceEnd, planStanding } from './subscription.ts';
import { subscriptionsOf, type Subscription } from './subscription-store.ts';

/** How a subscription stands, in the words that people are shown. */
export type SubscriptionStatus =
  'none' | 'incomplete' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'paused' | 'canceled';

export interface OfferedPlan {
  readonly name: string;
  readonly config: PlanConfig;
  readonly isCurrent: boolean;
  /** By POST /account/v1/billing/checkout. */
  readonly canCheckout: boolean;
  /** By POST /account/v1/billing/plan. */
  readonly canChange: boolean;
}

export interface BillingOverview {
  readonly account: BillingAccount;
  readonly isOnline: boolean;
  readonly plan: { readonly name: string; readonly config: PlanConfig | undefined };
  readonly status: SubscriptionStatus;
  readonly subscription: Subscription | undefined;
  readonly graceEndsAtMs: number | null;
  /** Tokens beyond the plan in this month; undefined: the plan has no overage. */
  readonly overageTokens: number | undefined;
  readonly plans: readonly OfferedPlan[];
}

export interface OverviewSources {
  readonly database: Database;
  readonly rules: BillingRules;
  readonly nowMs: number;
  readonly byokModels: readonly string[];
  /** Can plans be bought here? */
  readonly isOnline: boolean;
}

const known = new Set<string>(['incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled']);

function isKnown(status: string): status is SubscriptionStatus {
  return known.has(status);
}

/** Late beyond the grace is unpaid, whatever Stripe still calls it. */
function statusOf(subscription: Subscription | undefined, rules: BillingRules, nowMs: number): SubscriptionStatus {
  if (subscription === undefined) return 'none';
  const { status } = subscription;
  if (planStanding(subscription, { nowMs, graceDays: rules.graceDays }) === 'unpaid') return 'unpaid';
  if (status === 'incomplete_expired') return 'none';
  return isKnown(status) ? status : 'incomplete';
}

function offersOf(
  { rules, isOnline }: OverviewSources,
  current: string,
  running: Subscription | undefined,
): readonly OfferedPlan[] {
  return [...rules.plans.entries()]
    .filter(([name, { public: isPublic }]) => isPublic !== false || name === current)
    .map(([name, config]) => {
      const isSold = isOnline && config.public !== false && config.stripe_prices?.[0] !== undefined;
      const isRunning = running?.plan === name && running.cancelAtMs === null;
      return {
        ...{ name, config },
        isCurrent: name === current,
        canCheckout: isSold && running === undefined,
        canChange: isSold && running !== undefined && !isRunning,
      };
    });
}

/** Where a tenant stands with money, and what it may choose. @throws AppError RESOURCE_NOT_FOUND */
export async function billingOverview(sources: OverviewSources, tenantId: string): Promise<BillingOverview> {
  const { database, rules, nowMs, byokModels, isOnline } = sources;
  const account = await accountOf(database, tenantId);
  const all = await database.query((executor) => subscriptionsOf(executor, tenantId));
  const running = openSubscription(all);
  const subscription = running ?? all[0];
  const config = rules.plans.get(account.plan);
  const { startMs } = monthAround(nowMs);
  const scope = { tenantId, startMs, endMs: nowMs, byokModels };
  const overage =
    config?.overage === undefined && !account.overage
      ? undefined
      : overageOf(await database.transaction((executor) => piecesOf(executor, rules, scope)));
  const status = statusOf(subscription, rules, nowMs);
  const pastDueSinceMs = status === 'past_due' ? (subscription?.pastDueSinceMs ?? null) : null;
  return {
    ...{ account, isOnline, status, subscription },
    plan: { name: account.plan, config },
    graceEndsAtMs: pastDueSinceMs === null ? null : graceEnd(pastDueSinceMs, rules.graceDays),
    overageTokens: overage === undefined ? undefined : [...overage.values()].reduce((sum, tokens) => sum + tokens, 0),
    plans: offersOf(sources, account.plan, running),
  };
}
