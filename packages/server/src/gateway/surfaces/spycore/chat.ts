import { spycoreChatRequest, spycoreChatResponse, spycoreError } from '@turnpike/contract/spycore';
import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { preferredWaitMs } from '../../../http/prefer.ts';
import { validate } from '../../../http/validate.ts';
import { parseIdempotencyKey } from '../../../idempotency/idempotency-key.ts';
import { framePerWrite } from '../../frame-per-write.ts';
import type { Gateway } from '../../gateway.ts';
import { runChat } from '../../pipeline.ts';
import { bearerSecret } from '../bearer.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { requestHeader } from '../request-headers.ts';
import { readResumption } from '../resumption.ts';
import { spycoreDialect } from './spycore-dialect.ts';
import { spycoreErrors } from './spycore-errors.ts';

const surface = 'spycore-chat';

interface ChatRoute {
  readonly path: string;
  readonly stream: boolean;
}

/** The road's request: SpyCore's with the answer's form decided by the path. */
function toChatBody(body: unknown, stream: boolean): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body, stream } : body;
}

async function handle(gateway: Gateway, route: ChatRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new Caller(gateway, request, surface, spycoreErrors);
  const prefer = requestHeader(request, 'prefer');
  try {
    await runChat(gateway, {
      requestId: request.id,
      surface,
      route: route.path,
      secret: bearerSecret(request.headers.authorization),
      apiVersion: requestHeader(request, 'api-version'),
      idempotencyKey: parseIdempotencyKey(requestHeader(request, 'idempotency-key')),
      waitMs: preferredWaitMs(prefer),
      resumption: readResumption({ lastEventId: requestHeader(request, 'last-event-id'), prefer }),
      query: request.query,
      body: toChatBody(request.body, route.stream),
      parse: (body): ChatCompletionRequest => ({ ...validate(spycoreChatRequest, body, 'body'), stream: route.stream }),
      dialect: spycoreDialect(request.startedAtMs),
      client: framePerWrite(connectionOf(reply)),
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

function chatRoute(gateway: Gateway, path: string, operationId: string): RawRoute {
  return rawRoute({
    method: 'POST',
    path,
    operationId,
    summary: 'Answer a conversation in one piece',
    tag: 'spycore',
    renderFailure: spycoreErrors.failure,
    errorSchema: spycoreError,
    security: 'key',
    body: spycoreChatRequest,
    responses: { 200: { description: 'The answer', schema: spycoreChatResponse } },
    handle: (request, reply) => handle(gateway, { path, stream: false }, request, reply),
  });
}

function streamRoute(gateway: Gateway, path: string, operationId: string): RawRoute {
  return rawRoute({
    method: 'POST',
    path,
    operationId,
    summary: 'Answer a conversation token by token',
    description: 'Server-Sent Events of `{"delta": "…"}`, closed by `data: [DONE]`.',
    tag: 'spycore',
    renderFailure: spycoreErrors.failure,
    errorSchema: spycoreError,
    security: 'key',
    isResumable: true,
    body: spycoreChatRequest,
    responses: { 200: { description: 'The events', schema: z.string(), contentType: 'text/event-stream' } },
    handle: (request, reply) => handle(gateway, { path, stream: true }, request, reply),
  });
}

/** POST /v1/chat and /v1/chat/stream, each also under /api, as SpyCore's clients expect them (S3). */
export function spycoreChatRoutes(gateway: Gateway): RawRoute[] {
  return [
    chatRoute(gateway, '/v1/chat', 'spycoreChat'),
    chatRoute(gateway, '/api/v1/chat', 'spycoreChatApi'),
    streamRoute(gateway, '/v1/chat/stream', 'spycoreChatStream'),
    streamRoute(gateway, '/api/v1/chat/stream', 'spycoreChatStreamApi'),
  ];
}
