import type { FastifyReply, FastifyRequest } from 'fastify';
import { consentPath, oauthErrorPath } from '../accounts/oauth/oauth-provider.ts';
import { isTokenScope } from '../accounts/oauth/oauth-scopes.ts';
import type { MembershipStore } from '../accounts/membership-store.ts';
import { AppError, toAppError } from '../errors.ts';
import { rawRoute, type ApiRoute, type HttpMethod } from '../http/api-route.ts';
import { fetchHeaders } from '../http/fetch-bridge.ts';
import type { BoundProof } from '../secrets/bound-proof.ts';
import { consentPage, errorPage, signInPage, type PageFrame } from './oauth-pages.ts';
import {
  decide,
  readConsentRequest,
  type Asking,
  type ConsentRequest,
  type OAuthPagesContext,
} from './oauth-request.ts';
import { signIn } from './oauth-sign-in.ts';
import { pageLanguage } from './oauth-words.ts';
import { redirectTo, sendPage } from './send-page.ts';

export interface OAuthPageOptions extends OAuthPagesContext {
  readonly memberships: MembershipStore;
  readonly brandName: string;
  readonly proof: BoundProof;
  /** Providers by which people may sign in. */
  readonly providers: () => readonly { readonly id: string; readonly name: string }[];
  /** It knows more ways to sign in, and how to make an account. */
  readonly hasConsole: () => boolean;
}

const signInPath = '/oauth/sign-in';

interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly frame: PageFrame;
  readonly asking: Asking;
}

function visitOf({ brandName }: OAuthPageOptions, request: FastifyRequest, reply: FastifyReply): Visit {
  const headers = fetchHeaders(request);
  const frame = { language: pageLanguage(headers.get('accept-language')), brandName };
  return { request, reply, frame, asking: { headers, address: request.clientAddress } };
}

function queryOf({ url }: FastifyRequest): string {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at + 1);
}

function formOf({ body }: FastifyRequest): URLSearchParams {
  return new URLSearchParams(Buffer.isBuffer(body) ? body.toString('utf8') : '');
}

/** Where forms of the page may lead: to us, and from us on to the application. */
function formTargets({ redirectUri }: ConsentRequest): string {
  if (!URL.canParse(redirectUri)) return '';
  const { protocol, origin } = new URL(redirectUri);
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol;
}

/** A page of another site can have a browser send our cookies, but cannot lie about its origin. */
function requireOwnForm({ request }: Visit, publicUrl: string): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin === publicUrl || (origin === undefined && site === 'same-origin')) return;
  throw new AppError('FORBIDDEN_ORIGIN', 'This form is taken from our own page only.', { param: 'Origin' });
}

/** The session, if it is one the request takes: some demand that the person has just signed in. */
async function sessionFor({ auth }: OAuthPageOptions, { asking }: Visit, { signedInAfterMs }: ConsentRequest) {
  const found = await auth.api.getSession({ headers: asking.headers });
  if (found === null) return undefined;
  const isFresh = signedInAfterMs === undefined || found.session.createdAt.getTime() >= signedInAfterMs;
  return isFresh ? found : undefined;
}

type Session = NonNullable<Awaited<ReturnType<typeof sessionFor>>>;

async function showConsent(
  options: OAuthPageOptions,
  visit: Visit,
  request: ConsentRequest,
  { user, session }: Session,
  problem?: string,
): Promise<void> {
  const { emailVerified, ...person } = user;
  const page = consentPage({
    frame: visit.frame,
    request,
    problem,
    email: user.email,
    memberships: await options.memberships.ensure({ ...person, emailVerified }),
    activeTenantId: session.activeOrganizationId ?? undefined,
    proof: options.proof.of(session.id, request.query),
  });
  sendPage(visit, problem === undefined ? 200 : 422, page, formTargets(request));
}

async function readConsent(options: OAuthPageOptions, visit: Visit): Promise<void> {
  const request = await readConsentRequest(options, visit.asking, queryOf(visit.request));
  const session = await sessionFor(options, visit, request);
  if (session === undefined) redirectTo(visit, `${signInPath}?${request.query}`);
  else await showConsent(options, visit, request, session);
}

async function answerConsent(options: OAuthPageOptions, visit: Visit): Promise<void> {
  requireOwnForm(visit, options.publicUrl);
  const form = formOf(visit.request);
  const request = await readConsentRequest(options, visit.asking, form.get('oauth_query') ?? '');
  const session = await sessionFor(options, visit, request);
  if (session === undefined) {
    redirectTo(visit, `${signInPath}?${request.query}`);
    return;
  }
  if (!options.proof.matches(form.get('proof') ?? '', session.session.id, request.query))
    throw new AppError('FORBIDDEN_ORIGIN', 'This form was made for another session. Start again in the application.');
  const memberships = await options.memberships.list(session.user.id);
  const membership = memberships.find(({ tenantId }) => tenantId === form.get('organization'));
  const scopes = form.getAll('scope').filter(isTokenScope);
  try {
    const approve = form.get('decision') === 'approve';
    redirectTo(visit, await decide(options, visit.asking, request, { approve, membership, scopes }));
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'INSUFFICIENT_ROLE' && error.param !== 'scopes' && error.param !== 'organization') throw error;
    await showConsent(options, visit, request, session, error.message);
  }
}

function waysOf({ providers, hasConsole }: OAuthPageOptions) {
  return { providers: providers(), hasConsole: hasConsole() };
}

async function readSignIn(options: OAuthPageOptions, visit: Visit): Promise<void> {
  const request = await readConsentRequest(options, visit.asking, queryOf(visit.request));
  const { frame } = visit;
  const page = signInPage({ frame, request, step: 'password', ...waysOf(options) });
  sendPage(visit, 200, page, '');
}

async function answerSignIn(options: OAuthPageOptions, visit: Visit): Promise<void> {
  requireOwnForm(visit, options.publicUrl);
  const form = formOf(visit.request);
  const request = await readConsentRequest(options, visit.asking, form.get('oauth_query') ?? '');
  await signIn({ context: options, ...waysOf(options), visit, form, request });
}

/** Says which error it was and nothing else that stands in the address: anybody can write one. */
function showError(visit: Visit): Promise<void> {
  const name = /[?&]error=([A-Za-z_]{1,60})(?:&|$)/.exec(visit.request.url)?.[1] ?? 'error';
  sendPage(visit, 400, errorPage(visit.frame, name), '');
  return Promise.resolve();
}

/** The pages of the authorization server: consent, a plain sign-in, errors. They need no script and cannot be framed. */
export function oauthPageRoutes(options: OAuthPageOptions): ApiRoute[] {
  const route = (
    method: HttpMethod,
    path: string,
    handle: (options: OAuthPageOptions, visit: Visit) => Promise<void>,
  ) =>
    rawRoute({
      ...{ method, path },
      operationId: `page${path.replaceAll('/', '_')}_${method.toLowerCase()}`,
      summary: 'A page of the authorization server',
      tag: 'account',
      security: 'none',
      hidden: true,
      unversioned: true,
      takesRawBody: true,
      responses: {},
      handle: async (request, reply) => {
        const visit = visitOf(options, request, reply);
        try {
          await handle(options, visit);
        } catch (thrown) {
          const error = toAppError(thrown);
          if (error.definition.status >= 500) throw error;
          sendPage(visit, error.definition.status, errorPage(visit.frame, error.code, error.message), '');
        }
      },
    });
  return [
    route('GET', consentPath, readConsent),
    route('POST', consentPath, answerConsent),
    route('GET', signInPath, readSignIn),
    route('POST', signInPath, answerSignIn),
    route('GET', oauthErrorPath, (_options, visit) => showError(visit)),
  ];
}
