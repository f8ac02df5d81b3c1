import type { AppError } from '../../../errors.ts';
import { renderFailure, type FailureView } from '../../../http/failure.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { ErrorDialect } from '../caller.ts';

/** Anthropic's own status for a server that has too much to do. */
const overloadedStatus = 529;

/** @see https://platform.claude.com/docs/en/api/errors; statuses that are not listed there go with their class. */
const typeByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  410: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

function typeOf({ definition: { status } }: AppError): string {
  return typeByStatus[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

function bodyOf(error: AppError, { requestId }: FailureView): Readonly<Record<string, unknown>> {
  return { type: 'error', error: { type: typeOf(error), message: error.message }, request_id: requestId };
}

/** Errors as Anthropic has them: `{type: "error", error: {type, message}, request_id}`, in a stream the event `error`. */
export const anthropicErrors = {
  body: bodyOf,
  event: (error: AppError, view: FailureView): VersionedEvent => ({
    name: 'error',
    data: JSON.stringify(bodyOf(error, view)),
  }),
  failure: (error, view) => {
    const { status, headers } = renderFailure(error, { ...view, accept: undefined });
    return {
      status: status === 503 ? overloadedStatus : status,
      headers: { ...headers, 'request-id': view.requestId },
      body: bodyOf(error, view),
    };
  },
} satisfies ErrorDialect;
