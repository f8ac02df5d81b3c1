import type { Auth } from './create-auth.ts';
import type { Person } from './membership-store.ts';

/** A session's short token, read. */
export type SessionJwt =
  | {
      readonly kind: 'valid';
      readonly userId: string;
      readonly sessionId: string;
      /** The organisation that was chosen in the session when the token was made. */
      readonly tenantId: string | undefined;
      readonly expiresAtMs: number;
    }
  | { readonly kind: 'expired'; readonly expiresAtMs: number }
  | { readonly kind: 'invalid' };

export type DefineSessionClaims = (signedIn: {
  readonly user: Person;
  readonly session: { readonly id: string; readonly activeOrganizationId?: unknown };
}) => Promise<Record<string, unknown>>;

/**
 * What the tokens of GET /auth/token say of a session: always one organisation, the chosen one or the first.
 * @param firstOrganizationOf makes it where somebody has none yet
 */
export function sessionClaims(
  firstOrganizationOf: (person: Person) => Promise<string | undefined>,
): DefineSessionClaims {
  return async ({ user: { id: userId, email, name, emailVerified }, session: { id, activeOrganizationId } }) => {
    const person = { id: userId, email, name, emailVerified };
    const org = typeof activeOrganizationId === 'string' ? activeOrganizationId : await firstOrganizationOf(person);
    return { email, name, emailVerified, sid: id, ...(org === undefined ? {} : { org }) };
  };
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
  const { sub: userId, sid: sessionId, org } = claims;
  if (typeof userId !== 'string' || typeof sessionId !== 'string') return { kind: 'invalid' };
  return { kind: 'valid', userId, sessionId, tenantId: typeof org === 'string' ? org : undefined, expiresAtMs };
}
