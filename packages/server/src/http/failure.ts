import type { AppError } from '../errors.ts';
import type { Contract } from '../versions/contract.ts';
import { renderError } from './error-body.ts';

/** What of a request shapes the look of its errors. */
export interface FailureView {
  readonly requestId: string;
  readonly documentationUrl: string;
  readonly contract: Contract;
  readonly accept: string | undefined;
}

export interface Failure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Flat name, value pairs as an object; of a name that comes twice both values are kept (RFC 9110 §5.3). */
export function headerRecord(pairs: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    const name = pairs[index] ?? '';
    const before = record[name];
    record[name] = before === undefined ? (pairs[index + 1] ?? '') : `${before}, ${pairs[index + 1] ?? ''}`;
  }
  return record;
}

/** The `error` member in the shape of the caller's version. */
export function failureBody(
  error: AppError,
  { requestId, documentationUrl, contract }: FailureView,
): Readonly<Record<string, unknown>> {
  const { body } = renderError(error, documentationUrl);
  const today = { ...body.error, request_id: requestId };
  return { error: contract.translation.downgradeError?.(today) ?? today };
}

/**
 * An error as an answer: the envelope of the caller's version and its headers; with RFC 9457 members beside the envelope
 * when the caller prefers problem+json.
 */
export function renderFailure(error: AppError, view: FailureView): Failure {
  const { status, headers } = renderError(error, view.documentationUrl);
  const body = failureBody(error, view);
  const all = { 'x-request-id': view.requestId, ...headerRecord(view.contract.headers), ...headers };
  if (view.accept?.includes('application/problem+json') !== true) return { status, headers: all, body };
  const problem = {
    type: `${view.documentationUrl}#${error.code.toLowerCase()}`,
    title: error.definition.title,
    status,
    detail: error.message,
    instance: view.requestId,
    ...body,
  };
  return {
    status,
    headers: { ...all, 'content-type': 'application/problem+json; charset=utf-8', vary: 'Accept' },
    body: problem,
  };
}
