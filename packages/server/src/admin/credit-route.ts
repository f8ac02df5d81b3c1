import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import { windowEnd, windowStart } from '../limits/window.ts';
import type { TenantStore } from '../tenants/store.ts';

const credit = z
  .object({
    tenant_id: z.string(),
    credit_tokens: z.int().describe('Beyond the plan, this month'),
    expires_at: z.string().describe('RFC 3339: the end of the UTC month'),
  })
  .meta({ id: 'Credit' });

/** POST /admin/v1/tenants/{id}/credit: tokens beyond the plan, for the running month. */
export function creditRoute(options: {
  readonly tenants: TenantStore;
  readonly clock: Clock;
  readonly onChange: (tenantId: string) => void;
}): ApiRoute {
  const { tenants, clock, onChange } = options;
  return jsonRoute({
    method: 'POST',
    path: '/admin/v1/tenants/{id}/credit',
    operationId: 'creditTenant',
    summary: 'Give a tenant tokens beyond its plan, until the end of the month',
    tag: 'admin',
    security: 'admin',
    params: z.object({ id: z.string().max(128) }),
    body: z
      .strictObject({
        amount: z.int().min(1).max(1_000_000_000_000).describe('Tokens, added to what was given this month'),
        reason: z.string().trim().min(3).max(200).describe('Stands in the audit log'),
      })
      .meta({ id: 'CreditRequest' }),
    responses: { 200: { description: 'What is given now', schema: credit } },
    handle: async ({ params: { id }, body }) => {
      const until = new Date(windowEnd('month', windowStart('month', clock.now())));
      const tokens = await tenants.credit(id, body.amount, until);
      onChange(id);
      return { status: 200, body: { tenant_id: id, credit_tokens: tokens, expires_at: until.toISOString() } };
    },
  });
}
