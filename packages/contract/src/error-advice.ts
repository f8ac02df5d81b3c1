import type { ErrorCode } from './error-codes.ts';

/** What a caller can do about each error: the documentation of the codes is made from it. Markdown. */
export const errorAdvice = {
  INVALID_REQUEST: 'Read `param`: it names the field. Correct it and send the request again.',
  INVALID_JSON: 'Check quotes, commas and brackets of the body, and that all of it was sent.',
  INVALID_UTF8: 'Encode the body in UTF-8.',
  NESTING_TOO_DEEP: 'Flatten the body: no more than 64 levels of lists and objects, unless the operator allows more.',
  INVALID_API_VERSION: 'Send one of the versions the message lists as `API-Version`, or leave the header out.',
  INVALID_IDEMPOTENCY_KEY: 'Send 8 to 128 characters of letters, digits, `_` and `-`. A UUID will do.',
  IDEMPOTENCY_KEY_REUSED: 'Use a new key for a new request; send the same body for a retry.',
  IDEMPOTENCY_IN_PROGRESS:
    'Wait as long as `Retry-After` says and send the same request again, or send `Prefer: wait=20`.',
  IDEMPOTENCY_NOT_STORED:
    'The request was carried out, but its answer cannot be given again. Use a new key to carry it out once more.',
  API_VERSION_RETIRED: 'Move to a newer version: the message links the migration guide.',
  ENDPOINT_RETIRED: 'Use the endpoint the message names.',
  UNSUPPORTED_CAPABILITY:
    'Choose a model with the capability (`GET /v1/models` lists them), or leave out what needs it.',
  context_length_exceeded: 'Shorten the messages, lower `max_tokens`, or choose a model with a larger context.',
  REGION_NOT_AVAILABLE:
    'Call a model that runs there, or leave out the region. The message names the regions there are.',
  INVALID_SIGNATURE:
    'Sign the raw body with the secret of this endpoint, and send it within five minutes. Check the clock.',
  TOOL_UNKNOWN: 'Call a tool that `GET /api/tools.php` lists. Names are exact.',
  TOOL_ARGUMENTS_INVALID: 'Correct the argument that `param` names. `GET /api/tools.php` has the schema of each tool.',
  byok_provider_missing:
    'Store your key for the provider the message names (`PUT /v1/provider-keys/{upstream}`), then send the request again.',
  INVALID_API_KEY:
    'Send `Authorization: Bearer YOUR_KEY` with a complete key. If it was revoked or rotated, use its successor.',
  EXPIRED_API_KEY: 'Use another key, or have a new one made.',
  INVALID_ADMIN_TOKEN:
    'Send the token of `TURNPIKE_ADMIN_TOKEN`, or of the file `admin-token` in the data folder, as a Bearer token.',
  INVALID_TOKEN: 'Authorize again, for the resource that the WWW-Authenticate header names.',
  INVALID_SESSION: 'Sign in again.',
  EXPIRED_TOKEN: 'Get a new token with `GET /auth/token`, or sign in again.',
  INVALID_SESSION_TOKEN:
    'Get a new token with `GET /api/chat-completion.php?action=token`, wait its `min_age`, and use it from the same address and with the same User-Agent.',
  FORBIDDEN_ORIGIN: 'Call the API with a key instead, or ask the operator to allow the origin.',
  INSUFFICIENT_SCOPE: 'Use a key that has the scope the message names.',
  INSUFFICIENT_ROLE: 'Ask an owner of the organisation to do it, or for another role.',
  TRIAL_ENDED: 'Choose a plan in the console under Billing. Nothing has been deleted.',
  MODEL_NOT_ALLOWED: 'Call a model that `GET /v1/models` lists for this key, or change the plan or the key.',
  PLAN_LIMIT_EXCEEDED: 'Choose a plan that includes what you asked for.',
  TENANT_SUSPENDED: 'Ask the provider of this API why the account is suspended.',
  ENDPOINT_NOT_FOUND: 'Check the path: chat is `POST /v1/chat/completions`.',
  RESOURCE_NOT_FOUND: 'Check the id. Lists show what there is.',
  model_not_found: 'Call a model that `GET /v1/models` lists. Names are exact.',
  METHOD_NOT_ALLOWED: 'The header `Allow` lists the methods of this path.',
  REQUEST_TIMEOUT: 'Send the request again; if it is large, over a faster connection.',
  CONFLICT: 'Read the resource again, then decide.',
  SUBSCRIPTION_EXISTS:
    'Change its plan with `POST /account/v1/billing/plan`, or how it is paid on the page that `POST /account/v1/billing/portal` opens.',
  BILLING_BY_HAND:
    'Write to the address that `contact` of `GET /account/v1/billing` names: the provider assigns plans.',
  PAYLOAD_TOO_LARGE: 'Send a smaller body: up to 20 MiB, unless the operator allows more. Send images by URL.',
  UNSUPPORTED_MEDIA_TYPE: 'Send `Content-Type: application/json`.',
  RATE_LIMIT_EXCEEDED:
    'Wait for the seconds in `Retry-After`, then send the request again. The rate-limit headers say which window is full.',
  insufficient_quota:
    'Choose a larger plan, or wait until the window of the quota begins anew. Retrying before that does not help.',
  HEADERS_TOO_LARGE: 'Send fewer or shorter headers.',
  INTERNAL_ERROR: 'Retry with growing pauses. If it persists, tell the operator the `x-request-id`.',
  UPSTREAM_ERROR: 'Retry with growing pauses, or call another model.',
  UPSTREAM_REJECTED: 'The message says what the model server did not accept. Correct it and send the request again.',
  UPSTREAM_AUTH: 'Your key is fine: the operator has to correct the credentials of the model server.',
  UPSTREAM_TIMEOUT: 'Retry with growing pauses. Streaming and a smaller `max_tokens` make the first byte come sooner.',
  TOOL_FAILED: 'The message says why. Retry with growing pauses; if it persists, tell the operator.',
  TOOL_TIMEOUT: 'Retry with growing pauses, or ask for less.',
  PAYMENT_PROVIDER_UNAVAILABLE: 'Wait for the seconds in `Retry-After`, then send the request again. Nothing is lost.',
  PAYMENT_PROVIDER_REFUSED:
    'Nothing was changed or charged. Ask the provider of this API: what it has set up for payments does not fit.',
  overloaded: 'Wait for the seconds in `Retry-After`, then send the request again, or call another model.',
  WEBHOOK_NOT_CONFIGURED: 'The operator sets `STRIPE_WEBHOOK_SECRET`; the sender delivers again by itself.',
  DATABASE_UNAVAILABLE: 'Wait for the seconds in `Retry-After`, then send the request again.',
  LIMITS_UNAVAILABLE: 'Wait for the seconds in `Retry-After`, then send the request again.',
  FILE_STORAGE_UNAVAILABLE: 'Wait for the seconds in `Retry-After`, then send the request again.',
  SHUTTING_DOWN: 'Send the request again: another process, or this one after its restart, will answer.',
} as const satisfies Record<ErrorCode, string>;
