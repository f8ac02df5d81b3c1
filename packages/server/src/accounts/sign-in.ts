import { AppError } from '../errors.ts';
import type { Auth } from './create-auth.ts';
import type { Person } from './membership-store.ts';
import { readSessionJwt } from './session-jwt.ts';

/** Who a request of the console, or of its API, is from. */
export interface SignedIn {
  readonly person: Person;
  /** By cookie: what changes something must come from our own pages. */
  readonly byCookie: boolean;
  /** The organisation chosen in this session. */
  readonly activeTenantId: string | undefined;
}

function isJwt(token: string): boolean {
  return token.split('.').length === 3;
}

/** An access token of GET /auth/token: good for fifteen minutes. @throws AppError EXPIRED_TOKEN, INVALID_SESSION */
async function byJwt(auth: Auth, token: string, nowMs: number): Promise<SignedIn> {
  const jwt = await readSessionJwt(auth, token, nowMs);
  if (jwt.kind === 'expired')
    throw new AppError(
      'EXPIRED_TOKEN',
      'This token has expired. Get a new one with GET /auth/token, or sign in again.',
    );
  if (jwt.kind === 'invalid')
    throw new AppError('INVALID_SESSION', 'This token is not valid. Get a new one with GET /auth/token.');
  return { person: jwt.person, byCookie: false, activeTenantId: jwt.tenantId };
}

/**
 * Finds out who has signed in: by the session's cookie, its token as a Bearer, or a short JWT.
 * @throws AppError INVALID_SESSION, EXPIRED_TOKEN
 */
export async function readSignIn(auth: Auth, headers: Headers, nowMs: number): Promise<SignedIn> {
  const token = /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (token !== undefined && isJwt(token)) return byJwt(auth, token, nowMs);
  const session = await auth.api.getSession({ headers });
  if (session === null)
    throw new AppError('INVALID_SESSION', 'Nobody is signed in. Sign in with POST /auth/sign-in/email.');
  const { user } = session;
  return {
    person: { id: user.id, email: user.email, name: user.name, emailVerified: user.emailVerified },
    byCookie: token === undefined,
    activeTenantId: session.session.activeOrganizationId ?? undefined,
  };
}
