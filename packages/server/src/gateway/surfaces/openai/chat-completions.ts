import { chatCompletion, chatCompletionRequest, type ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import type { Gateway } from '../../gateway.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveChat } from '../serve-chat.ts';

const surface = 'openai-chat';
const route = '/v1/chat/completions';

function parse(body: unknown): ChatCompletionRequest {
  return validate(chatCompletionRequest, body, 'body');
}

function handle(gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new Caller(gateway, request, surface);
  return serveChat(gateway, request, reply, {
    caller,
    surface,
    route,
    body: request.body,
    parse,
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
    isResumable: true,
    body: chatCompletionRequest,
    responses: { 200: { description: 'The answer', schema: chatCompletion } },
    handle: (request, reply) => handle(gateway, request, reply),
  });
}
