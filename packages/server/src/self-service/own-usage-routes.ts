import { usageEventObject, usageEventsQuery, usageQuery } from '@turnpike/contract/admin';
import { pageOf } from '@turnpike/contract/pagination';
import { readEventPage } from '../admin/usage-event-routes.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { readUsageReport, usageReport } from '../usage/usage-report.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

export interface OwnUsageOptions {
  readonly context: AccountContext;
  readonly database: Database;
  /** Moves what was metered by this process into the ledger. */
  readonly flush: () => Promise<void>;
}

/** Which upstream answered, and what was tried before, is the operator's business. */
const ownEvent = usageEventObject.omit({ target: true, attempts: true, tenant_id: true }).meta({ id: 'OwnUsageEvent' });

/** The organisation's usage: sums, and the log of its requests. */
export function ownUsageRoutes({ context, database, flush }: OwnUsageOptions): ApiRoute[] {
  const sources = { database, clock: context.clock, flush };
  const common = { context, method: 'GET', action: 'usage:read' } as const;
  return [
    accountRoute({
      ...common,
      path: '/account/v1/usage',
      operationId: 'getOwnUsage',
      summary: 'Requests, tokens and cost of the organisation',
      query: usageQuery.omit({ tenant: true }),
      responses: { 200: { description: 'A page of sums', schema: usageReport } },
      handle: async ({ membership: { tenantId }, query }) => ({
        status: 200,
        body: await readUsageReport(sources, tenantId, query),
      }),
    }),
    accountRoute({
      ...common,
      path: '/account/v1/usage/events',
      operationId: 'listOwnUsageEvents',
      summary: 'The organisation’s requests one by one, the newest first',
      query: usageEventsQuery.omit({ tenant: true }),
      responses: { 200: { description: 'A page of requests', schema: pageOf(ownEvent) } },
      handle: async ({ membership: { tenantId }, query }) => {
        const page = await readEventPage(sources, tenantId, query);
        return { status: 200, body: { ...page, data: page.data.map((event) => ownEvent.parse(event)) } };
      },
    }),
  ];
}
