import type { Executor } from '../postgres/database.ts';
import { recordEvent } from '../webhooks/record-event.ts';

/** Has a tenant's webhooks told that it has another plan, in the transaction that gives it; the same plan is no news. */
export async function recordPlanChange(
  executor: Executor,
  {
    tenantId,
    from,
    to,
    nowMs,
  }: { readonly tenantId: string; readonly from: string; readonly to: string; readonly nowMs: number },
): Promise<void> {
  if (from === to) return;
  const data = { plan: to, previous_plan: from };
  await recordEvent(executor, { type: 'subscription.changed', tenantId, nowMs, data });
}
