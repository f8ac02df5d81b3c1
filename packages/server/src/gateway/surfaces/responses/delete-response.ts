import { preferredWaitMs } from '../../../http/prefer.ts';
import { claimOnce, idempotencyError } from '../../../idempotency/claim-once.ts';
import { parseIdempotencyKey, requestFingerprint, scopeId } from '../../../idempotency/idempotency-key.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { requestHeader } from '../request-headers.ts';
import { missingResponse, type StoredAnswer, type StoredCall } from './stored-call.ts';

async function remove({ store, principal, id }: StoredCall): Promise<StoredAnswer> {
  if (!(await store.delete(principal.tenantId, id))) throw missingResponse(id);
  return { body: { id, object: 'response', deleted: true } };
}

/**
 * Deletes a stored response. With an Idempotency-Key the second DELETE is told what the first one was, and not that there is nothing any more.
 * @throws AppError RESOURCE_NOT_FOUND, INVALID_IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS
 */
export async function deleteOnce(call: StoredCall): Promise<StoredAnswer> {
  const { gateway, principal, contract, request, id } = call;
  const key = parseIdempotencyKey(requestHeader(request, 'idempotency-key'));
  if (key === undefined) return remove(call);
  const { tenantId } = principal;
  const claim = await claimOnce(
    gateway.idempotency,
    {
      id: scopeId({ owner: tenantId, method: 'DELETE', path: `/v1/responses/${id}`, key }),
      tenantId,
      fingerprint: requestFingerprint({ body: null, query: request.query, version: contract.version.name }),
    },
    preferredWaitMs(requestHeader(request, 'prefer')),
  );
  if (claim.kind === 'replay')
    return {
      body: JSON.parse(claim.response.body) as JsonObject,
      headers: { 'Idempotency-Replayed': 'true' },
    };
  if (claim.kind !== 'claimed') throw idempotencyError(claim.kind);
  try {
    const done = await remove(call);
    // If this fails the key stays claimed for its lease; the response is gone all the same.
    await gateway.idempotency
      .complete(claim.claim, { status: 200, headers: [], body: JSON.stringify(done.body) })
      .catch(() => undefined);
    return done;
  } catch (error) {
    await gateway.idempotency.release(claim.claim).catch(() => undefined);
    throw error;
  }
}
