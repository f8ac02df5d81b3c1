import { usageQuery } from '@turnpike/contract/admin';
import type { Clock } from '../clock.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { readUsageReport, usageReport } from '../usage/usage-report.ts';

/** GET /admin/v1/usage: sums of the ledger, from its rollups. */
export function usageRoutes({
  database,
  clock,
  flush,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly flush: () => Promise<void>;
}): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/usage',
      operationId: 'getUsage',
      summary: 'Requests, tokens and cost',
      tag: 'admin',
      security: 'admin',
      query: usageQuery,
      responses: { 200: { description: 'A page of sums', schema: usageReport } },
      handle: async ({ query }) => {
        const page = await readUsageReport({ database, clock, flush }, query.tenant, query);
        return { status: 200, body: page };
      },
    }),
  ];
}
