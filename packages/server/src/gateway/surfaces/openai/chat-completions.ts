import { chatCompletion, chatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import type { ChatReading } from '../../reading.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveCall } from '../serve-call.ts';

const surface = 'openai-chat';
const route = '/v1/chat/completions';

/** Also for the lines of a batch. */
export function readChat(body: JsonObject): ChatReading {
  return { kind: 'chat', request: validate(chatCompletionRequest, body, 'body'), body };
}

function handle(gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new Caller(gateway, request, surface);
  return serveCall(gateway, request, reply, {
    caller,
    surface,
    route,
    body: request.body,
    read: readChat,
    client: connectionOf(reply),
  });
}

/** POST /v1/chat/completions as OpenAI clients expect it, streamed and not. */
export function chatCompletionsRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'POST',
    path: route,
    operationId: 'createChatCompletion',
    summary: 'Answer a conversation',
    description:
      'With `stream: true` the answer comes as Server-Sent Events of chat.completion.chunk objects, closed by `data: [DONE]`. With an Idempotency-Key a retry gets the same answer, and a stream that broke off can be read again.',
    tag: 'openai',
    security: 'key',
    scope: 'chat',
    isResumable: true,
    body: chatCompletionRequest,
    responses: { 200: { description: 'The answer', schema: chatCompletion } },
    handle: (request, reply) => handle(gateway, request, reply),
  });
}
