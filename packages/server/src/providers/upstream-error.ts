import { AppError } from '../errors.ts';
import type { JsonObject } from './provider.ts';

const longestPassedOn = 500;

/** Retry-After in seconds from either of its forms (RFC 9110 §10.2.3); undefined when absent or senseless. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value)) return Math.max(1, Number(value));
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(1, Math.ceil((at - nowMs) / 1000));
}

/** The human part of a vendor's error body: `{error:{message}}`, `{error:"…"}`, `{message}` or `{detail}`. */
export function upstreamMessage(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, message, detail } = body as JsonObject;
  const inner = typeof error === 'object' && error !== null ? (error as JsonObject)['message'] : error;
  const text = [inner, message, detail].find((value): value is string => typeof value === 'string' && value !== '');
  return text?.slice(0, longestPassedOn);
}

/**
 * The short code of a vendor's error, for logs. Its message may quote the prompt or a credential and stays out of them.
 */
export function upstreamCode(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error } = body as JsonObject;
  const { code, type, status } = (typeof error === 'object' && error !== null ? error : {}) as JsonObject;
  // Google's code is a number; its status says what it was.
  return [code, type, status].find(
    (value): value is string => typeof value === 'string' && /^[a-z][a-z0-9_.]{0,47}$/i.test(value),
  );
}

/**
 * What a client is told when a model server answers with an error status. Its 401/402/403 is our credential or a
 * stored one, never the caller's key, and its text may name that credential: neither client nor log is given it.
 */
export function fromUpstreamStatus(options: {
  readonly upstream: string;
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | undefined;
  readonly nowMs: number;
  /** The call was made with a key of the tenant's own. */
  readonly isTenantKey?: boolean;
}): AppError {
  const { upstream, status, body } = options;
  const message = upstreamMessage(body);
  const cause = new Error(`upstream ${upstream} answered ${status} (${upstreamCode(body) ?? 'no code'})`);
  // 402: the operator's account at the vendor has run dry.
  if (status === 401 || status === 402 || status === 403)
    return new AppError(
      'UPSTREAM_AUTH',
      options.isTenantKey === true
        ? 'The model server refused the provider key that you have stored. Check it there, or store another one.'
        : 'The model server refused our credentials. Your key is fine; the operator has been told.',
      { cause },
    );
  if (status === 429 || status === 503 || status === 529) {
    const retryAfterSeconds = parseRetryAfter(options.retryAfter, options.nowMs) ?? 2;
    return new AppError('overloaded', 'The model server is saturated. Retry after a short wait.', {
      cause,
      retryAfterSeconds,
    });
  }
  if (status === 400 || status === 413 || status === 422)
    return new AppError(
      'UPSTREAM_REJECTED',
      `The model server refused the request: ${message ?? 'it gave no reason'}`,
      { cause },
    );
  return new AppError('UPSTREAM_ERROR', 'The model server failed. Retry with exponential backoff.', { cause });
}
