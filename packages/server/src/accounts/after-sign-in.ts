import { createAuthMiddleware } from 'better-auth/api';
import { signJWT, type JwtOptions } from 'better-auth/plugins';
import type { DefineSessionClaims } from './session-jwt.ts';

/** Ways of signing in that programs use too. */
const signInPaths: ReadonlySet<string> = new Set([
  '/sign-in/email',
  '/two-factor/verify-totp',
  '/two-factor/verify-otp',
  '/two-factor/verify-backup-code',
]);

export const sessionJwtMinutes = 15;

/**
 * Who signs in is given a short token for the API at once. A new one is had with GET /auth/token, for which `token`, that
 * of the session, is sent as a Bearer.
 */
export function afterSignIn(options: JwtOptions, claimsOf: DefineSessionClaims) {
  return createAuthMiddleware(async (context) => {
    const { newSession, returned } = context.context;
    if (!signInPaths.has(context.path) || newSession === null) return undefined;
    if (typeof returned !== 'object' || returned === null || returned instanceof Error) return undefined;
    const { user, session } = newSession;
    const claims = await claimsOf({ user, session });
    const payload = { iat: Math.floor(Date.now() / 1_000), ...claims, sub: user.id };
    const token = await signJWT(context, { options, payload });
    return context.json({
      ...returned,
      access_token: token,
      token_type: 'Bearer',
      expires_in: sessionJwtMinutes * 60,
    });
  });
}
