import { usageEventObject, usageEventsQuery, usageQuery } from '@turnpike/contract/admin';
import { pageOf } from '@turnpike/contract/pagination';
import { readEventPage } from '../admin/usage-event-routes.ts';
import { z } from 'zod';
import type { ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { readUsageReport, usageReport } from '../usage/usage-report.ts';
import type { UsageRow } from '../usage/usage-query.ts';
import { usageCsv } from './usage-csv.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

const pageRows = 2_000;
const mostRows = 100_000;

export interface OwnUsageOptions {
  readonly context: AccountContext;
  readonly database: Database;
  /** Moves what was metered by this process into the ledger. */
  readonly flush: () => Promise<void>;
}

type Sources = Parameters<typeof readUsageReport>[0];

/** Which upstream answered, and what was tried before, is the operator's business. */
export const ownEvent = usageEventObject
  .omit({ target: true, attempts: true, tenant_id: true })
  .meta({ id: 'OwnUsageEvent' });

function exportRoute(context: AccountContext, sources: Sources): ApiRoute {
  return accountRoute({
    context,
    method: 'GET',
    action: 'usage:read',
    path: '/account/v1/usage.csv',
    operationId: 'exportOwnUsage',
    summary: 'The same sums as a file for spreadsheets',
    query: usageQuery.omit({ tenant: true, after: true, limit: true }),
    responses: { 200: { description: 'CSV after RFC 4180', schema: z.string(), contentType: 'text/csv' } },
    handle: async ({ membership: { tenantId }, query }) => {
      const rows: UsageRow[] = [];
      let after: string | undefined;
      do {
        const page = await readUsageReport(sources, tenantId, { ...query, after, limit: pageRows });
        rows.push(...page.data);
        after = page.pagination.cursor ?? undefined;
      } while (after !== undefined && rows.length < mostRows);
      const dimensions = (query.group_by ?? '').split(',').filter((name) => name !== '');
      return {
        status: 200,
        body: usageCsv(rows, dimensions),
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': 'attachment; filename="usage.csv"',
        },
      };
    },
  });
}

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
    exportRoute(context, sources),
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
