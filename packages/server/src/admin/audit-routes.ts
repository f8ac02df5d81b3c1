import { auditEvent } from '@turnpike/contract/account-members';
import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import type { AuditEvent, AuditLog } from '../audit/audit-log.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import { toPage } from './page.ts';

export function presentAuditEvent(event: AuditEvent): z.output<typeof auditEvent> {
  const { id, action, actor, target, details, address, createdAt } = event;
  return { id, action, actor, target, details: { ...details }, address, created_at: createdAt.toISOString() };
}

const tenantEvent = auditEvent.extend({ tenant_id: z.string().nullable() }).meta({ id: 'TenantAuditEvent' });

/** GET /admin/v1/audit: who did what, in every organisation and for the service as a whole. */
export function auditRoutes(audit: AuditLog): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/audit',
      operationId: 'listAllAuditEvents',
      summary: 'Who did what, the newest first',
      tag: 'admin',
      security: 'admin',
      query: z.strictObject({ tenant: z.string().optional(), action: z.string().max(80).optional(), ...pageQuery }),
      responses: { 200: { description: 'A page of events', schema: pageOf(tenantEvent) } },
      handle: async ({ query: { tenant, ...query } }) => {
        const rows = await audit.list({ tenantId: tenant, ...query });
        const show = (event: AuditEvent) => ({ ...presentAuditEvent(event), tenant_id: event.tenantId });
        return { status: 200, body: toPage(rows, query.limit, (row) => row.id, show) };
      },
    }),
  ];
}
