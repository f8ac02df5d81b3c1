import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { rawRoute, type RawRoute } from '../../http/api-route.ts';
import { serveRecorded } from '../claim.ts';
import { requireScope } from '../entitle.ts';
import type { Gateway } from '../gateway.ts';
import { reserveRequest } from '../reserve.ts';
import { bearerSecret } from './bearer.ts';
import { Caller } from './caller.ts';
import { connectionOf } from './fastify-connection.ts';
import { requestHeader } from './request-headers.ts';
import { readResumption } from './resumption.ts';

const route = '/v1/streams/{id}';

async function handle(gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new Caller(gateway, request, 'streams');
  try {
    const principal = await gateway.authenticator.authenticate(bearerSecret(request.headers.authorization));
    caller.principal = principal;
    caller.contract = gateway.contracts.bind(route, requestHeader(request, 'api-version'), principal.pinnedVersion);
    for (const subject of caller.contract.subjects) gateway.versionUsage.note(principal, subject);
    requireScope(principal, 'chat');
    const resumption = readResumption({
      lastEventId: requestHeader(request, 'last-event-id'),
      prefer: requestHeader(request, 'prefer'),
    });
    const { id } = request.params as { id: string };
    const source = await gateway.streams.source(id, principal.tenantId);
    if (source === undefined)
      throw new AppError(
        'RESOURCE_NOT_FOUND',
        `There is no stream ${JSON.stringify(id)}: streams are kept for 24 hours, under the id of the X-Stream-Id header.`,
        { param: 'id' },
      );
    const states = await reserveRequest(gateway, principal);
    const headers = [...caller.headers(states), 'X-Stream-Id', id];
    await serveRecorded(gateway, {
      client: connectionOf(reply),
      resumption,
      source,
      headers,
      renderStreamError: (error) => caller.streamError(error),
    });
  } catch (error) {
    await caller.fail(reply, error);
  }
}

/** GET /v1/streams/{id}: reads a recorded stream again, without sending the prompt again. */
export function streamsRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'GET',
    path: route,
    operationId: 'readStream',
    summary: 'Read a stream again, from the start or from an event on',
    description:
      'Streams of requests with an Idempotency-Key are kept for 24 hours. `Last-Event-ID: n` goes on after event n; with it, or with `Prefer: resumable`, events carry ids.',
    tag: 'openai',
    security: 'key',
    scope: 'chat',
    isResumable: true,
    params: z.object({ id: z.string() }),
    responses: { 200: { description: 'The events', schema: z.string(), contentType: 'text/event-stream' } },
    handle: (request, reply) => handle(gateway, request, reply),
  });
}
