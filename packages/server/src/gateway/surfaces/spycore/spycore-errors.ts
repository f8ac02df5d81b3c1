import type { AppError } from '../../../errors.ts';
import { renderFailure } from '../../../http/failure.ts';
import type { ErrorDialect } from '../caller.ts';

interface SpyCoreError {
  readonly status: number;
  readonly code: string;
}

/** S3's six codes; a status it does not list keeps its number under the nearest of them. */
function classify(error: AppError): SpyCoreError {
  const { status } = error.definition;
  if (error.code === 'model_not_found') return { status: 400, code: 'bad_request' };
  if (status === 401) return { status, code: 'unauthorized' };
  if (status === 403) return { status, code: 'forbidden' };
  if (status === 429) return { status, code: 'rate_limit' };
  if (status === 503) return { status, code: 'overloaded' };
  if (status >= 500) return { status: 500, code: 'server_error' };
  return { status, code: 'bad_request' };
}

/** S3 says of a limit which one it was and no more; when to come back is in Retry-After. */
function messageOf(error: AppError): string {
  if (error.definition.status !== 429) return error.message;
  const [first = error.message] = error.message.split('. ');
  return `${first.replace(/\.$/, '').replace(/ \(\w+\)$/, '')}.`;
}

function bodyOf(error: AppError): Readonly<Record<string, unknown>> {
  return { error: { code: classify(error).code, message: messageOf(error) } };
}

/** Errors as S3 has them: `{error: {code, message}}`. */
export const spycoreErrors: ErrorDialect = {
  body: bodyOf,
  failure: (error, view) => {
    const { headers } = renderFailure(error, { ...view, accept: undefined });
    return { status: classify(error).status, headers, body: bodyOf(error) };
  },
};
