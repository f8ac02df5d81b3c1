import { sql } from 'drizzle-orm';
import type { Executor } from '../postgres/database.ts';
import { knownTenant, learnCustomer, rowsOf, tenantOf } from './customers.ts';
import { iso, isoOfSeconds, msOf } from './instants.ts';
import type { BillingRules } from './rules.ts';
import { planOf, type SubscriptionState } from './subscription.ts';

/** Who told a state, and when. */
export interface Telling {
  readonly eventId: string;
  /** Seconds. */
  readonly created: number;
}

/** A subscription as it is kept. */
export interface Subscription {
  readonly id: string;
  readonly customerId: string;
  readonly tenantId: string | null;
  readonly status: string;
  /** null: none there is. */
  readonly plan: string | null;
  readonly prices: readonly string[];
  readonly periodStartMs: number | null;
  readonly periodEndMs: number | null;
  readonly trialEndMs: number | null;
  readonly cancelAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly pastDueSinceMs: number | null;
  /** The same as long as a payment has been missing without a break. */
  readonly pastDueRun: string;
  readonly createdAtMs: number;
}

export function toSubscription(row: Readonly<Record<string, unknown>>): Subscription {
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : null);
  return {
    id: String(row['id']),
    customerId: String(row['customer_id']),
    tenantId: text('tenant_id'),
    status: String(row['status']),
    plan: text('plan'),
    prices: row['prices'] as readonly string[],
    periodStartMs: msOf(row['period_start']),
    periodEndMs: msOf(row['period_end']),
    trialEndMs: msOf(row['trial_end']),
    cancelAtMs: msOf(row['cancel_at']),
    endedAtMs: msOf(row['ended_at']),
    pastDueSinceMs: msOf(row['past_due_since']),
    pastDueRun: text('past_due_run') ?? '0',
    createdAtMs: msOf(row['created_at']) ?? 0,
  };
}

/** Those of the customer that was made here first: others may name the tenant too. Then the newest. */
export async function subscriptionsOf(executor: Executor, tenantId: string): Promise<readonly Subscription[]> {
  const rows = await rowsOf(
    executor,
    sql`SELECT s.* FROM subscriptions s LEFT JOIN billing_accounts a ON a.tenant_id = s.tenant_id
      WHERE s.tenant_id = ${tenantId}
      ORDER BY (s.customer_id = a.customer_id) DESC NULLS LAST, s.event_created DESC, s.id DESC`,
  );
  return rows.map(toSubscription);
}

/**
 * Since when a payment is missing: the first telling of it after the last state that was another. Found from all that
 * was ever told, so that the order of deliveries does not matter.
 */
async function notePastDue(executor: Executor, id: string): Promise<void> {
  await executor.execute(sql`WITH other AS (
      SELECT s.event_created, s.rank, s.event_id FROM subscription_states s JOIN subscriptions now ON now.id = s.subscription_id
      WHERE s.subscription_id = ${id} AND s.status <> 'past_due'
        AND (s.event_created, s.rank, s.event_id) <= (now.event_created, now.rank, now.event_id)
      ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1
    ), missing AS (
      SELECT min(s.event_created) AS since FROM subscription_states s
      WHERE s.subscription_id = ${id} AND s.status = 'past_due' AND NOT EXISTS (
        SELECT 1 FROM other o WHERE (s.event_created, s.rank, s.event_id) < (o.event_created, o.rank, o.event_id))
    )
    UPDATE subscriptions SET past_due_since = CASE WHEN status = 'past_due' THEN to_timestamp((SELECT since FROM missing)) END,
      past_due_run = CASE WHEN status = 'past_due' THEN coalesce((SELECT event_created FROM other), 0) END
    WHERE id = ${id}`);
}

/**
 * Writes what is told of a subscription, unless something newer was told already.
 * @returns whose it is, where that is known
 */
export async function writeSubscription(
  executor: Executor,
  options: { readonly rules: BillingRules; readonly nowMs: number; readonly telling: Telling },
  state: SubscriptionState,
): Promise<string | null> {
  const { rules, nowMs, telling } = options;
  const { id, customerId, status, rank } = state;
  const said = await knownTenant(executor, state.tenantId);
  await learnCustomer(executor, customerId, said);
  const tenantId = said ?? (await tenantOf(executor, customerId));
  const { created, eventId } = telling;
  await executor.execute(sql`INSERT INTO subscription_states (subscription_id, event_id, event_created, rank, status)
    VALUES (${id}, ${eventId}, ${created}, ${rank}, ${status}) ON CONFLICT DO NOTHING`);
  await executor.execute(sql`INSERT INTO subscriptions
      (id, customer_id, tenant_id, status, plan, price_id, prices, rank, event_created, event_id, created_at, updated_at,
        period_start, period_end, trial_end, cancel_at, ended_at, ask_at)
    VALUES (${id}, ${customerId}, ${tenantId}, ${status}, ${planOf(state, rules)}, ${state.priceIds[0] ?? null},
      ${JSON.stringify(state.priceIds)}::jsonb, ${rank}, ${created}, ${eventId}, ${isoOfSeconds(created)}, ${iso(nowMs)},
      ${isoOfSeconds(state.periodStart)}, ${isoOfSeconds(state.periodEnd)}, ${isoOfSeconds(state.trialEnd)},
      ${isoOfSeconds(state.cancelAt)}, ${isoOfSeconds(state.endedAt)}, ${rules.asksStripe ? iso(nowMs) : null})
    ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, plan = EXCLUDED.plan, price_id = EXCLUDED.price_id,
      prices = EXCLUDED.prices, rank = EXCLUDED.rank, event_created = EXCLUDED.event_created, event_id = EXCLUDED.event_id,
      customer_id = EXCLUDED.customer_id, tenant_id = coalesce(EXCLUDED.tenant_id, subscriptions.tenant_id),
      updated_at = EXCLUDED.updated_at, period_start = EXCLUDED.period_start, period_end = EXCLUDED.period_end,
      trial_end = EXCLUDED.trial_end, cancel_at = EXCLUDED.cancel_at, ended_at = EXCLUDED.ended_at
    WHERE (EXCLUDED.rank = 2, EXCLUDED.event_created, EXCLUDED.rank, EXCLUDED.event_id)
      > (subscriptions.rank = 2, subscriptions.event_created, subscriptions.rank, subscriptions.event_id)`);
  await notePastDue(executor, id);
  return tenantId;
}

/**
 * Something happened to a subscription: Stripe is to be asked how it stands now, and answers that are on their way are
 * too old.
 */
export async function askAboutSubscription(
  executor: Executor,
  { id, customerId, nowMs }: { readonly id: string; readonly customerId: string | null; readonly nowMs: number },
): Promise<void> {
  if (customerId !== null)
    await executor.execute(sql`INSERT INTO subscriptions
        (id, customer_id, tenant_id, status, rank, event_created, event_id, created_at, updated_at)
      VALUES (${id}, ${customerId}, (SELECT tenant_id FROM billing_customers WHERE customer_id = ${customerId}), 'incomplete',
        -1, 0, '', ${iso(nowMs)}, ${iso(nowMs)}) ON CONFLICT (id) DO NOTHING`);
  await executor.execute(sql`UPDATE subscriptions SET asked = asked + 1, ask_at = ${iso(nowMs)} WHERE id = ${id}`);
}
