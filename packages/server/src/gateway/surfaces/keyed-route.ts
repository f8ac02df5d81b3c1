import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Feature } from '../../config/schema.ts';
import { errorMessage, toAppError } from '../../errors.ts';
import type { RawRoute } from '../../http/api-route.ts';
import { headerRecord } from '../../http/failure.ts';
import { preferredWaitMs } from '../../http/prefer.ts';
import { sendJson } from '../../http/send-json.ts';
import { validate } from '../../http/validate.ts';
import { claimOnce, idempotencyError } from '../../idempotency/claim-once.ts';
import { parseIdempotencyKey, requestFingerprint, scopeId } from '../../idempotency/idempotency-key.ts';
import type { Principal, Scope } from '../../keys/key.ts';
import type { LimitState } from '../../limits/limit.ts';
import type { Contract } from '../../versions/contract.ts';
import { requireFeature, requireOpenTrial, requireScope } from '../entitle.ts';
import type { Gateway } from '../gateway.ts';
import { reserveRequest } from '../reserve.ts';
import { bearerSecret } from './bearer.ts';
import { Caller } from './caller.ts';
import { publicPrincipal } from './public-caller.ts';
import { requestHeader } from './request-headers.ts';

type OutputOf<Schema extends z.ZodType | undefined> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What a handler gets of a request with an API key: checked parts only. */
export interface KeyedInput<Params, Query, Body> {
  readonly principal: Principal;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** false: the caller has no key, only an address. */
  readonly hasKey: boolean;
  /** The Prefer header. */
  readonly prefer: string | undefined;
  readonly requestId: string;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface KeyedReply {
  readonly status: number;
  /** Told once: a replay has none of them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

interface KeyedOptions<
  Params extends z.ZodObject | undefined,
  Query extends z.ZodObject | undefined,
  Body extends z.ZodType | undefined,
> extends Omit<RawRoute, 'kind' | 'handle' | 'security' | 'scope' | 'params' | 'query' | 'body'> {
  readonly gateway: Gateway;
  /** As logs and errors name it. */
  readonly surface: string;
  /** Absent: a key needs none. */
  readonly scope?: Scope;
  readonly feature?: Feature;
  /** Who has no key may call too, under a limit of his address: its name and requests an hour. */
  readonly open?: { readonly policy: string; readonly perHour: number };
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Takes one of the request windows; else the answer only tells where the limits stand. */
  readonly counts?: boolean;
  readonly handle: (input: KeyedInput<OutputOf<Params>, OutputOf<Query>, OutputOf<Body>>) => Promise<KeyedReply>;
}

interface Bound {
  readonly principal: Principal;
  readonly contract: Contract;
}

/** Who is calling, under which contract; both are told to the caller's answer. */
export async function bindCaller(
  gateway: Gateway,
  request: FastifyRequest,
  caller: Caller,
  path: string,
  open?: { readonly policy: string; readonly perHour: number },
): Promise<Bound> {
  const isOpen = open !== undefined && request.headers.authorization === undefined;
  const principal = isOpen
    ? publicPrincipal(request.clientAddress, open.policy, open.perHour)
    : await gateway.authenticator.authenticate(bearerSecret(request.headers.authorization));
  caller.principal = principal;
  const contract = gateway.contracts.bind(path, requestHeader(request, 'api-version'), principal.pinnedVersion);
  caller.contract = contract;
  if (!isOpen) for (const subject of contract.subjects) gateway.versionUsage.note(principal, subject);
  return { principal, contract };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isReplay: boolean;
}

/** Runs `work` at most once for an idempotency key of the tenant; a failure leaves the key free. */
async function once(
  gateway: Gateway,
  request: FastifyRequest,
  { principal, contract }: Bound,
  { count, work }: { readonly count: () => Promise<void>; readonly work: () => Promise<KeyedReply> },
): Promise<Answer> {
  const textOf = async (): Promise<Answer> => {
    await count();
    const { status, body, headers = {} } = await work();
    const text = JSON.stringify(contract.translation.downgradeResponse?.(body) ?? body);
    return { status, text, headers, isReplay: false };
  };
  const key = request.method === 'GET' ? undefined : parseIdempotencyKey(requestHeader(request, 'idempotency-key'));
  if (key === undefined) return textOf();
  const { idempotency, logger } = gateway;
  const { tenantId } = principal;
  const path = request.url.split('?')[0] ?? '';
  const id = scopeId({ owner: tenantId, method: request.method, path, key });
  const { body, query } = request;
  const fingerprint = requestFingerprint({ body, query, version: contract.version.name });
  const waitMs = preferredWaitMs(requestHeader(request, 'prefer'));
  const claim = await claimOnce(idempotency, { id, tenantId, fingerprint }, waitMs);
  if (claim.kind === 'replay') {
    await count();
    return { status: claim.response.status, text: claim.response.body, isReplay: true };
  }
  if (claim.kind !== 'claimed') throw idempotencyError(claim.kind);
  const answer = await textOf().catch(async (error: unknown) => {
    await idempotency.release(claim.claim).catch(() => undefined);
    throw toAppError(error);
  });
  // The work is done: an error now would have it done again.
  await idempotency
    .complete(claim.claim, { status: answer.status, headers: [], body: answer.text })
    .catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'an answer could not be stored for replay');
    });
  return answer;
}

function signalOf(reply: FastifyReply): AbortSignal {
  const abort = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort(new Error('the caller has gone'));
  });
  return abort.signal;
}

/**
 * A route for holders of an API key that is no model call: who, which version, scope, feature, limits, schemas,
 * idempotency, then the handler; errors in the words of the JSON surfaces.
 */
export function keyedRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(options: KeyedOptions<Params, Query, Body>): RawRoute {
  const { gateway, surface, scope, feature, open, counts, handle, params, query, body, ...route } = options;
  const check = (request: FastifyRequest, principal: Principal, signal: AbortSignal) =>
    ({
      principal,
      params: params === undefined ? undefined : validate(params, request.params, 'path'),
      query: query === undefined ? undefined : validate(query, request.query, 'query'),
      body: body === undefined ? undefined : validate(body, request.body ?? null, 'body'),
      hasKey: open === undefined || request.headers.authorization !== undefined,
      prefer: requestHeader(request, 'prefer'),
      requestId: request.id,
      signal,
    }) as KeyedInput<OutputOf<Params>, OutputOf<Query>, OutputOf<Body>>;
  return {
    ...route,
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    kind: 'raw',
    ...(scope === undefined ? {} : { scope }),
    security: open === undefined ? 'key' : 'optional',
    handle: async (request, reply) => {
      const caller = new Caller(gateway, request, surface);
      try {
        const bound = await bindCaller(gateway, request, caller, route.path, open);
        if (request.method !== 'GET') requireOpenTrial(bound.principal, gateway.clock.now());
        if (scope !== undefined) requireScope(bound.principal, scope);
        if (feature !== undefined) requireFeature(gateway.catalog, bound.principal, feature);
        const input = check(request, bound.principal, signalOf(reply));
        let states: readonly LimitState[] | undefined;
        const count = async () => {
          if (counts === true) states = await reserveRequest(gateway, bound.principal);
        };
        const answer = await once(gateway, request, bound, { count, work: () => handle(input) });
        const headers = headerRecord(caller.headers(states ?? (await caller.standing())));
        const replayed = answer.isReplay ? { 'Idempotency-Replayed': 'true' } : {};
        sendJson(reply, answer.status, { ...headers, ...answer.headers, ...replayed }, answer.text);
      } catch (error) {
        await caller.fail(reply, error);
      }
    },
  };
}
