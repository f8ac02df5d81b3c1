import { ownJob, ownJobParams, ownJobsQuery } from '@turnpike/contract/account-work';
import { pageOf } from '@turnpike/contract/pagination';
import { jobView } from '../gateway/surfaces/jobs/job-view.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { AsyncJob } from '../jobs/async-job.ts';
import type { AsyncJobs } from '../jobs/async-jobs.ts';
import { decodeCursor, pageOfRows, wrongCursor } from '../usage/page-cursor.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

interface Options {
  readonly context: AccountContext;
  readonly jobs: Pick<AsyncJobs, 'list' | 'get' | 'cancel'>;
}

/** @throws AppError INVALID_REQUEST */
function placeAfter(cursor: string | undefined): { readonly createdAt: string; readonly id: string } | undefined {
  if (cursor === undefined) return undefined;
  const [createdAt = '', id = ''] = decodeCursor(cursor, 2);
  if (Number.isNaN(Date.parse(createdAt))) throw wrongCursor();
  return { createdAt: new Date(createdAt).toISOString(), id };
}

/** Jobs of the organisation, whichever key or person ordered them. */
export function ownJobRoutes({ context, jobs }: Options): ApiRoute[] {
  const view = (job: AsyncJob) => {
    const { keyId, attempts, input } = job;
    return { ...jobView(job, context.documentationUrl), key_id: keyId, attempts, input };
  };
  const one = { context, params: ownJobParams, path: '/account/v1/jobs/{id}' } as const;
  const responses = { 200: { description: 'The job', schema: ownJob } };
  return [
    accountRoute({
      context,
      action: 'content:read',
      method: 'GET',
      path: '/account/v1/jobs',
      operationId: 'listOwnJobs',
      summary: 'Jobs of the organisation, the newest first; kept for 30 minutes after their end',
      query: ownJobsQuery,
      responses: { 200: { description: 'A page of jobs', schema: pageOf(ownJob) } },
      handle: async ({ membership: { tenantId }, query: { status, after, limit } }) => {
        const rows = await jobs.list({ ownerId: tenantId, status, after: placeAfter(after), limit });
        const cursor = ({ createdAt, id }: AsyncJob) => [createdAt.toISOString(), id];
        return { status: 200, body: pageOfRows(rows, limit, { row: view, cursor }) };
      },
    }),
    accountRoute({
      ...one,
      action: 'content:read',
      method: 'GET',
      operationId: 'getOwnJob',
      summary: 'One job: what was asked, how far it is, what came of it',
      responses,
      handle: async ({ membership: { tenantId }, params: { id } }) => ({
        status: 200,
        body: view(await jobs.get(tenantId, id)),
      }),
    }),
    accountRoute({
      ...one,
      action: 'content:write',
      method: 'DELETE',
      operationId: 'cancelOwnJob',
      summary: 'Cancel a job',
      responses,
      handle: async ({ membership: { tenantId }, params: { id } }) => ({
        status: 200,
        body: view(await jobs.cancel(tenantId, id)),
      }),
    }),
  ];
}
