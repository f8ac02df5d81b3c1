import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressHeader, authPath, type Auth } from '../accounts/create-auth.ts';
import { rawRoute, type ApiRoute } from '../http/api-route.ts';
import { fetchRequest, sendFetchResponse } from '../http/fetch-bridge.ts';
import { guarded } from '../postgres/database.ts';

export interface AuthRoutesOptions {
  readonly auth: Auth;
  readonly publicUrl: string;
}

const types: Readonly<Record<number, string>> = {
  400: 'validation_error',
  401: 'auth_error',
  403: 'permission_error',
  404: 'not_found',
  409: 'validation_error',
  422: 'validation_error',
  429: 'rate_limit',
};

/** Errors in the envelope of every other route, beside the members that the library's own clients read. */
async function withEnvelope(response: Response): Promise<string | undefined> {
  if (response.status < 400 || response.headers.get('content-type')?.includes('json') === false) return undefined;
  const text = await response.clone().text();
  let given: Readonly<Record<string, unknown>>;
  try {
    given = text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
  } catch {
    return undefined;
  }
  // OAuth's endpoints have an error of their own form (RFC 6749 §5.2).
  if (typeof given['error'] === 'string') return undefined;
  const message = typeof given['message'] === 'string' ? given['message'] : response.statusText;
  const code = typeof given['code'] === 'string' ? given['code'] : String(response.status);
  const type = types[response.status] ?? 'server_error';
  return JSON.stringify({ ...given, message, code, error: { message, type, param: null, code } });
}

/**
 * Programs that fetch as browsers do say so without having pages that could lie: with neither an origin nor a cookie there
 * is nothing to protect, and they may sign in.
 */
function pretended({ headers }: FastifyRequest): string[] {
  if (headers.origin !== undefined || headers.cookie !== undefined) return [];
  return ['sec-fetch-mode', 'sec-fetch-site', 'sec-fetch-dest'];
}

async function handle(options: AuthRoutesOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const headers = { [addressHeader]: request.clientAddress };
  const response = await guarded(() =>
    options.auth.handler(fetchRequest(request, { origin: options.publicUrl, headers, dropped: pretended(request) })),
  );
  const body = await withEnvelope(response);
  await sendFetchResponse(reply, response, {
    body,
    headers: {
      'x-request-id': request.id,
      'cache-control': 'no-store',
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    },
  });
}

/** Everything under /auth: sign-up, sign-in, mailed links, sessions, passkeys, one-time codes, organisations. */
export function authRoutes(options: AuthRoutesOptions): ApiRoute[] {
  return (['GET', 'POST'] as const).map((method) =>
    rawRoute({
      method,
      path: `${authPath}/*`,
      operationId: `auth_${method.toLowerCase()}`,
      summary: 'Accounts of people',
      tag: 'account',
      security: 'none',
      hidden: true,
      unversioned: true,
      takesRawBody: true,
      responses: {},
      handle: (request, reply) => handle(options, request, reply),
    }),
  );
}
