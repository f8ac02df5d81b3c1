import { sql } from 'drizzle-orm';
import { APIError } from 'better-auth/api';
import type { Database } from '../../postgres/database.ts';

const largestRegistrationBytes = 16 * 1024;
const mostRedirects = 10;
/** Applications that registered themselves and that nobody has let in yet. */
const mostIdleClients = 5_000;

function refuse(status: 'BAD_REQUEST' | 'TOO_MANY_REQUESTS', error: string, description: string): never {
  throw new APIError(status, { error, error_description: description });
}

function isHttps(redirect: unknown): boolean {
  return typeof redirect === 'string' && /^https:/i.test(redirect);
}

/**
 * Bounds what strangers may store by registering (RFC 7591 §5), and reads what they leave out: an application that wants
 * to be answered on its own machine or by a scheme of its own is a native one (RFC 8252), though few say so.
 * @returns the metadata to go on with
 * @throws APIError in OAuth's form
 */
export async function checkRegistration(
  database: Database,
  body: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  if (JSON.stringify(body).length > largestRegistrationBytes)
    refuse('BAD_REQUEST', 'invalid_client_metadata', `the metadata are larger than ${largestRegistrationBytes} bytes`);
  const { redirect_uris: redirects } = body;
  if (Array.isArray(redirects) && redirects.length > mostRedirects)
    refuse('BAD_REQUEST', 'invalid_redirect_uri', `more than ${mostRedirects} redirect URIs`);
  const { rows } = await database.query((executor) =>
    executor.execute<{ idle: number }>(sql`SELECT count(*)::int AS idle FROM (
      SELECT 1 FROM accounts."oauthClient" l
      WHERE NOT EXISTS (SELECT 1 FROM accounts."oauthConsent" c WHERE c."clientId" = l."clientId")
      LIMIT ${mostIdleClients}) AS waiting`),
  );
  if ((rows[0]?.idle ?? 0) >= mostIdleClients)
    refuse('TOO_MANY_REQUESTS', 'temporarily_unavailable', 'too many applications have registered; try again later');
  const isNative = Array.isArray(redirects) && redirects.some((redirect) => !isHttps(redirect));
  return body['application_type'] === undefined && isNative ? { ...body, application_type: 'native' } : { ...body };
}
