import { jobId } from '@turnpike/contract/hub-jobs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import { toAppError } from '../../../errors.ts';
import type { AsyncJobs } from '../../../jobs/async-jobs.ts';
import type { ClientConnection } from '../../client-connection.ts';
import type { Gateway } from '../../gateway.ts';
import { eventFrame } from '../../sse-frame.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { bindCaller } from '../keyed-route.ts';
import { requestHeader } from '../request-headers.ts';
import { requireJobAccess } from './job-access.ts';
import { jobView } from './job-view.ts';

interface Options {
  readonly gateway: Gateway;
  readonly jobs: AsyncJobs;
  readonly open: { readonly policy: string; readonly perHour: number };
}

/** Proxies and clients take a silent stream for dead. */
const heartbeatMs = 15_000;

async function tell({ gateway, jobs }: Options, caller: Caller, client: ClientConnection, id: string): Promise<void> {
  const ownerId = caller.principal?.tenantId ?? '';
  const gone = new AbortController();
  client.onGone(() => {
    gone.abort(new Error('the caller has gone'));
  });
  // Before the stream is opened: a job that is not there is an error of its own status.
  await jobs.get(ownerId, id);
  client.openStream(caller.headers(await caller.standing()));
  const stopBeating = gateway.clock.every(heartbeatMs, () => {
    if (!client.isGone) client.write(': still here\n\n');
  });
  try {
    for await (const job of jobs.follow(ownerId, id, gone.signal)) {
      const view = caller.contract.translation.downgradeResponse?.(jobView(job, gateway.documentationUrl));
      const data = JSON.stringify(view ?? jobView(job, gateway.documentationUrl));
      client.write(eventFrame({ name: job.expiresAt === null ? 'progress' : 'complete', data }));
    }
    client.end('complete');
  } catch (error) {
    if (client.isGone) return;
    client.write(caller.streamError(toAppError(error)));
    client.end('failed');
  } finally {
    stopBeating();
  }
}

async function serve(options: Options, path: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new Caller(options.gateway, request, 'jobs');
  try {
    const { principal } = await bindCaller(options.gateway, request, caller, path, options.open);
    requireJobAccess(principal);
    const { id } = validate(z.object({ id: jobId }), request.params, 'path');
    await tell(options, caller, connectionOf(reply), id);
  } catch (error) {
    await caller.fail(reply, error);
  }
}

/** The route of one job, which tells its changes as events to who accepts a stream of them. */
export function jobEventsOr(route: RawRoute, options: Options): RawRoute {
  return rawRoute({
    ...route,
    handle: (request, reply) =>
      requestHeader(request, 'accept')?.includes('text/event-stream') === true
        ? serve(options, route.path, request, reply)
        : route.handle(request, reply),
  });
}
