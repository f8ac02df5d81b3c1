import { sql } from 'drizzle-orm';
import type { Executor } from '../postgres/database.ts';
import { recordPlanChange } from '../tenants/plan-change.ts';
import { rowsOf } from './customers.ts';
import { iso, msOf } from './instants.ts';
import { orderNotice } from './notices.ts';
import type { BillingRules } from './rules.ts';
import { graceEnd, standingOf, type Standing } from './subscription.ts';
import { subscriptionsOf, type Subscription } from './subscription-store.ts';

interface When {
  readonly rules: BillingRules;
  readonly nowMs: number;
}

/** What a standing means, as it is remembered: the same meaning is applied once. */
function meaningOf(standing: Standing): string | undefined {
  if (standing.kind === 'undecided') return undefined;
  return standing.kind === 'running' ? `running:${standing.subscription.id}:${standing.plan}` : 'over';
}

/** Overage is for who pays now, and whose subscription has the price that bills it. */
function allowsOverage({ plans }: BillingRules, standing: Standing, subscriptions: readonly Subscription[]): boolean {
  if (standing.kind !== 'running' || !standing.paysFully) return false;
  const price = plans.get(standing.plan)?.overage?.stripe_price;
  const prices = subscriptions.find(({ id }) => id === standing.subscription.id)?.prices ?? [];
  return price !== undefined && prices.includes(price);
}

async function givePlan(
  executor: Executor,
  { rules, nowMs }: When,
  change: { readonly tenantId: string; readonly standing: Standing; readonly savedTrialMs: number | null },
): Promise<boolean> {
  const { tenantId, standing, savedTrialMs } = change;
  const isRunning = standing.kind === 'running';
  const plan = isRunning ? standing.plan : rules.planAfterEnd;
  const [before] = await rowsOf(
    executor,
    sql`SELECT plan, trial_ends_at FROM tenants WHERE id = ${tenantId} FOR UPDATE`,
  );
  if (before === undefined) return false;
  const trialMs = msOf(before['trial_ends_at']);
  // Whoever pays is not on trial; when that is over, the trial goes on where it was.
  const nextTrialMs = isRunning ? null : (trialMs ?? savedTrialMs);
  await executor.execute(sql`UPDATE billing_accounts
    SET saved_trial_ends_at = ${isRunning && trialMs !== null ? iso(trialMs) : sql`saved_trial_ends_at`}
    WHERE tenant_id = ${tenantId}`);
  if (before['plan'] === plan && nextTrialMs === trialMs) return false;
  await executor.execute(sql`UPDATE tenants SET plan = ${plan},
      trial_ends_at = ${nextTrialMs === null ? null : iso(nextTrialMs)}, updated_at = clock_timestamp()
    WHERE id = ${tenantId}`);
  await recordPlanChange(executor, { tenantId, from: String(before['plan']), to: plan, nowMs });
  if (before['plan'] !== plan)
    await orderNotice(executor, {
      ...{ tenantId, nowMs, kind: 'plan-changed' },
      id: `plan-changed:${tenantId}:${nowMs}:${plan}`,
      details: { from: String(before['plan']), to: plan, reason: standing.kind },
    });
  return true;
}

/** Those to whom a payment is missing are written to, once for as long as it is missing. */
async function tellPastDue(
  executor: Executor,
  { rules, nowMs }: When,
  tenantId: string,
  subscriptions: readonly Subscription[],
): Promise<void> {
  for (const { id, status, pastDueSinceMs, pastDueRun, plan } of subscriptions) {
    if (status !== 'past_due' || pastDueSinceMs === null || plan === null) continue;
    const endsAt = iso(graceEnd(pastDueSinceMs, rules.graceDays));
    await orderNotice(executor, {
      ...{ tenantId, nowMs, kind: 'payment-failed' },
      id: `payment-failed:${id}:${pastDueRun}`,
      details: { plan, endsAt, nextPlan: rules.planAfterEnd },
    });
  }
}

/**
 * Gives a tenant the plan that its subscriptions, as they are told so far, mean now. Only a new meaning changes anything:
 * what the operator assigned by hand stays until then, and a suspended tenant stays suspended. Nothing is ever deleted.
 * @returns whether the tenant changed
 */
export async function applyStanding(executor: Executor, when: When, tenantId: string): Promise<boolean> {
  await executor.execute(
    sql`INSERT INTO billing_accounts (tenant_id) VALUES (${tenantId}) ON CONFLICT (tenant_id) DO NOTHING`,
  );
  // One at a time for each tenant: who comes second sees what the first has written.
  const [account] = await rowsOf(
    executor,
    sql`SELECT standing, saved_trial_ends_at FROM billing_accounts WHERE tenant_id = ${tenantId} FOR UPDATE`,
  );
  const subscriptions = await subscriptionsOf(executor, tenantId);
  const { rules, nowMs } = when;
  const standing = standingOf(subscriptions, { nowMs, graceDays: rules.graceDays });
  await tellPastDue(executor, when, tenantId, subscriptions);
  const overage = allowsOverage(rules, standing, subscriptions);
  const changed = await rowsOf(
    executor,
    sql`UPDATE tenants SET overage = ${overage}, updated_at = clock_timestamp()
      WHERE id = ${tenantId} AND overage <> ${overage} RETURNING id`,
  );
  const meaning = meaningOf(standing);
  const before = account?.['standing'] as string | null | undefined;
  // A subscription that never ran takes nothing away.
  const isNew = meaning !== undefined && meaning !== before && (meaning !== 'over' || before?.startsWith('running:'));
  if (isNew !== true) return changed.length > 0;
  await executor.execute(sql`UPDATE billing_accounts SET standing = ${meaning} WHERE tenant_id = ${tenantId}`);
  const savedTrialMs = msOf(account?.['saved_trial_ends_at']);
  return (await givePlan(executor, when, { tenantId, standing, savedTrialMs })) || changed.length > 0;
}
