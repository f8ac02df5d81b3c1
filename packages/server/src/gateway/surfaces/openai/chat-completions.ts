import { chatCompletion, chatCompletionRequest, type ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toAppError, type AppError } from '../../../errors.ts';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { renderError } from '../../../http/error-body.ts';
import { sendJson } from '../../../http/send-json.ts';
import { validate } from '../../../http/validate.ts';
import type { Principal } from '../../../keys/key.ts';
import type { Gateway } from '../../gateway.ts';
import { logRefusal } from '../../log-refusal.ts';
import { runChat } from '../../pipeline.ts';
import { bearerSecret } from '../bearer.ts';
import { connectionOf } from '../fastify-connection.ts';
import { asRecord, openAiHeaders, standing } from './limit-headers.ts';

const surface = 'openai-chat';

function parse(body: unknown): ChatCompletionRequest {
  return validate(chatCompletionRequest, body, 'body');
}

async function handle(gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  let principal: Principal | undefined;
  const client = connectionOf(reply);
  const { documentationUrl } = gateway;
  try {
    await runChat(gateway, {
      requestId: request.id,
      surface,
      secret: bearerSecret(request.headers.authorization),
      body: request.body,
      parse,
      client,
      startedAtMs: request.startedAtMs,
      renderStreamError: (error: AppError) => JSON.stringify(renderError(error, documentationUrl).body),
      headers: (states) => openAiHeaders(gateway, request.id, states),
      onPrincipal: (known) => {
        principal = known;
      },
    });
  } catch (error) {
    // Nobody is there to be told; the settlement has recorded that the client left.
    if (client.isGone) return;
    const appError = toAppError(error);
    logRefusal(gateway, { requestId: request.id, surface, principal, error: appError });
    const rendered = renderError(appError, documentationUrl);
    const headers = asRecord(openAiHeaders(gateway, request.id, await standing(gateway, principal)));
    sendJson(reply, rendered.status, { ...headers, ...rendered.headers }, rendered.body);
  }
}

/** POST /v1/chat/completions as OpenAI clients expect it, streamed and not. */
export function chatCompletionsRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'POST',
    path: '/v1/chat/completions',
    operationId: 'createChatCompletion',
    summary: 'Answer a conversation',
    description: 'With `stream: true` the answer comes as Server-Sent Events of chat.completion.chunk objects, closed by `data: [DONE]`.',
    tag: 'openai',
    security: 'key',
    body: chatCompletionRequest,
    responses: { 200: { description: 'The answer', schema: chatCompletion } },
    handle: (request, reply) => handle(gateway, request, reply),
  });
}
