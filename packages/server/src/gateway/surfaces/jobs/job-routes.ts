import { asyncJob, jobId, jobInputs, jobOrder, jobType } from '@turnpike/contract/hub-jobs';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { jsonRoute, type ApiRoute } from '../../../http/api-route.ts';
import { preferredWaitMs } from '../../../http/prefer.ts';
import { validate } from '../../../http/validate.ts';
import { isOver } from '../../../jobs/async-job.ts';
import type { AsyncJobs } from '../../../jobs/async-jobs.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import { keyedRoute, type KeyedReply } from '../keyed-route.ts';
import { requireJobAccess } from './job-access.ts';
import { jobEventsOr } from './job-events.ts';
import { jobView } from './job-view.ts';

export interface JobRoutesOptions {
  readonly gateway: Gateway;
  readonly jobs: AsyncJobs;
  readonly jobsPerHour: number;
  readonly site: string;
}

const surface = 'jobs';
/** A question fits into it many times over. */
const largestOrderBytes = 64 * 1024;
/** A client that polls need not ask more often, in seconds. */
const pollSeconds = '1';

/** @throws AppError PAYLOAD_TOO_LARGE, INVALID_REQUEST naming the field of the input */
function readOrder(body: z.output<typeof jobOrder>): { type: z.output<typeof jobType>; input: JsonObject } {
  if (Buffer.byteLength(JSON.stringify(body)) > largestOrderBytes)
    throw new AppError('PAYLOAD_TOO_LARGE', `A job may be ordered with at most ${largestOrderBytes} bytes.`, {
      param: 'input',
    });
  try {
    return { type: body.type, input: validate(jobInputs[body.type], body.input, 'body') };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const param = error.param === undefined ? 'input' : `input.${error.param}`;
    throw new AppError(error.code, `input.${error.message}`, { param });
  }
}

function submitRoute({ gateway, jobs, jobsPerHour }: JobRoutesOptions, path: string, operationId: string): ApiRoute {
  return keyedRoute({
    ...{ gateway, surface, path, operationId },
    open: { policy: surface, perHour: jobsPerHour },
    counts: true,
    method: 'POST',
    summary: 'Order a job',
    description:
      'Answers at once with the job’s id; with `Prefer: wait=N` once the job is over, or after N seconds. Send an Idempotency-Key to retry without ordering twice.',
    tag: 'jobs',
    body: jobOrder,
    responses: { 202: { description: 'The job: queued, or further if it was waited for', schema: asyncJob } },
    handle: async ({ body, principal, hasKey, prefer, signal }): Promise<KeyedReply> => {
      const { type, input } = readOrder(body);
      const { tenantId: ownerId, keyId } = principal;
      const ordered = await jobs.submit({ ownerId, keyId: hasKey ? keyId : null, type, input });
      const waitMs = preferredWaitMs(prefer);
      const job = waitMs === 0 ? ordered : await jobs.wait(ownerId, ordered.id, waitMs, signal);
      const headers = {
        location: `/api/jobs/${job.id}`,
        ...(isOver(job) ? {} : { 'retry-after': pollSeconds }),
        ...(waitMs === 0 ? {} : { 'Preference-Applied': `wait=${waitMs / 1_000}` }),
      };
      return { status: 202, headers, body: jobView(job, gateway.documentationUrl) };
    },
  });
}

function discoveryRoute({ jobsPerHour, site }: JobRoutesOptions, path: string, operationId: string): ApiRoute {
  return jsonRoute({
    ...{ path, operationId },
    method: 'GET',
    summary: 'What jobs there are and how they are ordered',
    tag: 'jobs',
    security: 'none',
    cacheSeconds: 300,
    responses: { 200: { description: 'The surface', schema: z.looseObject({}) } },
    handle: () => ({
      status: 200,
      body: {
        name: 'jobs',
        description: 'Work that takes a while: ordered here, asked for later.',
        submit: {
          method: 'POST',
          url: `${site}/api/jobs.php`,
          schema: `${site}/openapi.json#/components/schemas/JobOrder`,
        },
        status: { method: 'GET', url: `${site}/api/jobs/{id}`, stream: 'Accept: text/event-stream' },
        cancel: { method: 'DELETE', url: `${site}/api/jobs/{id}` },
        types: Object.fromEntries(
          jobType.options.map((type) => [type, { input: z.toJSONSchema(jobInputs[type], { io: 'input' }) }]),
        ),
        lifecycle: ['queued', 'running', 'succeeded', 'failed', 'cancelled'],
        idempotency: { header: 'Idempotency-Key', seconds: 86_400 },
        wait: { header: 'Prefer: wait=N', most_seconds: 30 },
        kept_seconds: 1_800,
        rate_limit: { name: surface, requests: jobsPerHour, window_seconds: 3_600 },
      },
    }),
  });
}

const params = z.object({ id: jobId });

function ownJobRoutes({ gateway, jobs, jobsPerHour }: JobRoutesOptions): ApiRoute[] {
  const common = { gateway, surface, params, tag: 'jobs', open: { policy: surface, perHour: jobsPerHour } } as const;
  const responses = { 200: { description: 'The job', schema: asyncJob } };
  const get = keyedRoute({
    ...common,
    method: 'GET',
    path: '/api/jobs/{id}',
    operationId: 'getJob',
    streams: true,
    summary: 'How a job is getting on, and what came of it',
    description:
      'Only who ordered a job finds it. With `Accept: text/event-stream` each change is told as it happens, until the job is over.',
    responses,
    handle: async ({ params: { id }, principal }) => {
      requireJobAccess(principal);
      const job = await jobs.get(principal.tenantId, id);
      const headers: Record<string, string> = isOver(job) ? {} : { 'retry-after': pollSeconds };
      return { status: 200, headers, body: jobView(job, gateway.documentationUrl) };
    },
  });
  const cancel = keyedRoute({
    ...common,
    method: 'DELETE',
    path: '/api/jobs/{id}',
    operationId: 'cancelJob',
    summary: 'Cancel a job',
    responses,
    handle: async ({ params: { id }, principal }) => {
      requireJobAccess(principal);
      return { status: 200, body: jobView(await jobs.cancel(principal.tenantId, id), gateway.documentationUrl) };
    },
  });
  return [jobEventsOr(get, { gateway, jobs, open: common.open }), cancel];
}

/** Asynchronous jobs (S1): ordered, asked for, followed, cancelled. */
export function jobRoutes(options: JobRoutesOptions): ApiRoute[] {
  return [
    submitRoute(options, '/api/jobs.php', 'submitAsyncJob'),
    submitRoute(options, '/api/jobs', 'submitAsyncJob_short'),
    discoveryRoute(options, '/api/jobs.php', 'discoverJobs'),
    discoveryRoute(options, '/api/jobs', 'discoverJobs_short'),
    ...ownJobRoutes(options),
  ];
}
