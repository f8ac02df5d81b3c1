import type { FastifyReply, FastifyRequest } from 'fastify';
import { preferredWaitMs } from '../../http/prefer.ts';
import { parseIdempotencyKey } from '../../idempotency/idempotency-key.ts';
import type { ChatExchange } from '../chat-exchange.ts';
import type { Gateway } from '../gateway.ts';
import { runChat } from '../pipeline.ts';
import { bearerSecret } from './bearer.ts';
import type { Caller } from './caller.ts';
import { requestHeader } from './request-headers.ts';
import { readResumption } from './resumption.ts';

/** What differs between surfaces whose calls are chats. */
export interface ChatSurface extends Pick<ChatExchange, 'surface' | 'route' | 'body' | 'parse' | 'dialect' | 'client'> {
  readonly caller: Caller;
}

/** Leads a request of any chat surface onto the road, and renders what it throws in the surface's words. */
export async function serveChat(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  { caller, ...surface }: ChatSurface,
): Promise<void> {
  const prefer = requestHeader(request, 'prefer');
  try {
    await runChat(gateway, {
      ...surface,
      requestId: request.id,
      secret: bearerSecret(request.headers.authorization),
      apiVersion: requestHeader(request, 'api-version'),
      idempotencyKey: parseIdempotencyKey(requestHeader(request, 'idempotency-key')),
      waitMs: preferredWaitMs(prefer),
      resumption: readResumption({ lastEventId: requestHeader(request, 'last-event-id'), prefer }),
      query: request.query,
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
