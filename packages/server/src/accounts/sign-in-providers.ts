import type { AuthContext } from 'better-auth';
import { genericOAuth } from 'better-auth/plugins';
import { errorMessage } from '../errors.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Auth } from './create-auth.ts';

/** An OpenID provider by which people may sign in, as the operator names it. */
export interface SignInProvider {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
}

export interface SignInProviders {
  /** Those whose metadata could be read; only these can be used now. */
  available(): readonly { readonly id: string; readonly name: string }[];
  /** Looks for those that are missing; runs by itself every minute. */
  connect(): Promise<void>;
  close(): void;
}

const retryMs = 60_000;

function trimmed(url: string): string {
  return url.replace(/\/$/, '');
}

/** What the library is told of a provider; everything else is in the metadata at its issuer. */
function settingsOf({ id, name, issuer, clientId, clientSecret, scopes }: SignInProvider) {
  return {
    ...{ providerId: id, name, clientId, clientSecret, scopes: [...scopes] },
    discoveryUrl: `${trimmed(issuer)}/.well-known/openid-configuration`,
    requireIdTokenVerification: true,
    // What is no plain true is no confirmation.
    mapProfileToUser: ({ emailVerified }: { readonly emailVerified?: unknown }) => ({
      emailVerified: emailVerified === true,
    }),
  };
}

/**
 * Sign-in by OpenID providers. Their metadata are read beside the start, again and again until they are there: a provider
 * that is down must neither hold up who signs in otherwise nor be missing until the next start.
 */
export function connectSignInProviders(options: {
  readonly auth: Auth;
  readonly providers: readonly SignInProvider[];
  readonly clock: Clock;
  readonly logger: Logger;
}): SignInProviders {
  const { auth, providers, clock, logger } = options;
  const connected = new Set<string>();
  const connecting = new Set<string>();
  const connectOne = async (provider: SignInProvider): Promise<void> => {
    if (connected.has(provider.id) || connecting.has(provider.id)) return;
    connecting.add(provider.id);
    const { id, issuer } = provider;
    try {
      // The library types its context by the options it was made with, and takes it without them.
      const context = (await auth.$context) as unknown as AuthContext;
      const { context: found } = await genericOAuth({ config: [settingsOf(provider)] }).init(context);
      const [made] = found.socialProviders.filter((candidate) => candidate.id === id);
      if (made === undefined) throw new Error('its metadata cannot be used');
      // OpenID Connect Discovery §4.3.
      if (made.issuer === undefined || trimmed(made.issuer) !== trimmed(issuer))
        throw new Error(`its metadata name another issuer: ${String(made.issuer)}`);
      context.socialProviders.push(made);
      connected.add(id);
      logger.info({ provider: id }, 'people can sign in by this provider');
    } catch (error) {
      logger.warn({ provider: id, reason: errorMessage(error) }, 'people cannot sign in by this provider now');
    } finally {
      connecting.delete(id);
    }
  };
  const connect = async (): Promise<void> => {
    await Promise.all(providers.map(connectOne));
  };
  if (providers.length > 0) void connect();
  return {
    available: () => providers.filter(({ id }) => connected.has(id)).map(({ id, name }) => ({ id, name })),
    connect,
    close: providers.length === 0 ? () => undefined : clock.every(retryMs, () => void connect()),
  };
}
