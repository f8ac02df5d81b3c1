import {
  overageQuery,
  overageReport,
  subscriptionsQuery,
  tenantSubscription,
} from '@turnpike/contract/account-billing';
import { pageOf } from '@turnpike/contract/pagination';
import type { Billing } from '../billing/billing.ts';
import { graceEnd } from '../billing/subscription.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import { toPage } from './page.ts';

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function overageRoute(billing: Billing): ApiRoute {
  return jsonRoute({
    method: 'GET',
    path: '/admin/v1/billing/overage',
    operationId: 'listOverageReports',
    summary: 'What was used beyond plans, on its way to the payment provider or there, the newest first',
    tag: 'admin',
    security: 'admin',
    query: overageQuery,
    responses: { 200: { description: 'A page of reports', schema: pageOf(overageReport) } },
    handle: async ({ query: { tenant: tenantId, sent, after, limit } }) => {
      const isSent = sent === undefined ? undefined : sent === 'true';
      const rows = await billing.overageReports({ tenantId, isSent, after, limit });
      const page = toPage(
        rows,
        limit,
        ({ id }) => id,
        ({ tenantId: tenant, customerId, hourMs, sentAtMs, ...row }) => ({
          ...{ ...row, tenant_id: tenant, customer_id: customerId },
          ...{ hour: instant(hourMs), sent_at: instant(sentAtMs) },
        }),
      );
      return { status: 200, body: page };
    },
  });
}

/** GET /admin/v1/billing/subscriptions: who pays for what, and who does not. */
export function subscriptionRoutes(billing: Billing, graceDays: number): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/billing/subscriptions',
      operationId: 'listSubscriptions',
      summary: 'Subscriptions, the newest first',
      tag: 'admin',
      security: 'admin',
      query: subscriptionsQuery,
      responses: { 200: { description: 'A page of subscriptions', schema: pageOf(tenantSubscription) } },
      handle: async ({ query: { tenant: tenantId, status, after, limit } }) => {
        const rows = await billing.subscriptions({ tenantId, status, after, limit });
        const page = toPage(
          rows,
          limit,
          ({ id }) => id,
          (row) => ({
            ...{ id: row.id, tenant_id: row.tenantId, customer_id: row.customerId, status: row.status, plan: row.plan },
            current_period_end: instant(row.periodEndMs),
            trial_ends_at: instant(row.trialEndMs),
            cancel_at: instant(row.cancelAtMs),
            past_due_since: instant(row.pastDueSinceMs),
            grace_ends_at: row.pastDueSinceMs === null ? null : instant(graceEnd(row.pastDueSinceMs, graceDays)),
            ended_at: instant(row.endedAtMs),
            created_at: new Date(row.createdAtMs).toISOString(),
          }),
        );
        return { status: 200, body: page };
      },
    }),
    overageRoute(billing),
  ];
}
