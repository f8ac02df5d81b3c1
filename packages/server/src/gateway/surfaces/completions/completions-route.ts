import { completionRequest, completionResponse } from '@turnpike/contract/openai-completions';
import { chatCompletionRequest } from '@turnpike/contract/openai-chat';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import type { ChatReading } from '../../reading.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveCall } from '../serve-call.ts';
import { completionDialect } from './completion-dialect.ts';
import { completionToChat, promptOf } from './completion-to-chat.ts';

const surface = 'openai-completions';
const route = '/v1/completions';

/** Also for the lines of a batch. */
export function readCompletion(given: JsonObject): ChatReading {
  const asked = validate(completionRequest, given, 'body');
  const body = completionToChat(asked, given);
  return {
    kind: 'chat',
    request: validate(chatCompletionRequest, body, 'body'),
    body,
    dialect: completionDialect({
      echo: asked.echo === true ? promptOf(asked) : '',
      includeUsage: asked.stream_options?.include_usage === true,
    }),
  };
}

/** POST /v1/completions for clients from before chat. */
export function completionsRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'POST',
    path: route,
    operationId: 'createCompletion',
    summary: 'Continue a text',
    description: 'For old clients: the prompt is answered as a conversation of one message.',
    tag: 'openai',
    security: 'key',
    scope: 'chat',
    isResumable: true,
    body: completionRequest,
    responses: { 200: { description: 'The answer', schema: completionResponse } },
    handle: (request, reply) =>
      serveCall(gateway, request, reply, {
        caller: new Caller(gateway, request, surface),
        surface,
        route,
        feature: 'completions',
        body: request.body,
        read: readCompletion,
        client: connectionOf(reply),
      }),
  });
}
