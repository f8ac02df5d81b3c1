import { errorCodes, type ErrorCode, type ErrorDefinition } from '@turnpike/contract/error-codes';

export interface AppErrorDetails {
  /** The request field at fault, in the caller's own words: `messages.0.role`, `API-Version`. */
  readonly param?: string | undefined;
  /** Seconds after which a retry may succeed; rendered as `Retry-After` (never 0). */
  readonly retryAfterSeconds?: number | undefined;
  /** Further response headers this error brings, e.g. `Allow`. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What really happened: logged, never shown. */
  readonly cause?: unknown;
}

/** The only error that reaches a client. Everything else is rendered as INTERNAL_ERROR and logged. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.param = details.param;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.headers = details.headers ?? {};
  }

  get definition(): ErrorDefinition {
    return errorCodes[this.code];
  }
}

/** Wraps what is not an AppError yet, so that renderers see one kind only. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError(
    'INTERNAL_ERROR',
    'An unexpected error occurred. Retry with exponential backoff; if it persists, contact support with the request id.',
    { cause: error },
  );
}

/** The `code` of a system error (`ECONNREFUSED`, SQLSTATE …), if there is one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What an unknown thrown value says, for logs and one-line messages. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
