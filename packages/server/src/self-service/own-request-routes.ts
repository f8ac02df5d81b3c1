import { keptBodies as keptBodiesSchema } from '@turnpike/contract/account-console';
import { asyncJob } from '@turnpike/contract/hub-jobs';
import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import { toPage } from '../admin/page.ts';
import { presentUsageEvent } from '../admin/usage-event-routes.ts';
import { AppError } from '../errors.ts';
import { jobView } from '../gateway/surfaces/jobs/job-view.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { AsyncJobs } from '../jobs/async-jobs.ts';
import type { Database } from '../postgres/database.ts';
import type { KeptBodies } from '../usage/kept-bodies.ts';
import { listUsageEvents } from '../usage/list-usage-events.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { ownEvent } from './own-usage-routes.ts';

export interface OwnRequestOptions {
  readonly context: AccountContext;
  readonly database: Database;
  readonly keptBodies: KeptBodies;
  readonly jobs: Pick<AsyncJobs, 'list'>;
  readonly flush: () => Promise<void>;
}

const params = z.object({ id: z.string().max(128) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function jobsRoute({ context, jobs }: OwnRequestOptions): ApiRoute {
  return accountRoute({
    context,
    action: 'content:read',
    method: 'GET',
    path: '/account/v1/jobs',
    operationId: 'listOwnJobs',
    summary: 'Jobs of the organisation, the newest first; kept for 30 minutes after their end',
    query: z.strictObject(pageQuery),
    responses: { 200: { description: 'A page of jobs', schema: pageOf(asyncJob) } },
    handle: async ({ membership: { tenantId }, query }) => {
      const rows = await jobs.list({ ownerId: tenantId, ...query });
      const view = (job: (typeof rows)[number]) => jobView(job, context.documentationUrl);
      return { status: 200, body: toPage(rows, query.limit, (job) => job.id, view) };
    },
  });
}

/** One request of the log, with what was asked and answered where the organisation keeps that; and the jobs. */
export function ownRequestRoutes(options: OwnRequestOptions): ApiRoute[] {
  const { context, database, keptBodies, flush } = options;
  return [
    accountRoute({
      ...{ context, params },
      action: 'usage:read',
      method: 'GET',
      path: '/account/v1/usage/events/{id}',
      operationId: 'getOwnUsageEvent',
      summary: 'One request of the log',
      responses: { 200: { description: 'The request', schema: ownEvent } },
      handle: async ({ membership: { tenantId }, params: { id } }) => {
        await flush();
        const always = { from: new Date(0), to: new Date(context.clock.now() + 3_600_000) };
        const page = await listUsageEvents({ database }, { tenantId, id, ...always, limit: 1 });
        const [event] = page.data;
        if (event === undefined)
          throw new AppError('RESOURCE_NOT_FOUND', 'Your organisation’s log has no such request, or no longer.', {
            param: 'id',
          });
        return { status: 200, body: ownEvent.parse(presentUsageEvent(event)) };
      },
    }),
    accountRoute({
      ...{ context, params },
      action: 'content:read',
      method: 'GET',
      path: '/account/v1/usage/events/{id}/bodies',
      operationId: 'getOwnRequestBodies',
      summary: 'What was asked and answered, where the organisation keeps that',
      responses: { 200: { description: 'Both, or null', schema: keptBodiesSchema } },
      handle: async ({ membership: { tenantId }, params: { id } }) => {
        await keptBodies.flush();
        const kept = await keptBodies.find(tenantId, id);
        if (kept === undefined) return { status: 200, body: { request: null, answer: null, expires_at: null } };
        const { request, answer, expiresAt } = kept;
        return { status: 200, body: { request: parsed(request), answer, expires_at: expiresAt.toISOString() } };
      },
    }),
    jobsRoute(options),
  ];
}
