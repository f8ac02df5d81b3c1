import { AppError } from '../errors.ts';
import type { Auth } from './create-auth.ts';
import type { Person } from './membership-store.ts';
import { isPersonToken, readPersonToken } from './person-token.ts';

/** Who a request of the console, or of its API, is from. */
export interface SignedIn {
  readonly person: Person;
  /** By cookie: what changes something must come from our own pages. */
  readonly byCookie: boolean;
  /** The organisation chosen in this session. */
  readonly activeTenantId: string | undefined;
}

/**
 * Finds out who has signed in: by the session's cookie, its token as a Bearer, or a short JWT.
 * @throws AppError INVALID_SESSION, EXPIRED_TOKEN
 */
export async function readSignIn(auth: Auth, headers: Headers, nowMs: number): Promise<SignedIn> {
  const token = /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (token !== undefined && isPersonToken(token)) {
    const { person, tenantId } = await readPersonToken(auth, token, nowMs);
    return { person, byCookie: false, activeTenantId: tenantId };
  }
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
