import type { IncomingMessage, ServerResponse } from 'node:http';

/** Every header of ours that a page's script may read. */
const exposed = [
  'API-Version',
  'NLWeb-Version',
  'MCP-Version',
  'Deprecation',
  'Sunset',
  'Link',
  'Warning',
  'X-Request-Id',
  'X-Should-Retry',
  'Retry-After',
  'Retry-After-Ms',
  'Idempotency-Replayed',
  'X-Stream-Id',
  'X-Cache',
  'Age',
  'X-Turnpike-Target',
  'Request-Id',
  'Preference-Applied',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit',
  'RateLimit-Policy',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
].join(', ');

const accepted =
  'Authorization, Content-Type, API-Version, Idempotency-Key, Prefer, Last-Event-ID, X-Request-Id, Accept';

/** Callers prove themselves by a key they send on purpose, never by a cookie, so any page may call (Fetch standard, §3.2). */
export function addCorsHeaders(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', exposed);
}

/** The answer to a preflight: what may be sent here. Clients' SDKs bring headers of their own; those asked for are allowed. */
export function preflightHeaders(request: IncomingMessage, allow: string): Record<string, string> {
  if (request.headers['access-control-request-method'] === undefined) return {};
  const asked = request.headers['access-control-request-headers'];
  const wellFormed = asked !== undefined && /^[A-Za-z0-9, _-]{1,1000}$/.test(asked) ? asked : undefined;
  return {
    'access-control-allow-methods': allow,
    'access-control-allow-headers': wellFormed ?? accepted,
    'access-control-max-age': '86400',
    vary: 'Access-Control-Request-Headers',
  };
}
