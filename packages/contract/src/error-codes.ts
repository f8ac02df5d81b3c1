/**
 * The one table of error codes. A code fixes its HTTP status, its `type` (S4's closed list) and whether the same
 * request may be sent again; renderers and documentation read it, nothing else defines a code.
 *
 * Codes are UPPER_SNAKE. Those in lower case are compared against literally by OpenAI clients, or fixed by S4.
 */
export type ErrorType =
  | 'validation_error'
  | 'auth_error'
  | 'permission_error'
  | 'not_found'
  | 'idempotency_conflict'
  | 'rate_limit'
  | 'server_error'
  | 'byok_provider_missing';

export interface ErrorDefinition {
  readonly status: number;
  readonly type: ErrorType;
  /** May a client send the very same request again and hope for a better answer? Rendered as `x-should-retry`. */
  readonly retry: boolean;
  readonly title: string;
}

export const errorCodes = {
  INVALID_REQUEST: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'A field of the request is missing or wrong',
  },
  INVALID_JSON: { status: 400, type: 'validation_error', retry: false, title: 'The body is not valid JSON' },
  INVALID_UTF8: { status: 400, type: 'validation_error', retry: false, title: 'The body is not valid UTF-8' },
  NESTING_TOO_DEEP: { status: 400, type: 'validation_error', retry: false, title: 'The body is nested too deeply' },
  INVALID_API_VERSION: { status: 400, type: 'validation_error', retry: false, title: 'The API version does not exist' },
  INVALID_IDEMPOTENCY_KEY: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'The idempotency key is malformed',
  },
  UNSUPPORTED_CAPABILITY: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'The model cannot do what was asked',
  },
  INVALID_SIGNATURE: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'The signature of an event is wrong',
  },
  TOOL_UNKNOWN: { status: 400, type: 'validation_error', retry: false, title: 'There is no tool of this name' },
  TOOL_ARGUMENTS_INVALID: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'An argument of a tool is missing or wrong',
  },
  context_length_exceeded: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'The request does not fit the model',
  },
  REGION_NOT_AVAILABLE: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'The model is not run in the region that was demanded',
  },
  byok_provider_missing: {
    status: 402,
    type: 'byok_provider_missing',
    retry: false,
    title: 'The model needs a provider key of your own, and none is stored',
  },
  INVALID_API_KEY: { status: 401, type: 'auth_error', retry: false, title: 'The API key is missing, wrong or revoked' },
  EXPIRED_API_KEY: { status: 401, type: 'auth_error', retry: false, title: 'The API key has expired' },
  INVALID_ADMIN_TOKEN: { status: 401, type: 'auth_error', retry: false, title: 'The admin token is missing or wrong' },
  INVALID_SESSION: { status: 401, type: 'auth_error', retry: false, title: 'Nobody is signed in' },
  INVALID_TOKEN: {
    status: 401,
    type: 'auth_error',
    retry: false,
    title: 'The access token is wrong, revoked or for another resource',
  },
  EXPIRED_TOKEN: { status: 401, type: 'auth_error', retry: false, title: 'The access token has expired' },
  INVALID_SESSION_TOKEN: {
    status: 401,
    type: 'auth_error',
    retry: false,
    title: 'The token of the public chat is missing, wrong, too new or too old',
  },
  FORBIDDEN_ORIGIN: {
    status: 403,
    type: 'permission_error',
    retry: false,
    title: 'This is not open to the origin or agent that asks',
  },
  INSUFFICIENT_SCOPE: { status: 403, type: 'permission_error', retry: false, title: 'The key lacks a scope' },
  INSUFFICIENT_ROLE: {
    status: 403,
    type: 'permission_error',
    retry: false,
    title: 'Your role in the organisation does not allow this',
  },
  TRIAL_ENDED: { status: 403, type: 'permission_error', retry: false, title: 'The trial is over' },
  MODEL_NOT_ALLOWED: {
    status: 403,
    type: 'permission_error',
    retry: false,
    title: 'The key or plan may not use this model',
  },
  PLAN_LIMIT_EXCEEDED: { status: 403, type: 'permission_error', retry: false, title: 'The plan does not include this' },
  TENANT_SUSPENDED: { status: 403, type: 'permission_error', retry: false, title: 'The account is suspended' },
  ENDPOINT_NOT_FOUND: { status: 404, type: 'not_found', retry: false, title: 'No such endpoint' },
  RESOURCE_NOT_FOUND: { status: 404, type: 'not_found', retry: false, title: 'No such resource' },
  model_not_found: { status: 404, type: 'not_found', retry: false, title: 'No such model' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    type: 'validation_error',
    retry: false,
    title: 'The endpoint does not answer this method',
  },
  REQUEST_TIMEOUT: { status: 408, type: 'validation_error', retry: true, title: 'The request arrived too slowly' },
  CONFLICT: {
    status: 409,
    type: 'validation_error',
    retry: false,
    title: 'The resource is not in a state that allows this',
  },
  SUBSCRIPTION_EXISTS: {
    status: 409,
    type: 'validation_error',
    retry: false,
    title: 'The organisation has a subscription already',
  },
  BILLING_BY_HAND: {
    status: 409,
    type: 'validation_error',
    retry: false,
    title: 'Plans are assigned by hand here',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    type: 'idempotency_conflict',
    retry: false,
    title: 'The idempotency key was used for another request',
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    type: 'idempotency_conflict',
    retry: true,
    title: 'The first request with this idempotency key is still running',
  },
  IDEMPOTENCY_NOT_STORED: {
    status: 409,
    type: 'idempotency_conflict',
    retry: false,
    title: 'The first answer was too large to be kept',
  },
  API_VERSION_RETIRED: { status: 410, type: 'not_found', retry: false, title: 'The API version has been retired' },
  ENDPOINT_RETIRED: { status: 410, type: 'not_found', retry: false, title: 'The endpoint has been retired' },
  PAYLOAD_TOO_LARGE: { status: 413, type: 'validation_error', retry: false, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    type: 'validation_error',
    retry: false,
    title: 'The body has an unsupported content type',
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    type: 'rate_limit',
    retry: true,
    title: 'A limit of the plan is used up for now',
  },
  insufficient_quota: { status: 429, type: 'rate_limit', retry: false, title: 'The quota of the plan is used up' },
  HEADERS_TOO_LARGE: {
    status: 431,
    type: 'validation_error',
    retry: false,
    title: 'The request headers are too large',
  },
  INTERNAL_ERROR: { status: 500, type: 'server_error', retry: true, title: 'Something failed on our side' },
  UPSTREAM_ERROR: { status: 502, type: 'server_error', retry: true, title: 'The model server failed' },
  UPSTREAM_REJECTED: {
    status: 400,
    type: 'validation_error',
    retry: false,
    title: 'The model server refused the request',
  },
  UPSTREAM_AUTH: { status: 502, type: 'server_error', retry: false, title: 'The model server refused our credentials' },
  UPSTREAM_TIMEOUT: {
    status: 504,
    type: 'server_error',
    retry: true,
    title: 'The model server did not answer in time',
  },
  TOOL_FAILED: { status: 502, type: 'server_error', retry: true, title: 'The tool could not do what was asked' },
  TOOL_TIMEOUT: { status: 504, type: 'server_error', retry: true, title: 'The tool did not answer in time' },
  PAYMENT_PROVIDER_UNAVAILABLE: {
    status: 502,
    type: 'server_error',
    retry: true,
    title: 'The payment provider cannot be reached',
  },
  PAYMENT_PROVIDER_REFUSED: {
    status: 502,
    type: 'server_error',
    retry: false,
    title: 'The payment provider did not accept what was asked',
  },
  overloaded: { status: 503, type: 'server_error', retry: true, title: 'The model server is saturated' },
  WEBHOOK_NOT_CONFIGURED: {
    status: 503,
    type: 'server_error',
    retry: true,
    title: 'Events are not taken until their secret is set',
  },
  DATABASE_UNAVAILABLE: { status: 503, type: 'server_error', retry: true, title: 'The database cannot be reached' },
  LIMITS_UNAVAILABLE: { status: 503, type: 'server_error', retry: true, title: 'The limit counters cannot be reached' },
  FILE_STORAGE_UNAVAILABLE: {
    status: 503,
    type: 'server_error',
    retry: true,
    title: 'The storage of files cannot be reached',
  },
  SHUTTING_DOWN: { status: 503, type: 'server_error', retry: true, title: 'The server is shutting down' },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorCodes;
