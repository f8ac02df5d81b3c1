import { anthropicError } from '@turnpike/contract/anthropic-messages';
import { errorCodes, type ErrorCode } from '@turnpike/contract/error-codes';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../errors.ts';
import type { FailureView } from '../../../http/failure.ts';
import type { Contract } from '../../../versions/contract.ts';
import { anthropicErrors } from './anthropic-errors.ts';

const view: FailureView = {
  requestId: 'req_1',
  documentationUrl: 'https://docs.example.com/errors',
  accept: 'application/problem+json',
  contract: { headers: ['API-Version', '2026-01-01'], translation: {} } as unknown as Contract,
};

describe('errors in Anthropic’s words', () => {
  test.each([
    ['INVALID_REQUEST', 400, 'invalid_request_error'],
    ['INVALID_API_KEY', 401, 'authentication_error'],
    ['byok_provider_missing', 402, 'billing_error'],
    ['INSUFFICIENT_SCOPE', 403, 'permission_error'],
    ['model_not_found', 404, 'not_found_error'],
    ['IDEMPOTENCY_KEY_REUSED', 409, 'invalid_request_error'],
    ['PAYLOAD_TOO_LARGE', 413, 'request_too_large'],
    ['RATE_LIMIT_EXCEEDED', 429, 'rate_limit_error'],
    ['INTERNAL_ERROR', 500, 'api_error'],
    ['UPSTREAM_ERROR', 502, 'api_error'],
    ['overloaded', 529, 'overloaded_error'],
    ['LIMITS_UNAVAILABLE', 529, 'overloaded_error'],
    ['UPSTREAM_TIMEOUT', 504, 'timeout_error'],
  ] as const)('%s is %d %s', (code, status, type) => {
    const failure = anthropicErrors.failure(new AppError(code, 'Why.', { retryAfterSeconds: 3 }), view);
    expect(failure.status).toBe(status);
    expect(failure.body).toEqual({ type: 'error', error: { type, message: 'Why.' }, request_id: 'req_1' });
    expect(failure.headers).toMatchObject({
      'request-id': 'req_1',
      'x-request-id': 'req_1',
      'retry-after': '3',
      'x-should-retry': String(errorCodes[code].retry),
    });
    expect(failure.headers).not.toHaveProperty('content-type');
  });

  test('every code has a type of the published list', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[])
      expect(anthropicError.safeParse(anthropicErrors.body(new AppError(code, 'Why.'), view)).success).toBe(true);
  });

  test('inside a stream it is an event named error', () => {
    expect(anthropicErrors.event(new AppError('overloaded', 'Full.'), view)).toEqual({
      name: 'error',
      data: '{"type":"error","error":{"type":"overloaded_error","message":"Full."},"request_id":"req_1"}',
    });
  });
});
