import { AppError } from '../errors.ts';
import type { Claim, ClaimRequest, IdempotencyStore } from './store.ts';

const lookEveryMs = 100;

/**
 * Claims a key; while another execution runs, looks again until `waitMs` are over.
 * @returns the last claim: `running` when the time was not enough
 */
export async function claimOnce(store: IdempotencyStore, request: ClaimRequest, waitMs: number): Promise<Claim> {
  let claim = await store.claim(request);
  for (let waitedMs = 0; claim.kind === 'running' && waitedMs < waitMs; waitedMs += lookEveryMs) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    claim = await store.claim(request);
  }
  return claim;
}

/** The error of a claim that neither executes nor replays. */
export function idempotencyError(kind: 'running' | 'conflict' | 'too-large' | 'stream'): AppError {
  const param = 'Idempotency-Key';
  if (kind === 'conflict')
    return new AppError(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used within 24 hours with another body, query or API-Version. Use a new key for a new request.',
      { param },
    );
  if (kind === 'too-large')
    return new AppError(
      'IDEMPOTENCY_NOT_STORED',
      'The request with this Idempotency-Key was carried out, but its answer was too large to be kept. Use a new key to carry it out again.',
      { param },
    );
  return new AppError(
    'IDEMPOTENCY_IN_PROGRESS',
    'The first request with this Idempotency-Key is still running. Send it again shortly, or send Prefer: wait=20 with it.',
    { param, retryAfterSeconds: 1, headers: { 'retry-after-ms': '500' } },
  );
}
