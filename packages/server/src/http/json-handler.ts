import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorMessage, toAppError } from '../errors.ts';
import { parseIdempotencyKey, requestFingerprint, scopeId } from '../idempotency/idempotency-key.ts';
import { claimOnce, idempotencyError } from '../idempotency/claim-once.ts';
import type { IdempotencyStore } from '../idempotency/store.ts';
import type { Logger } from '../logger.ts';
import type { Contract, Contracts } from '../versions/contract.ts';
import type { ApiReply, JsonRoute } from './api-route.ts';
import { cachingHeaders, isUnchanged } from './entity-tag.ts';
import { headerRecord } from './failure.ts';
import { preferredWaitMs } from './prefer.ts';
import { sendJson } from './send-json.ts';
import { validate } from './validate.ts';

export interface JsonHandlerOptions {
  readonly contracts: Contracts;
  readonly idempotency: IdempotencyStore;
  readonly logger: Logger;
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Checks a request against the route's schemas and calls it, in the terms of today's contract. */
async function call(route: JsonRoute, request: FastifyRequest, contract: Contract): Promise<ApiReply> {
  const { upgradeRequest, downgradeResponse } = contract.translation;
  const given =
    typeof request.body === 'object' && request.body !== null && upgradeRequest !== undefined
      ? upgradeRequest(request.body as Record<string, unknown>)
      : request.body;
  const absent = route.bodyOptional === true && given === undefined;
  const reply = await route.handle({
    params: route.params === undefined ? undefined : validate(route.params, request.params, 'path'),
    query: route.query === undefined ? undefined : validate(route.query, request.query, 'query'),
    body: route.body === undefined || absent ? undefined : validate(route.body, given ?? null, 'body'),
    requestId: request.id,
    accept: request.headers.accept ?? '',
    person: request.staff,
    contract,
  });
  if (downgradeResponse === undefined || typeof reply.body !== 'object' || reply.body === null) return reply;
  return { ...reply, body: downgradeResponse(reply.body as Record<string, unknown>) };
}

interface Stored {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

function textOf(reply: ApiReply): string {
  return typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
}

/** Runs a mutating route at most once for an idempotency key; a failure leaves the key free. */
async function callOnce(
  route: JsonRoute,
  request: FastifyRequest,
  contract: Contract,
  options: JsonHandlerOptions,
  key: string,
): Promise<Stored> {
  const { idempotency } = options;
  const owner = route.security === 'admin' ? 'admin' : `address:${request.clientAddress}`;
  const path = request.url.split('?')[0] ?? route.path;
  const id = scopeId({ owner, method: route.method, path, key });
  const fingerprint = requestFingerprint({ body: request.body, query: request.query, version: contract.version.name });
  const claim = await claimOnce(
    idempotency,
    { id, tenantId: owner, fingerprint },
    preferredWaitMs(header(request, 'prefer')),
  );
  if (claim.kind === 'replay') {
    const { status, headers, body } = claim.response;
    return { status, headers: { ...headerRecord(headers), 'Idempotency-Replayed': 'true' }, text: body };
  }
  if (claim.kind !== 'claimed') throw idempotencyError(claim.kind);
  const answer = await call(route, request, contract).catch(async (error: unknown) => {
    await idempotency.release(claim.claim).catch(() => undefined);
    throw toAppError(error);
  });
  const stored = { status: answer.status, headers: answer.headers ?? {}, text: textOf(answer) };
  const response = { status: stored.status, headers: Object.entries(stored.headers).flat(), body: stored.text };
  // The work is done: an error now would have it done again.
  await idempotency.complete(claim.claim, response).catch((error: unknown) => {
    options.logger.warn({ reason: errorMessage(error) }, 'an answer could not be stored for replay');
  });
  return stored;
}

/** Serves a JSON route: version, schemas, idempotency, answer. Errors go to the server's error handler. */
export function jsonHandler(route: JsonRoute, options: JsonHandlerOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const contract =
      route.unversioned === true
        ? undefined
        : options.contracts.bind(route.path, header(request, 'api-version'), undefined);
    request.contract = contract;
    const base = { 'x-request-id': request.id, ...(contract === undefined ? {} : headerRecord(contract.headers)) };
    const key = route.method === 'GET' ? undefined : parseIdempotencyKey(header(request, 'idempotency-key'));
    if (key !== undefined && contract !== undefined) {
      const { status, headers, text } = await callOnce(route, request, contract, options, key);
      sendJson(reply, status, { ...base, ...headers }, text);
      return;
    }
    const answer = await call(route, request, contract ?? options.contracts.fallback);
    const { cacheSeconds } = route;
    if (cacheSeconds === undefined || answer.status !== 200) {
      sendJson(reply, answer.status, { ...base, ...answer.headers }, answer.body);
      return;
    }
    const text = textOf(answer);
    const caching = cachingHeaders(text, cacheSeconds);
    if (isUnchanged(header(request, 'if-none-match'), caching.etag))
      sendJson(reply, 304, { ...base, ...caching }, undefined);
    else sendJson(reply, 200, { ...base, ...caching, ...answer.headers }, text);
  };
}
