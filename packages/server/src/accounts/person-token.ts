import { AppError } from '../errors.ts';
import type { Auth } from './create-auth.ts';
import type { Person } from './membership-store.ts';

/** What a short token of GET /auth/token says. */
export interface PersonToken {
  readonly person: Person;
  /** The organisation it was made for; undefined: its owner belonged to none. */
  readonly tenantId: string | undefined;
  readonly expiresAtMs: number;
}

interface Claims {
  readonly sub?: unknown;
  readonly exp?: unknown;
  readonly org?: unknown;
  readonly email?: unknown;
  readonly name?: unknown;
  readonly emailVerified?: unknown;
}

const challenge = { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };

/** Is it one by its form? Keys and session tokens have no two dots. */
export function isPersonToken(secret: string): boolean {
  return secret.split('.').length === 3;
}

/** What a token claims, taken for nothing but to say why it is refused. */
function unverified(token: string): Claims {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
  } catch {
    return {};
  }
}

/** @throws AppError EXPIRED_TOKEN, INVALID_SESSION */
export async function readPersonToken(auth: Auth, token: string, nowMs: number): Promise<PersonToken> {
  const { exp: claimed } = unverified(token);
  if (typeof claimed === 'number' && claimed * 1_000 <= nowMs)
    throw new AppError(
      'EXPIRED_TOKEN',
      'This token has expired. Get a new one with GET /auth/token, or sign in again.',
      challenge,
    );
  const { payload } = await auth.api.verifyJWT({ body: { token } }).catch(() => ({ payload: null }));
  const { sub, exp, org, email, name, emailVerified }: Claims = payload ?? {};
  if (typeof sub !== 'string' || typeof email !== 'string' || typeof exp !== 'number')
    throw new AppError('INVALID_SESSION', 'This token is not valid. Get a new one with GET /auth/token.', challenge);
  return {
    person: { id: sub, email, name: typeof name === 'string' ? name : '', emailVerified: emailVerified === true },
    tenantId: typeof org === 'string' ? org : undefined,
    expiresAtMs: exp * 1_000,
  };
}
