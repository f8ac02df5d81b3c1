import { hash } from 'node:crypto';
import { AppError } from '../errors.ts';
import { canonicalJson } from './canonical-json.ts';

const form = /^[A-Za-z0-9_-]{8,128}$/;

/**
 * Reads an Idempotency-Key header; the quoted form (a structured string, RFC 9651) is the same key as the bare one.
 * @returns undefined when there is none
 * @throws AppError INVALID_IDEMPOTENCY_KEY
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const trimmed = header.trim();
  const key = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"') ? trimmed.slice(1, -1) : trimmed;
  if (form.test(key)) return key;
  throw new AppError(
    'INVALID_IDEMPOTENCY_KEY',
    'Idempotency-Key: must be 8 to 128 characters of A-Z, a-z, 0-9, _ and -. A UUID will do.',
    { param: 'Idempotency-Key' },
  );
}

/** Where a key counts: the same key of another tenant, or at another route, is another key. */
export interface IdempotencyScope {
  /** Tenant id, or `address:` and the client address on public routes. */
  readonly owner: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

export function scopeId({ owner, method, path, key }: IdempotencyScope): string {
  return hash('sha256', JSON.stringify([owner, method, path, key]), 'hex');
}

/** What must be the same for a retry to be the same request: body, query and contract version. */
export function requestFingerprint(request: {
  readonly body: unknown;
  readonly query: unknown;
  readonly version: string;
}): string {
  return hash('sha256', `${canonicalJson(request.body)}\n${canonicalJson(request.query)}\n${request.version}`, 'hex');
}
