import {
  authorizationAnswer,
  authorizationDecision,
  authorizationQuery,
  authorizationRequest,
} from '@turnpike/contract/oauth';
import type { ClientIdentity } from '../accounts/oauth/client-identity.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { decide, givable, readConsentRequest, type OAuthPagesContext } from './oauth-request.ts';
import { scopeWords } from './oauth-words.ts';

/** An application as the account API shows it. */
export function presentClient({ id, name, verifiedHost, uri, policyUri, termsUri }: ClientIdentity) {
  return { id, name, verified_host: verifiedHost, uri, policy_uri: policyUri, terms_uri: termsUri };
}

/** What a page of consent needs: what is asked for, and the answer to it. */
export function authorizationRoutes(context: AccountContext, oauth: OAuthPagesContext): ApiRoute[] {
  const path = '/account/v1/authorization';
  return [
    accountRoute({
      ...{ context, path },
      method: 'GET',
      operationId: 'getAuthorizationRequest',
      summary: 'What an application asks a person for',
      query: authorizationQuery,
      responses: { 200: { description: 'The request', schema: authorizationRequest } },
      handle: async ({ query: { oauth_query: query }, memberships, asking }) => {
        const request = await readConsentRequest(oauth, asking, query);
        const { client, redirect, scopes, offline, resources } = request;
        return {
          status: 200,
          body: {
            client: presentClient(client),
            redirect_host: redirect.host,
            redirects_to_device: redirect.isDevice,
            scopes: scopes.map((name) => ({ name, description: scopeWords.en[name] })),
            offline,
            organizations: memberships.map((membership) => ({
              id: membership.tenantId,
              name: membership.tenantName,
              role: membership.role,
              scopes: givable(request, membership),
            })),
            resources,
          },
        };
      },
    }),
    accountRoute({
      ...{ context, path },
      method: 'POST',
      operationId: 'decideAuthorizationRequest',
      summary: 'Let an application in for an organisation, or do not',
      description: 'Taken from a browser only: the consent is bound to the session’s cookie.',
      body: authorizationDecision,
      responses: { 200: { description: 'Where the browser goes', schema: authorizationAnswer } },
      handle: async ({ body, memberships, asking }) => {
        const request = await readConsentRequest(oauth, asking, body.oauth_query);
        const membership = memberships.find(({ tenantId }) => tenantId === body.organization);
        const { scopes, decision } = body;
        const url = await decide(oauth, asking, request, { approve: decision === 'approve', membership, scopes });
        return { status: 200, body: { redirect_to: url } };
      },
    }),
  ];
}
