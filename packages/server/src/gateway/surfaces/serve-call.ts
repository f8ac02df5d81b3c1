import type { FastifyReply, FastifyRequest } from 'fastify';
import { preferredWaitMs } from '../../http/prefer.ts';
import { parseIdempotencyKey } from '../../idempotency/idempotency-key.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { runCall } from '../pipeline.ts';
import { bearerSecret } from './bearer.ts';
import type { Caller } from './caller.ts';
import { requestHeader } from './request-headers.ts';
import { readResumption } from './resumption.ts';

/** What differs between surfaces whose requests travel the road. */
export interface RoadSurface extends Pick<Exchange, 'surface' | 'route' | 'body' | 'read' | 'feature' | 'client'> {
  readonly caller: Caller;
  /** Who is calling, where it is not the holder of a key. */
  readonly authenticate?: Exchange['authenticate'];
  /** The key, where the surface has it elsewhere than in the Authorization header. */
  readonly secret?: string | undefined;
}

/** The operator may look behind the public names: with its token beside the key. */
function isAdmin({ isAdminToken }: Gateway, request: FastifyRequest): boolean {
  const token = requestHeader(request, 'x-turnpike-admin-token');
  return token !== undefined && isAdminToken(token);
}

/** Leads a request onto the road, and renders what it throws in the surface's words. */
export async function serveCall(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  { caller, secret = bearerSecret(request.headers.authorization), ...surface }: RoadSurface,
): Promise<void> {
  const prefer = requestHeader(request, 'prefer');
  try {
    await runCall(gateway, {
      ...surface,
      requestId: request.id,
      authenticate: surface.authenticate ?? (() => gateway.authenticator.authenticate(secret)),
      apiVersion: requestHeader(request, 'api-version'),
      idempotencyKey: parseIdempotencyKey(requestHeader(request, 'idempotency-key')),
      waitMs: preferredWaitMs(prefer),
      resumption: readResumption({ lastEventId: requestHeader(request, 'last-event-id'), prefer }),
      query: request.query,
      region: requestHeader(request, 'x-turnpike-region')?.toLowerCase(),
      cacheControl: requestHeader(request, 'cache-control'),
      showTarget: isAdmin(gateway, request),
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
