import type { AppError } from '../errors.ts';

export interface RenderedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: Readonly<Record<string, unknown>> };
}

/**
 * Renders an error in the envelope of the JSON surfaces (S4; read by OpenAI clients too), with the headers that tell
 * clients whether and when to retry.
 * @param documentationBase page that documents error codes, e.g. `http://127.0.0.1:8420/developers/errors`
 */
export function renderError(error: AppError, documentationBase: string): RenderedError {
  const { status, type, retry } = error.definition;
  const headers: Record<string, string> = { 'x-should-retry': String(retry), ...error.headers };
  if (error.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterSeconds)));
  return {
    status,
    headers,
    body: {
      error: {
        message: error.message,
        type,
        param: error.param ?? null,
        code: error.code,
        ...(error.retryAfterSeconds === undefined
          ? {}
          : { retry_after: Math.max(1, Math.ceil(error.retryAfterSeconds)) }),
        documentation_url: `${documentationBase}#${error.code.toLowerCase()}`,
      },
    },
  };
}
