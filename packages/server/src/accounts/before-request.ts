import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api';
import type { Database } from '../postgres/database.ts';
import { isCommonPassword } from './common-passwords.ts';
import type { ChosenOrganization } from './oauth/chosen-organization.ts';
import { checkRegistration } from './oauth/registration-guard.ts';
import { requireDeletable } from './require-deletable.ts';

/** Fields of requests that hold a new password. */
const passwordPaths: Readonly<Record<string, string>> = {
  '/sign-up/email': 'password',
  '/reset-password': 'newPassword',
  '/change-password': 'newPassword',
  '/set-password': 'newPassword',
};

/** What of the authorization server is open; the library has more, which nobody here needs. */
const openOAuthPaths: ReadonlySet<string> = new Set([
  '/oauth2/authorize',
  '/oauth2/token',
  '/oauth2/revoke',
  '/oauth2/introspect',
  '/oauth2/register',
  '/oauth2/public-client-prelogin',
]);

/** The library can do more with organisations, by rules that are not ours and without a trace in the audit log. */
const openOrganizationPaths: ReadonlySet<string> = new Set(['/organization/set-active', '/organization/list']);

function checkOrganizationPath(path: string): void {
  if (path.startsWith('/organization/') && !openOrganizationPaths.has(path)) throw new APIError('NOT_FOUND');
}

function checkPassword(brandName: string, path: string, body: Readonly<Record<string, unknown>>): void {
  const field = passwordPaths[path];
  const password = field === undefined ? undefined : body[field];
  if (typeof password !== 'string') return;
  const own = [body['email'], body['name'], brandName].filter((part) => typeof part === 'string');
  if (isCommonPassword(password, own))
    throw new APIError('BAD_REQUEST', {
      code: 'PASSWORD_TOO_COMMON',
      message: 'This password is among those that are guessed first. Choose a longer one of your own.',
    });
}

function checkOAuthPath(chosen: ChosenOrganization, path: string): void {
  if (!path.startsWith('/oauth2/') && !path.startsWith('/admin/oauth2/')) return;
  // Consent is given on our page, where the organisation is chosen.
  if (path === '/oauth2/consent' && chosen.current !== undefined) return;
  if (!openOAuthPaths.has(path)) throw new APIError('NOT_FOUND');
}

/** What is looked at before the library answers a request. */
export function beforeRequest({
  brandName,
  chosen,
  database,
}: {
  readonly brandName: string;
  readonly chosen: ChosenOrganization;
  readonly database: Database;
}) {
  return createAuthMiddleware(async (context) => {
    const { path, body: given } = context as { readonly path: string; readonly body: unknown };
    const body = (given ?? {}) as Readonly<Record<string, unknown>>;
    checkPassword(brandName, path, body);
    checkOAuthPath(chosen, path);
    checkOrganizationPath(path);
    if (path === '/delete-user') {
      const session = await getSessionFromCtx(context);
      if (session !== null) await requireDeletable(database, session.user.id);
    }
    // Whoever changes a password may do so because it is known to another: that other's sessions end.
    if (path === '/change-password') return { context: { body: { ...body, revokeOtherSessions: true } } };
    if (path !== '/oauth2/register') return undefined;
    return { context: { body: await checkRegistration(database, body) } };
  });
}
