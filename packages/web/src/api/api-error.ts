/** A request that failed: refused by the server, or never answered. */
export class ApiError extends Error {
  /** 0: there was no answer. */
  readonly status: number;
  /** As in the table of error codes; `NETWORK`: there was no answer. */
  readonly code: string;
  /** The field it is about. */
  readonly param: string | undefined;
  readonly documentationUrl: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    details: {
      readonly status: number;
      readonly code: string;
      readonly param?: string | undefined;
      readonly documentationUrl?: string | undefined;
      readonly requestId?: string | undefined;
      readonly retryAfterSeconds?: number | undefined;
    },
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = details.status;
    this.code = details.code;
    this.param = details.param;
    this.documentationUrl = details.documentationUrl;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The error that an answer tells of. @param body as it was parsed; anything */
export function errorOfResponse(response: Response, body: unknown): ApiError {
  const { error, message, code } = members(body);
  const told = members(error);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(text(told['message']) ?? text(message) ?? `HTTP ${response.status}`, {
    status: response.status,
    code: text(told['code']) ?? text(code) ?? String(response.status),
    param: text(told['param']),
    documentationUrl: text(told['documentation_url']),
    requestId: text(told['request_id']) ?? response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  });
}

/** What was thrown, as an error of ours. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError(message, { status: 0, code: thrown instanceof TypeError ? 'NETWORK' : 'UNEXPECTED' });
}

/** What it says about a field of a form, if it is about that field. */
export function fieldError(thrown: unknown, field: string): string | undefined {
  return thrown instanceof ApiError && thrown.param === field ? thrown.message : undefined;
}
