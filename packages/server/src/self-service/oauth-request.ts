import { addressHeader, authPath, type Auth } from '../accounts/create-auth.ts';
import type { Membership } from '../accounts/membership-store.ts';
import type { ChosenOrganization } from '../accounts/oauth/chosen-organization.ts';
import { clientIdentity, redirectTarget, type ClientIdentity } from '../accounts/oauth/client-identity.ts';
import { isTokenScope, offlineScope, scopesOfRole } from '../accounts/oauth/oauth-scopes.ts';
import { AppError } from '../errors.ts';
import type { Scope } from '../keys/key.ts';

/** Who asks the authorization server through our pages, and from where. */
export interface Asking {
  readonly headers: Headers;
  readonly address: string;
}

export interface OAuthPagesContext {
  readonly auth: Auth;
  readonly chosen: ChosenOrganization;
  readonly publicUrl: string;
}

/** What an application asks a person for; its signature was checked. */
export interface ConsentRequest {
  readonly query: string;
  readonly client: ClientIdentity;
  readonly redirectUri: string;
  readonly redirect: ReturnType<typeof redirectTarget>;
  readonly scopes: readonly Scope[];
  readonly offline: boolean;
  readonly resources: readonly string[];
  /** The person must have signed in after this; undefined: whenever. */
  readonly signedInAfterMs: number | undefined;
}

/** Hands a request to the library under the caller's cookies and address. */
export function askLibrary(
  { auth, publicUrl }: Pick<OAuthPagesContext, 'auth' | 'publicUrl'>,
  { headers, address }: Asking,
  path: string,
  body: object,
): Promise<Response> {
  const passed = ['cookie', 'accept-language', 'user-agent'].flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return auth.handler(
    new Request(`${publicUrl}${authPath}${path}`, {
      method: 'POST',
      headers: {
        ...Object.fromEntries(passed),
        origin: publicUrl,
        accept: 'application/json',
        'content-type': 'application/json',
        [addressHeader]: address,
      },
      body: JSON.stringify(body),
    }),
  );
}

type Json = Readonly<Record<string, unknown>>;

async function jsonOf(response: Response): Promise<Json> {
  const value: unknown = await response.json().catch(() => undefined);
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function staleRequest(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    'This request for access is not valid or no longer good. Start again in the application.',
    { param: 'oauth_query' },
  );
}

/** Reads what the authorization server wrote into the page's address. @throws AppError INVALID_REQUEST, RATE_LIMIT_EXCEEDED */
export async function readConsentRequest(
  context: OAuthPagesContext,
  asking: Asking,
  query: string,
): Promise<ConsentRequest> {
  const parameters = new URLSearchParams(query);
  const clientId = parameters.get('client_id') ?? '';
  const response = await askLibrary(context, asking, '/oauth2/public-client-prelogin', {
    client_id: clientId,
    oauth_query: query,
  });
  if (response.status === 429)
    throw new AppError('RATE_LIMIT_EXCEEDED', 'Too many requests from here. Wait a minute.', { retryAfterSeconds: 60 });
  if (!response.ok) throw staleRequest();
  const { client_name: name, client_uri: uri, policy_uri: policy, tos_uri: terms } = await jsonOf(response);
  const asked = (parameters.get('scope') ?? '').split(' ');
  const redirectUri = parameters.get('redirect_uri') ?? '';
  const mustSignInNow = (parameters.get('prompt') ?? '').split(' ').includes('login');
  return {
    query,
    client: clientIdentity({ id: clientId, name, uri, policy, terms }),
    redirectUri,
    redirect: redirectTarget(redirectUri),
    scopes: asked.filter(isTokenScope),
    offline: asked.includes(offlineScope),
    resources: parameters.getAll('resource'),
    signedInAfterMs: mustSignInNow ? Number(parameters.get('ba_iat')) : undefined,
  };
}

/** The scopes of a request that a member may give. */
export function givable({ scopes }: ConsentRequest, { role }: Membership): readonly Scope[] {
  const own = scopesOfRole(role);
  return scopes.filter((scope) => own.has(scope));
}

export interface Decision {
  readonly approve: boolean;
  readonly membership: Membership | undefined;
  /** undefined: all that may be given. */
  readonly scopes: readonly Scope[] | undefined;
}

/** @throws AppError INVALID_REQUEST, INSUFFICIENT_ROLE naming what is missing */
function scopesToGive(request: ConsentRequest, { membership, scopes }: Decision): readonly Scope[] {
  if (membership === undefined)
    throw new AppError('INVALID_REQUEST', 'organization: choose one that you belong to.', { param: 'organization' });
  const able = givable(request, membership);
  const wanted = scopes ?? able;
  const beyond = wanted.find((scope) => !request.scopes.includes(scope));
  if (beyond !== undefined)
    throw new AppError('INVALID_REQUEST', `scopes: ${beyond} was not asked for.`, { param: 'scopes' });
  const forbidden = wanted.find((scope) => !able.includes(scope));
  if (forbidden !== undefined || able.length === 0)
    throw new AppError(
      'INSUFFICIENT_ROLE',
      `As ${membership.role} of ${membership.tenantName} you may not give ${forbidden ?? request.scopes.join(', ')}.`,
    );
  if (wanted.length === 0) throw new AppError('INVALID_REQUEST', 'scopes: give at least one.', { param: 'scopes' });
  return wanted;
}

/**
 * Answers the application: a code for the chosen organisation, or that access was denied.
 * @returns where the browser must go
 * @throws AppError INVALID_REQUEST, INSUFFICIENT_ROLE, INVALID_SESSION
 */
export async function decide(
  context: OAuthPagesContext,
  asking: Asking,
  request: ConsentRequest,
  decision: Decision,
): Promise<string> {
  const answer = { accept: decision.approve, oauth_query: request.query };
  const scopes = decision.approve ? scopesToGive(request, decision) : [];
  const scope = [...scopes, ...(request.offline ? [offlineScope] : [])].join(' ');
  const body = decision.approve ? { ...answer, scope } : answer;
  const response = await context.chosen.during(decision.membership?.tenantId ?? '', () =>
    askLibrary(context, asking, '/oauth2/consent', body),
  );
  if (response.status === 401)
    throw new AppError('INVALID_SESSION', 'Consent is given in a browser in which you have signed in.');
  const { url } = await jsonOf(response);
  if (!response.ok || typeof url !== 'string') throw staleRequest();
  return url;
}
