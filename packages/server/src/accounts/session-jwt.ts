import type { Auth } from './create-auth.ts';
import type { Person } from './membership-store.ts';

/** A session's short token, read. */
export type SessionJwt =
  | {
      readonly kind: 'valid';
      readonly person: Person;
      readonly userId: string;
      readonly sessionId: string;
      /** The organisation that was chosen in the session when the token was made. */
      readonly tenantId: string | undefined;
      readonly expiresAtMs: number;
    }
  | { readonly kind: 'expired'; readonly expiresAtMs: number }
  | { readonly kind: 'invalid' };

/** What the tokens of GET /auth/token say of a session. */
export function sessionClaims({
  user,
  session,
}: {
  readonly user: { readonly email: string; readonly name: string; readonly emailVerified: boolean };
  readonly session: { readonly id: string; readonly activeOrganizationId?: unknown };
}): Record<string, unknown> {
  const { email, name, emailVerified } = user;
  const { id, activeOrganizationId: org } = session;
  return { email, name, emailVerified, sid: id, ...(typeof org === 'string' ? { org } : {}) };
}

function expiryMs(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a token of GET /auth/token: signature, issuer and audience must be ours. */
export async function readSessionJwt(auth: Auth, token: string, nowMs: number): Promise<SessionJwt> {
  const expiresAtMs = expiryMs(token);
  if (expiresAtMs === undefined) return { kind: 'invalid' };
  if (expiresAtMs <= nowMs) return { kind: 'expired', expiresAtMs };
  const { payload } = await auth.api.verifyJWT({ body: { token } });
  const claims = (payload ?? {}) as Readonly<Record<string, unknown>>;
  const { sub: userId, sid: sessionId, org, email, name, emailVerified } = claims;
  if (typeof userId !== 'string' || typeof sessionId !== 'string' || typeof email !== 'string')
    return { kind: 'invalid' };
  const person = {
    id: userId,
    email,
    name: typeof name === 'string' ? name : '',
    emailVerified: emailVerified === true,
  };
  return { kind: 'valid', person, userId, sessionId, tenantId: typeof org === 'string' ? org : undefined, expiresAtMs };
}
