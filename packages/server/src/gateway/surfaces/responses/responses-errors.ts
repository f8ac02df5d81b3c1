import { AppError } from '../../../errors.ts';
import { failureBody, renderFailure, type FailureView } from '../../../http/failure.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { ErrorDialect } from '../caller.ts';
import { errorEventData } from './error-event.ts';

/** What the road calls a field, and what it is called here. */
const fieldNames: readonly (readonly [RegExp, string])[] = [
  [/^messages(\..*)?$/, 'input'],
  [/^(max_completion_tokens|max_tokens)$/, 'max_output_tokens'],
  [/^response_format\b/, 'text.format'],
  [/^reasoning_effort$/, 'reasoning.effort'],
  [/^verbosity$/, 'text.verbosity'],
];

/** The error as a caller of this surface understands it: it never sent the chat request that the road checks. */
function inOwnWords(error: AppError): AppError {
  const { param } = error;
  const known = fieldNames.find(([pattern]) => param !== undefined && pattern.test(param));
  if (param === undefined || known === undefined) return error;
  const [pattern, name] = known;
  return new AppError(
    error.code,
    error.message.replaceAll(param, () => param.replace(pattern, name)),
    {
      param: param.replace(pattern, name),
      retryAfterSeconds: error.retryAfterSeconds,
      headers: error.headers,
      cause: error.cause,
    },
  );
}

/** The JSON envelope; inside a stream the Responses API's own error event. */
export const responsesErrors = {
  body: (error, view) => failureBody(inOwnWords(error), view),
  failure: (error, view) => renderFailure(inOwnWords(error), view),
  event: (error: AppError, view: FailureView): VersionedEvent => {
    const own = inOwnWords(error);
    const { error: nested } = failureBody(own, view) as { error: Readonly<Record<string, unknown>> };
    // Where a recorded stream breaks off, nobody knows any more how many events there were.
    return { name: 'error', data: JSON.stringify(errorEventData(own, 0, nested)) };
  },
} satisfies ErrorDialect & { event: (error: AppError, view: FailureView) => VersionedEvent };
