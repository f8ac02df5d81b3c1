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

/** Who a session is of, as of now: what was true when a token was made may have ended since. */
async function holderOf(auth: Auth, sessionId: string, userId: string, nowMs: number): Promise<Person | undefined> {
  const { adapter, internalAdapter } = await auth.$context;
  const session = await adapter.findOne<{ readonly userId: string; readonly expiresAt: Date }>({
    model: 'session',
    where: [{ field: 'id', value: sessionId }],
  });
  if (session?.userId !== userId || session.expiresAt.getTime() <= nowMs) return undefined;
  const user = await internalAdapter.findUserById(userId);
  return user === null
    ? undefined
    : { id: user.id, email: user.email, name: user.name, emailVerified: user.emailVerified };
}

/**
 * An access token of GET /auth/token: good for fifteen minutes, and never longer than its session.
 * @throws AppError EXPIRED_TOKEN, INVALID_SESSION
 */
async function byJwt(auth: Auth, token: string, nowMs: number): Promise<SignedIn> {
  const jwt = await readSessionJwt(auth, token, nowMs);
  if (jwt.kind === 'expired')
    throw new AppError(
      'EXPIRED_TOKEN',
      'This token has expired. Get a new one with GET /auth/token, or sign in again.',
    );
  if (jwt.kind === 'invalid')
    throw new AppError('INVALID_SESSION', 'This token is not valid. Get a new one with GET /auth/token.');
  const person = await holderOf(auth, jwt.sessionId, jwt.userId, nowMs);
  if (person === undefined)
    throw new AppError('INVALID_SESSION', 'The session behind this token has ended. Sign in again.');
  return { person, byCookie: false, activeTenantId: jwt.tenantId };
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
  // A made-up Bearer beside a cookie is passed over by the library: then it is the cookie that speaks.
  const isBearer = token !== undefined && token.split('.')[0] === session.session.token;
  return {
    person: { id: user.id, email: user.email, name: user.name, emailVerified: user.emailVerified },
    byCookie: !isBearer,
    activeTenantId: session.session.activeOrganizationId ?? undefined,
  };
}
