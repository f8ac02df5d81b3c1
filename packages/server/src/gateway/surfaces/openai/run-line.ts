import type { Feature } from '../../../config/schema.ts';
import { AppError, toAppError } from '../../../errors.ts';
import { failureBody } from '../../../http/failure.ts';
import { newRequestId } from '../../../ids.ts';
import { principalOf } from '../../../keys/authenticator.ts';
import type { Principal } from '../../../keys/key.ts';
import type { KeyStore } from '../../../keys/store.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { CapturedConnection } from '../../captured-connection.ts';
import type { Gateway } from '../../gateway.ts';
import { logRefusal } from '../../log-refusal.ts';
import { runCall } from '../../pipeline.ts';
import type { Reading } from '../../reading.ts';
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

interface Endpoint {
  readonly read: (body: JsonObject) => Reading;
  readonly feature?: Feature;
}

/** What may be batched, and how its bodies are read. */
const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/v1/chat/completions', { read: readChat }],
  ['/v1/completions', { read: readCompletion, feature: 'completions' }],
  ['/v1/embeddings', { read: readEmbeddings, feature: 'embeddings' }],
  ['/v1/moderations', { read: readModeration, feature: 'moderations' }],
]);

/** The batch's key as of now: revoked or suspended meanwhile, it may do nothing more. */
async function principalOfLine(keys: Pick<KeyStore, 'findById'>, line: Line, nowMs: number): Promise<Principal> {
  return principalOf(await keys.findById(line.tenantId, line.keyId), nowMs);
}

/**
 * Carries out single requests inside the process, on the same road and at the price of a batch.
 * @param options `surface`: how they appear in the ledger
 */
export function createLineRunner(
  gateway: Gateway,
  options: { readonly keys: Pick<KeyStore, 'findById'>; readonly surface: string; readonly priceFactor: number },
): (line: Line) => Promise<LineAnswer> {
  const { keys, surface, priceFactor } = options;
  return async (line) => {
    const requestId = newRequestId();
    const client = new CapturedConnection(line.signal);
    const startedAtMs = gateway.clock.now();
    let principal: Principal | undefined;
    try {
      const endpoint = endpoints.get(line.endpoint);
      if (endpoint === undefined)
        throw new AppError('INVALID_REQUEST', `url: ${JSON.stringify(line.endpoint)} cannot be batched.`, {
          param: 'url',
        });
      await runCall(gateway, {
        ...{ requestId, surface, startedAtMs, priceFactor, client },
        ...endpoint,
        route: line.endpoint,
        authenticate: () => principalOfLine(keys, line, startedAtMs),
        apiVersion: undefined,
        idempotencyKey: undefined,
        waitMs: 0,
        resumption: { after: 0, withIds: false },
        query: undefined,
        body: line.body,
        renderStreamError: () => '',
        headers: () => [],
        onPrincipal: (known) => {
          principal = known;
        },
        onContract: () => undefined,
      });
      const { answer } = client;
      if (answer === undefined) throw new AppError('UPSTREAM_ERROR', 'The call was given up.');
      return { status: answer.status, requestId, body: JSON.parse(answer.text) as JsonObject };
    } catch (thrown) {
      const error = toAppError(thrown);
      logRefusal(gateway, { requestId, surface, principal, error });
      const { documentationUrl, contracts } = gateway;
      const body = failureBody(error, { requestId, documentationUrl, contract: contracts.fallback, accept: undefined });
      const { retryAfterSeconds } = error;
      return {
        status: error.definition.status,
        requestId,
        body,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      };
    }
  };
}
