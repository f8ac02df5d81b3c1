import { usageDimension, usageQuery } from '@turnpike/contract/admin';
import { pagination } from '@turnpike/contract/pagination';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { queryUsage, type UsageDimension } from '../usage/usage-query.ts';

const row = z.looseObject({
  requests: z.int(),
  errors: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  cost: z.string(),
  currency: z.string(),
});

function dimensions(groupBy: string | undefined): UsageDimension[] {
  const names = (groupBy ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.map((name) => {
    const parsed = usageDimension.safeParse(name);
    if (parsed.success) return parsed.data;
    throw new AppError(
      'INVALID_REQUEST',
      `group_by: ${JSON.stringify(name)} is not one of ${usageDimension.options.join(', ')}.`,
      { param: 'group_by' },
    );
  });
}

function monthStart(nowMs: number): Date {
  const now = new Date(nowMs);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
}

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
      responses: { 200: { description: 'A page of sums', schema: z.object({ data: z.array(row), pagination }) } },
      handle: async ({ query }) => {
        const from = query.from === undefined ? monthStart(clock.now()) : new Date(query.from);
        const to = query.to === undefined ? new Date(clock.now() + 3_600_000) : new Date(query.to);
        if (from >= to) throw new AppError('INVALID_REQUEST', 'from: must be before to.', { param: 'from' });
        // What this process has metered but not moved yet belongs to the answer.
        await flush();
        const page = await queryUsage(
          { database },
          {
            tenantId: query.tenant,
            keyId: query.key,
            model: query.model,
            from,
            to,
            groupBy: dimensions(query.group_by),
            after: query.after,
            limit: query.limit,
          },
        );
        return { status: 200, body: page };
      },
    }),
  ];
}
