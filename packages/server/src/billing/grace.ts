import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';
import { applyStanding } from './apply-standing.ts';
import { rowsOf } from './customers.ts';
import { iso } from './instants.ts';
import { orderNotice } from './notices.ts';
import type { BillingRules } from './rules.ts';
import { graceEnd } from './subscription.ts';
import { toSubscription, type Subscription } from './subscription-store.ts';

const dayMs = 86_400_000;
/** So long before the end of the grace it is told; of a short one after half of it. */
const noticeDays = 2;
const atOnce = 200;

export interface GraceSources {
  readonly database: Database;
  readonly rules: BillingRules;
  readonly nowMs: number;
}

/** Subscriptions that give a plan although a payment has been missing since an instant. */
async function lateSince({ database }: GraceSources, sinceMs: number): Promise<readonly Subscription[]> {
  const rows = await database.query((executor) =>
    rowsOf(
      executor,
      sql`SELECT s.* FROM subscriptions s JOIN billing_accounts a ON a.tenant_id = s.tenant_id
        WHERE s.status = 'past_due' AND s.past_due_since <= ${iso(sinceMs)}::timestamptz
          AND a.standing LIKE 'running:' || s.id || ':%'
        ORDER BY s.past_due_since, s.id LIMIT ${atOnce}`,
    ),
  );
  return rows.map(toSubscription);
}

/** Those whose grace is over. Asking Stripe about them first is the caller's. */
export function overGrace(sources: GraceSources): Promise<readonly Subscription[]> {
  return lateSince(sources, sources.nowMs - sources.rules.graceDays * dayMs);
}

/** Takes back the plan of who did not pay within the grace, if that is still so. @returns whether the tenant changed */
export function endGrace({ database, rules, nowMs }: GraceSources, tenantId: string): Promise<boolean> {
  return database.transaction((executor) => applyStanding(executor, { rules, nowMs }, tenantId));
}

/** Has those written to whose grace ends soon, each once. */
export async function tellEndings(sources: GraceSources): Promise<void> {
  const { database, rules, nowMs } = sources;
  const beforeMs = Math.min(noticeDays, rules.graceDays / 2) * dayMs;
  for (const late of await lateSince(sources, nowMs - rules.graceDays * dayMs + beforeMs)) {
    const { id, tenantId, plan, pastDueSinceMs, pastDueRun } = late;
    if (tenantId === null || plan === null || pastDueSinceMs === null) continue;
    const endsAtMs = graceEnd(pastDueSinceMs, rules.graceDays);
    if (endsAtMs <= nowMs) continue;
    await database.query((executor) =>
      orderNotice(executor, {
        ...{ tenantId, nowMs, kind: 'grace-ending' },
        id: `grace-ending:${id}:${pastDueRun}`,
        details: { plan, endsAt: iso(endsAtMs), nextPlan: rules.planAfterEnd },
      }),
    );
  }
}
