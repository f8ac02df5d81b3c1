import type { AppError } from '../../../errors.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { ResponseError } from './response-object.ts';

/** The `error` of a failed response. Its codes are a closed list of OpenAI's. */
export function responseError(error: AppError): ResponseError {
  const code = error.definition.status === 429 ? 'rate_limit_exceeded' : 'server_error';
  return { code, message: error.message };
}

/**
 * The event that ends a broken stream. The Responses API has its fields at the top; older SDKs pass over that and throw
 * only at a nested `error`, so both are there.
 */
export function errorEventData(
  error: AppError,
  sequenceNumber: number,
  nested: Readonly<Record<string, unknown>> = {
    message: error.message,
    type: error.definition.type,
    code: error.code,
    param: error.param ?? null,
  },
): JsonObject {
  return {
    type: 'error',
    sequence_number: sequenceNumber,
    code: error.code,
    message: error.message,
    param: error.param ?? null,
    error: nested,
  };
}
