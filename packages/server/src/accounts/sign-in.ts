import { AppError } from '../errors.ts';
import type { Auth } from './create-auth.ts';
import type { Person } from './membership-store.ts';

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

/** An access token of POST /auth/token: good for fifteen minutes. @throws AppError EXPIRED_TOKEN, INVALID_SESSION */
async function byJwt(auth: Auth, token: string, nowMs: number): Promise<SignedIn> {
  const expired = expiryOf(token);
  if (expired !== undefined && expired * 1_000 <= nowMs)
    throw new AppError(
      'EXPIRED_TOKEN',
      'This token has expired. Get a new one with GET /auth/token, or sign in again.',
    );
  const { payload } = await auth.api.verifyJWT({ body: { token } }).catch(() => ({ payload: null }));
  const { sub, email, name, emailVerified } = (payload ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof sub !== 'string' || typeof email !== 'string')
    throw new AppError('INVALID_SESSION', 'This token is not valid. Get a new one with GET /auth/token.');
  const person = { id: sub, email, name: typeof name === 'string' ? name : '', emailVerified: emailVerified === true };
  return { person, byCookie: false, activeTenantId: undefined };
}

function expiryOf(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof claims.exp === 'number' ? claims.exp : undefined;
  } catch {
    return undefined;
  }
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
