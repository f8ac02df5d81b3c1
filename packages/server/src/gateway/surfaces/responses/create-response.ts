import { response, responsesRequest } from '@turnpike/contract/openai-responses';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import type { ResponseStore } from '../../../responses/store.ts';
import type { Gateway } from '../../gateway.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveCall } from '../serve-call.ts';
import { HeldConnection } from './held-connection.ts';
import { readResponse } from './read-response.ts';
import { responsesErrors } from './responses-errors.ts';

const surface = 'openai-responses';
const route = '/v1/responses';
/** An answer waits no longer than this for a database that is stuck. */
const longestHoldMs = 5_000;

function handle(gateway: Gateway, store: ResponseStore, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { clock, logger } = gateway;
  const client = new HeldConnection(connectionOf(reply), clock, longestHoldMs);
  const reader = {
    store,
    clock,
    logger,
    onSaving: (saving: Promise<void>) => {
      client.holdFor(saving);
    },
  };
  return serveCall(gateway, request, reply, {
    caller: new Caller(gateway, request, surface, responsesErrors),
    surface,
    route,
    feature: 'responses',
    body: request.body,
    read: (body, principal) => readResponse(reader, body, principal),
    client,
  });
}

/** POST /v1/responses as OpenAI clients expect it, streamed and not. */
export function createResponseRoute(gateway: Gateway, store: ResponseStore): RawRoute {
  return rawRoute({
    method: 'POST',
    path: route,
    operationId: 'createResponse',
    summary: 'Answer a conversation of items, and keep the answer',
    description:
      'With `stream: true` the answer comes as Server-Sent Events named by their type, closed by `data: [DONE]`. Answers are kept unless `store` is false; `previous_response_id` goes on from one. Tools are functions the caller carries out.',
    tag: 'openai',
    security: 'key',
    scope: 'chat',
    isResumable: true,
    renderFailure: responsesErrors.failure,
    body: responsesRequest,
    responses: { 200: { description: 'The answer', schema: response } },
    handle: (request, reply) => handle(gateway, store, request, reply),
  });
}
