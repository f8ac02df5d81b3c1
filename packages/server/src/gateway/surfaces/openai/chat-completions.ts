import { chatCompletion, chatCompletionRequest, type ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { preferredWaitMs } from '../../../http/prefer.ts';
import { validate } from '../../../http/validate.ts';
import { parseIdempotencyKey } from '../../../idempotency/idempotency-key.ts';
import type { Gateway } from '../../gateway.ts';
import { runChat } from '../../pipeline.ts';
import { bearerSecret } from '../bearer.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { requestHeader } from '../request-headers.ts';
import { readResumption } from '../resumption.ts';

const surface = 'openai-chat';
const route = '/v1/chat/completions';

function parse(body: unknown): ChatCompletionRequest {
  return validate(chatCompletionRequest, body, 'body');
}

async function handle(gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new Caller(gateway, request, surface);
  const prefer = requestHeader(request, 'prefer');
  try {
    await runChat(gateway, {
      requestId: request.id,
      surface,
      route,
      secret: bearerSecret(request.headers.authorization),
      apiVersion: requestHeader(request, 'api-version'),
      idempotencyKey: parseIdempotencyKey(requestHeader(request, 'idempotency-key')),
      waitMs: preferredWaitMs(prefer),
      resumption: readResumption({ lastEventId: requestHeader(request, 'last-event-id'), prefer }),
      query: request.query,
      body: request.body,
      parse,
      client: connectionOf(reply),
      startedAtMs: request.startedAtMs,
      renderStreamError: (error) => caller.streamError(error),
      headers: (states) => caller.headers(states),
      onPrincipal: (principal) => {
        caller.principal = principal;
      },
      onContract: (contract) => {
        caller.contract = contract;
      },
    });
  } catch (error) {
    await caller.fail(reply, error);
  }
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
