import { Applications } from './accounts/oauth/applications.ts';
import type { ApiRoute } from './http/api-route.ts';
import { createBoundProof } from './secrets/bound-proof.ts';
import type { AccountContext } from './self-service/account-route.ts';
import { applicationRoutes } from './self-service/application-routes.ts';
import { authorizationRoutes } from './self-service/authorization-routes.ts';
import { oauthMetadataRoutes } from './self-service/oauth-metadata-routes.ts';
import { oauthPageRoutes } from './self-service/oauth-page-routes.ts';
import { signInOptionRoutes } from './self-service/sign-in-option-routes.ts';
import type { Services } from './services.ts';

/** The authorization server beside what the library answers: metadata, consent, what people have let in. */
export function oauthRoutesOf(
  { config, database, gateway, accounts }: Services,
  context: AccountContext,
  hasConsole: () => boolean,
): ApiRoute[] {
  const { settings, publicUrl, masterKey } = config;
  const { auth, chosen, memberships, providers } = accounts;
  const oauth = { auth, chosen, publicUrl };
  return [
    ...oauthMetadataRoutes({ auth, publicUrl }),
    ...oauthPageRoutes({
      ...oauth,
      memberships,
      brandName: settings.brand.name,
      proof: createBoundProof(masterKey, 'consent'),
      providers: () => providers.available(),
      hasConsole,
    }),
    ...signInOptionRoutes(providers),
    ...authorizationRoutes(context, oauth),
    ...applicationRoutes({
      context,
      applications: new Applications(database),
      onChange: (id) => {
        gateway.authenticator.forget(id);
      },
    }),
  ];
}
