import { moderationRequest, moderationResponse } from '@turnpike/contract/openai-moderations';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import type { ModerationReading } from '../../reading.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveCall } from '../serve-call.ts';

const surface = 'openai-moderations';
const route = '/v1/moderations';

/** Also for the lines of a batch. */
export function readModeration(body: JsonObject): ModerationReading {
  return { kind: 'moderation', request: validate(moderationRequest, body, 'body'), body };
}

/** POST /v1/moderations: passed to a model with the capability `moderation`. */
export function moderationsRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'POST',
    path: route,
    operationId: 'createModeration',
    summary: 'Classify texts as harmful or not',
    description: 'Counts as a request, never as tokens. Without `model` the first one that can moderate answers.',
    tag: 'openai',
    security: 'key',
    scope: 'chat',
    body: moderationRequest,
    responses: { 200: { description: 'What was found in each text', schema: moderationResponse } },
    handle: (request, reply) =>
      serveCall(gateway, request, reply, {
        caller: new Caller(gateway, request, surface),
        surface,
        route,
        feature: 'moderations',
        body: request.body,
        read: readModeration,
        client: connectionOf(reply),
      }),
  });
}
