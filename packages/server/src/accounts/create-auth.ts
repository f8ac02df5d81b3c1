import { passkey } from '@better-auth/passkey';
import { betterAuth, type BetterAuthOptions } from 'better-auth';
import { isAPIError } from 'better-auth/api';
import { bearer, jwt, organization, twoFactor } from 'better-auth/plugins';
import { createAccessControl } from 'better-auth/plugins/access';
import { hkdfSync } from 'node:crypto';
import { Kysely, PostgresDialect, WithSchemaPlugin } from 'kysely';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import { ulid } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { Database } from '../postgres/database.ts';
import { accountMail, type AccountMail, type MailLanguage } from './account-mails.ts';
import { afterSignIn, sessionJwtMinutes } from './after-sign-in.ts';
import { beforeRequest } from './before-request.ts';
import { closeEmptied } from './leave-on-deletion.ts';
import { requireDeletable } from './require-deletable.ts';
import type { Person } from './membership-store.ts';
import { createOAuthProvider, oauthErrorPath, type OAuthProviderOptions } from './oauth/oauth-provider.ts';
import { roles } from './roles.ts';
import { sessionClaims } from './session-jwt.ts';

export interface AuthOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly masterKey: Buffer;
  /** Origin of this server. */
  readonly publicUrl: string;
  readonly brandName: string;
  readonly send: Mailer['send'];
  /** Where a token is good that is made before any organisation was chosen. */
  readonly firstOrganizationOf: (person: Person) => Promise<string | undefined>;
  /** False where tests sign up hundreds of people from one address. */
  readonly throttles: boolean;
  readonly oauth: Pick<
    OAuthProviderOptions,
    'chosen' | 'outbound' | 'accessTokenMinutes' | 'refreshTokenDays' | 'registration'
  >;
}

/** Under it every request of the library is answered. */
export const authPath = '/auth';
/** The address that we found; the header is ours alone, what callers send under it is dropped. */
export const addressHeader = 'x-turnpike-address';
const shortestPassword = 10;
const hourSeconds = 3_600;
const daySeconds = 24 * hourSeconds;

function languageOf(request: Request | undefined): MailLanguage {
  return /^\s*de\b/i.test(request?.headers.get('accept-language') ?? '') ? 'de' : 'en';
}

/** Mails leave behind the answer: how long it takes must not tell whether there is such an account. */
function createSender({ send, logger, brandName, clock }: AuthOptions) {
  return (mail: Omit<AccountMail, 'language' | 'brandName'>, request: Request | undefined): Promise<void> => {
    const message = accountMail(
      { ...mail, brandName, language: languageOf(request) },
      `${mail.kind}-${ulid(clock.now())}`,
    );
    send(message).catch((error: unknown) => {
      logger.error({ kind: mail.kind, reason: errorMessage(error) }, 'a mail about an account could not be sent');
    });
    return Promise.resolve();
  };
}

/** Roles are ours (roles.ts); the library only has to know their names. */
function organizationPlugin(send: ReturnType<typeof createSender>, publicUrl: string) {
  const control = createAccessControl({ organization: ['read'] } as const);
  const named = Object.fromEntries(roles.map((role) => [role, control.newRole({ organization: ['read'] })]));
  return organization({
    ac: control,
    roles: named,
    creatorRole: 'owner',
    allowUserToCreateOrganization: false,
    invitationExpiresIn: 7 * daySeconds,
    requireEmailVerificationOnInvitation: true,
    cancelPendingInvitationsOnReInvite: true,
    sendInvitationEmail: ({ id, email, organization: { name }, inviter }, request) =>
      send(
        {
          kind: 'invitation',
          to: email,
          url: `${publicUrl}/console/invitation/${id}`,
          organization: name,
          inviter: inviter.user.name,
        },
        request,
      ),
  });
}

/** What goes by a mailed link: sign-up, a new password, a new address, the end of an account. */
function mailedFlows(send: ReturnType<typeof createSender>, { publicUrl, database, clock }: AuthOptions) {
  return {
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      autoSignIn: false,
      minPasswordLength: shortestPassword,
      maxPasswordLength: 200,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: hourSeconds,
      sendResetPassword: ({ user, url }, request) => send({ kind: 'reset', to: user.email, url }, request),
      // Whoever has an account already is told how to get into it; who asked is told nothing.
      onExistingUserSignUp: ({ user }, request) =>
        send({ kind: 'reset', to: user.email, url: `${publicUrl}/console/forgot-password` }, request),
    },
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: true,
      autoSignInAfterVerification: true,
      expiresIn: hourSeconds,
      sendVerificationEmail: ({ user, url }, request) => send({ kind: 'verify', to: user.email, url }, request),
    },
    user: {
      // Who has not confirmed an address to his provider may be anybody: neither an account nor a link is made of it.
      validateUserInfo: ({ user, source }) =>
        source.method === 'oauth' && source.action !== 'sign-in' && user.emailVerified !== true
          ? { error: 'email_not_verified', errorDescription: 'The provider has not confirmed your address.' }
          : undefined,
      changeEmail: {
        enabled: true,
        sendChangeEmailConfirmation: ({ user, url }, request) => send({ kind: 'change', to: user.email, url }, request),
      },
      deleteUser: {
        enabled: true,
        deleteTokenExpiresIn: hourSeconds,
        beforeDelete: async ({ id }) => {
          // Looked at when it was asked for, too; meanwhile something may have changed.
          await requireDeletable(database, id);
          await closeEmptied(database, id, clock.now());
        },
        sendDeleteAccountVerification: ({ user, url }, request) =>
          send({ kind: 'deletion', to: user.email, url }, request),
      },
    },
  } satisfies BetterAuthOptions;
}

function failuresOf(publicUrl: string): NonNullable<BetterAuthOptions['onAPIError']> {
  return {
    errorURL: `${publicUrl}${oauthErrorPath}`,
    // What is no refusal is a failure, which is logged and answered as everywhere else.
    onError: (error) => {
      if (!isAPIError(error)) throw error;
    },
  };
}

/**
 * Accounts of people: sign-up with a mailed link, sessions in cookies, passwords by scrypt, passkeys, one-time codes,
 * organisations, short JWTs. Their data lie in the schema `accounts`.
 */
export function createAuth(options: AuthOptions) {
  const { database, masterKey, publicUrl, brandName, throttles } = options;
  const send = createSender(options);
  const db = new Kysely<Record<string, never>>({
    dialect: new PostgresDialect({ pool: database.pool }),
    plugins: [new WithSchemaPlugin('accounts')],
  });
  const definePayload = sessionClaims(options.firstOrganizationOf);
  const jwtOptions = {
    jwt: {
      ...{ issuer: publicUrl, audience: publicUrl, definePayload },
      expirationTime: `${sessionJwtMinutes}m`,
    },
  };
  const isSecure = publicUrl.startsWith('https:');
  return betterAuth({
    appName: brandName,
    baseURL: publicUrl,
    basePath: authPath,
    secret: Buffer.from(hkdfSync('sha256', masterKey, '', 'turnpike accounts', 32)).toString('hex'),
    database: { db, type: 'postgres' },
    trustedOrigins: [publicUrl],
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: {
      cookiePrefix: 'turnpike',
      useSecureCookies: isSecure,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', secure: isSecure },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    rateLimit: { enabled: throttles, storage: 'database', window: 60, max: 100 },
    session: { expiresIn: 30 * daySeconds, updateAge: daySeconds, freshAge: hourSeconds },
    ...mailedFlows(send, options),
    hooks: {
      before: beforeRequest({ brandName, database, chosen: options.oauth.chosen }),
      after: afterSignIn(jwtOptions, definePayload),
    },
    onAPIError: failuresOf(publicUrl),
    plugins: [
      organizationPlugin(send, publicUrl),
      twoFactor({ issuer: brandName }),
      passkey({ rpID: new URL(publicUrl).hostname, rpName: brandName, origin: publicUrl }),
      bearer(),
      jwt(jwtOptions),
      createOAuthProvider({ publicUrl, clock: options.clock, logger: options.logger, ...options.oauth }),
    ],
  });
}

export type Auth = ReturnType<typeof createAuth>;
