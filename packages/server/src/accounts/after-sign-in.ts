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

interface Ending {
  readonly context: {
    readonly internalAdapter: {
      readonly listSessions: (userId: string) => Promise<readonly { readonly token: string }[]>;
      readonly deleteSession: (token: string) => Promise<unknown>;
    };
  };
}

/** An address that was confirmed, the first or a new one, leaves one session: that of who followed the link. */
async function endOthers(
  { context: { internalAdapter } }: Ending,
  { user, session }: { readonly user: { readonly id: string }; readonly session: { readonly token: string } },
): Promise<void> {
  const all = await internalAdapter.listSessions(user.id);
  const others = all.filter(({ token }) => token !== session.token);
  await Promise.all(others.map(({ token }) => internalAdapter.deleteSession(token)));
}

/**
 * Who signs in is given a short token for the API at once. A new one is had with GET /auth/token, for which `token`, that
 * of the session, is sent as a Bearer.
 */
export function afterSignIn(options: JwtOptions, claimsOf: DefineSessionClaims) {
  return createAuthMiddleware(async (context) => {
    const { newSession, returned } = context.context;
    if (context.path === '/verify-email' && newSession !== null) await endOthers(context, newSession);
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
