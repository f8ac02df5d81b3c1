import type { LedgerSurface } from '@turnpike/contract/ledger-surfaces';
import type { Feature } from '../../../config/schema.ts';
import { AppError, toAppError } from '../../../errors.ts';
import { failureBody } from '../../../http/failure.ts';
import { newRequestId } from '../../../ids.ts';
import { principalOf } from '../../../keys/authenticator.ts';
import type { Principal } from '../../../keys/key.ts';
import type { KeyStore } from '../../../keys/store.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import { logRefusal } from '../../log-refusal.ts';
import { callInside } from '../../inner-call.ts';
import type { Reading } from '../../reading.ts';
import type { ResponseStore } from '../../../responses/store.ts';
import { readResponse } from '../responses/read-response.ts';
import { readCompletion } from '../completions/completions-route.ts';
import { readChat } from './chat-completions.ts';
import { readEmbeddings } from './embeddings.ts';
import { readModeration } from './moderations.ts';

/** A request that somebody ordered earlier, carried out for them now. */
export interface Line {
  readonly tenantId: string;
  readonly keyId: string;
  /** As in OpenAPI: `/v1/embeddings`. */
  readonly endpoint: string;
  readonly body: JsonObject;
  readonly signal: AbortSignal;
}

export interface LineAnswer {
  readonly status: number;
  readonly requestId: string;
  readonly body: JsonObject;
  readonly retryAfterSeconds?: number;
}

/** What must be done before the line counts as answered. */
type Remaining = Promise<void>[];

interface Endpoint {
  readonly read: (body: JsonObject, principal: Principal, remaining: Remaining) => Reading | Promise<Reading>;
  readonly feature?: Feature;
}

export interface LineRunnerOptions {
  readonly keys: Pick<KeyStore, 'findById'>;
  readonly responses: ResponseStore;
  /** How lines appear in the ledger. */
  readonly surface: LedgerSurface;
  readonly priceFactor: number;
}

/** What may be batched, and how its bodies are read. */
function endpointsOf({ clock, logger }: Gateway, store: ResponseStore): ReadonlyMap<string, Endpoint> {
  return new Map<string, Endpoint>([
    ['/v1/chat/completions', { read: readChat }],
    ['/v1/completions', { read: readCompletion, feature: 'completions' }],
    ['/v1/embeddings', { read: readEmbeddings, feature: 'embeddings' }],
    ['/v1/moderations', { read: readModeration, feature: 'moderations' }],
    [
      '/v1/responses',
      {
        feature: 'responses',
        read: (body, principal, remaining) => {
          const onSaving = (saving: Promise<void>) => void remaining.push(saving);
          return readResponse({ store, clock, logger, onSaving }, body, principal);
        },
      },
    ],
  ]);
}

/** The batch's key as of now: revoked or suspended meanwhile, it may do nothing more. */
async function principalOfLine(keys: Pick<KeyStore, 'findById'>, line: Line, nowMs: number): Promise<Principal> {
  return principalOf(await keys.findById(line.tenantId, line.keyId), nowMs);
}

async function carryOut(
  gateway: Gateway,
  options: LineRunnerOptions,
  endpoint: Endpoint,
  line: Line,
  started: Started,
) {
  const { keys, surface, priceFactor } = options;
  const { requestId, startedAtMs } = started;
  const remaining: Remaining = [];
  const answer = await callInside(gateway, {
    ...{ requestId, surface, startedAtMs, priceFactor, body: line.body, signal: line.signal },
    read: (body, principal) => endpoint.read(body, principal, remaining),
    ...(endpoint.feature === undefined ? {} : { feature: endpoint.feature }),
    route: line.endpoint,
    authenticate: () => principalOfLine(keys, line, startedAtMs),
    onPrincipal: (known) => {
      started.principal = known;
    },
  });
  await Promise.all(remaining);
  if (answer === undefined) throw new AppError('UPSTREAM_ERROR', 'The call was given up.');
  return { status: answer.status, requestId, body: JSON.parse(answer.text) as JsonObject };
}

interface Started {
  readonly requestId: string;
  readonly startedAtMs: number;
  principal: Principal | undefined;
}

function refusalOf(gateway: Gateway, surface: string, { requestId, principal }: Started, thrown: unknown): LineAnswer {
  const error = toAppError(thrown);
  logRefusal(gateway, { requestId, surface, principal, error });
  const { documentationUrl, contracts } = gateway;
  const body = failureBody(error, { requestId, documentationUrl, contract: contracts.fallback, accept: undefined });
  const { retryAfterSeconds, definition } = error;
  return {
    status: definition.status,
    requestId,
    body,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** Carries out single requests inside the process, on the same road and at the price of a batch. */
export function createLineRunner(gateway: Gateway, options: LineRunnerOptions): (line: Line) => Promise<LineAnswer> {
  const endpoints = endpointsOf(gateway, options.responses);
  return async (line) => {
    const started: Started = { requestId: newRequestId(), startedAtMs: gateway.clock.now(), principal: undefined };
    try {
      const endpoint = endpoints.get(line.endpoint);
      if (endpoint !== undefined) return await carryOut(gateway, options, endpoint, line, started);
      const which = JSON.stringify(line.endpoint);
      throw new AppError('INVALID_REQUEST', `url: ${which} cannot be batched.`, { param: 'url' });
    } catch (error) {
      return refusalOf(gateway, options.surface, started, error);
    }
  };
}
