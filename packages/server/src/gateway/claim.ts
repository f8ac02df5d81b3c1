import { AppError } from '../errors.ts';
import { claimOnce, idempotencyError } from '../idempotency/claim-once.ts';
import { requestFingerprint, scopeId } from '../idempotency/idempotency-key.ts';
import type { ClaimHandle, StoredResponse } from '../idempotency/store.ts';
import type { Principal } from '../keys/key.ts';
import type { StreamSource } from '../streams/stream-source.ts';
import type { Contract } from '../versions/contract.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Exchange } from './exchange.ts';
import { followStream } from './follow-stream.ts';
import type { Gateway } from './gateway.ts';
import { RecordedConnection } from './recorded-connection.ts';
import { reserveRequest } from './reserve.ts';
import { storedConnection } from './stored-connection.ts';

export interface ClaimInput {
  readonly exchange: Exchange;
  readonly principal: Principal;
  readonly contract: Contract;
  readonly stream: boolean;
}

/** The right to carry the request out. */
export interface Execution {
  /** Where the answer goes: to the caller, and into the record. */
  readonly client: ClientConnection;
  /** The request was refused before it began, or failed: the key is free again. */
  release(): Promise<void>;
}

/** A recorded stream on its way to a reader. */
export interface RecordedAnswer extends Pick<Exchange, 'client' | 'resumption' | 'renderStreamError'> {
  readonly source: StreamSource;
  readonly headers: readonly string[];
}

const sourceAttempts = 20;
const sourceEveryMs = 50;

/** The record of a stream appears a moment after its claim. */
async function findSource(gateway: Gateway, id: string, tenantId: string): Promise<StreamSource> {
  for (let attempt = 0; attempt < sourceAttempts; attempt += 1) {
    const source = await gateway.streams.source(id, tenantId);
    if (source !== undefined) return source;
    await new Promise((resolve) => setTimeout(resolve, sourceEveryMs));
  }
  throw idempotencyError('running');
}

const again = 'Send the request again with the same Idempotency-Key.';

/** Tells readers of a record that it ends before the answer does. */
function brokenOff(exchange: Pick<Exchange, 'renderStreamError'>, why: string): string {
  return exchange.renderStreamError(new AppError('UPSTREAM_ERROR', `${why} ${again}`));
}

function lostEvent(exchange: Pick<Exchange, 'renderStreamError'>): string {
  return brokenOff(exchange, 'The process that answered has gone.');
}

/** Sends a recorded stream to this caller, from the start or from where it left off. */
export async function serveRecorded(gateway: Gateway, options: RecordedAnswer): Promise<void> {
  const { client, resumption, source, headers } = options;
  const { heartbeat_ms: heartbeatMs, client_stall_timeout_ms: clientStallTimeoutMs } = gateway.relay;
  client.openStream(headers);
  source.attach?.();
  try {
    await followStream({
      source,
      client,
      clock: gateway.clock,
      after: resumption.after,
      withIds: resumption.withIds,
      heartbeatMs,
      clientStallTimeoutMs,
      lostEvent: () => lostEvent(options),
    });
  } finally {
    source.detach?.(gateway.clock.now());
  }
}

async function replayStream(gateway: Gateway, { exchange, principal }: ClaimInput, streamId: string): Promise<void> {
  const source = await findSource(gateway, streamId, principal.tenantId);
  const states = await reserveRequest(gateway, principal);
  await serveRecorded(gateway, {
    ...exchange,
    source,
    headers: [...exchange.headers(states), 'Idempotency-Replayed', 'true', 'X-Stream-Id', streamId],
  });
}

async function replayJson(
  gateway: Gateway,
  { exchange, principal }: ClaimInput,
  response: StoredResponse,
): Promise<void> {
  const states = await reserveRequest(gateway, principal);
  exchange.client.sendJson(
    response.status,
    [...exchange.headers(states), ...response.headers, 'Idempotency-Replayed', 'true'],
    response.body,
  );
}

async function execution(
  gateway: Gateway,
  { exchange, principal, stream }: ClaimInput,
  claim: ClaimHandle,
  streamId: string,
): Promise<Execution> {
  const release = () => gateway.idempotency.release(claim).catch(() => undefined);
  if (!stream) return { client: storedConnection(gateway, claim, exchange.client), release };
  try {
    const abandoned: { by?: RecordedConnection } = {};
    const recording = await gateway.streams.record({
      id: streamId,
      tenantId: principal.tenantId,
      onAbandon: (reason) => {
        abandoned.by?.abandon(reason);
      },
    });
    const connection = new RecordedConnection({
      gateway,
      claim,
      recording,
      client: exchange.client,
      // A new answer is read from its start, whatever the caller has of another one.
      follow: { after: 0, withIds: exchange.resumption.withIds, lostEvent: () => lostEvent(exchange) },
      brokenOff: (why) => brokenOff(exchange, why),
    });
    abandoned.by = connection;
    return {
      client: connection,
      release: async () => {
        // The caller is told by a status of its own; those who follow the record are told in it.
        recording.stream.write(brokenOff(exchange, 'The request could not be carried out.'));
        await recording.finish('failed').catch(() => undefined);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Step 5 of the road, for requests with an Idempotency-Key: the first one is carried out, the others get its answer.
 * @returns undefined when the request has been answered from the record
 * @throws AppError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_NOT_STORED, and those of the limits
 */
export async function claimExecution(gateway: Gateway, input: ClaimInput, key: string): Promise<Execution | undefined> {
  const { exchange, principal, contract, stream } = input;
  const id = scopeId({ owner: principal.tenantId, method: 'POST', path: exchange.route, key });
  const fingerprint = requestFingerprint({
    body: exchange.body,
    query: exchange.query,
    version: contract.version.name,
  });
  const streamId = gateway.streams.newId();
  const request = { id, tenantId: principal.tenantId, fingerprint, ...(stream ? { streamId } : {}) };
  const claim = await claimOnce(gateway.idempotency, request, exchange.waitMs);
  if (claim.kind === 'claimed') return execution(gateway, input, claim.claim, streamId);
  if (claim.kind === 'replay') await replayJson(gateway, input, claim.response);
  else if (claim.kind === 'stream') await replayStream(gateway, input, claim.streamId);
  else throw idempotencyError(claim.kind);
  return undefined;
}
