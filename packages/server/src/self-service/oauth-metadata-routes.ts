import { authPath, type Auth } from '../accounts/create-auth.ts';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

/** What of the library's metadata is true here: neither proofs of possession nor logout of other servers are served. */
const left = [
  'dpop_signing_alg_values_supported',
  'backchannel_logout_supported',
  'backchannel_logout_session_supported',
  'jwks_uri',
];

/**
 * The metadata of the authorization server (RFC 8414). Its issuer is `/auth`, so that they belong at the address with
 * that path at its end; clients that know only the host look at the root.
 */
export function oauthMetadataRoutes({
  auth,
  publicUrl,
}: {
  readonly auth: Auth;
  readonly publicUrl: string;
}): ApiRoute[] {
  const wellKnown = '/.well-known/oauth-authorization-server';
  const read = async (): Promise<Record<string, unknown>> => {
    const response = await auth.handler(new Request(`${publicUrl}${wellKnown}${authPath}`));
    if (!response.ok) throw new AppError('DATABASE_UNAVAILABLE', 'The metadata cannot be read right now.');
    const metadata = (await response.json()) as Record<string, unknown>;
    return {
      ...Object.fromEntries(Object.entries(metadata).filter(([name]) => !left.includes(name))),
      service_documentation: `${publicUrl}/auth.md`,
      ui_locales_supported: ['en', 'de'],
    };
  };
  return [wellKnown, `${wellKnown}${authPath}`, `${authPath}${wellKnown}`].map((path) =>
    jsonRoute({
      method: 'GET',
      path,
      operationId: `oauthMetadata${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
      summary: 'Metadata of the authorization server',
      tag: 'discovery',
      security: 'none',
      hidden: true,
      unversioned: true,
      cacheSeconds: 300,
      responses: {},
      handle: async () => ({ status: 200, body: await read(), headers: { 'access-control-allow-origin': '*' } }),
    }),
  );
}
