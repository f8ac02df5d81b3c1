import { spycoreChatRequest, spycoreChatResponse, spycoreError } from '@turnpike/contract/spycore';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import { framePerWrite } from '../../frame-per-write.ts';
import type { Gateway } from '../../gateway.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveCall } from '../serve-call.ts';
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

function handle(gateway: Gateway, route: ChatRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { path, stream } = route;
  return serveCall(gateway, request, reply, {
    caller: new Caller(gateway, request, surface, spycoreErrors),
    surface,
    route: path,
    body: toChatBody(request.body, stream),
    read: (body) => ({
      kind: 'chat',
      request: { ...validate(spycoreChatRequest, body, 'body'), stream },
      body,
      dialect: spycoreDialect(request.startedAtMs),
    }),
    client: framePerWrite(connectionOf(reply)),
  });
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
    scope: 'chat',
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
    scope: 'chat',
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
