import { signInOptions } from '@turnpike/contract/oauth';
import type { SignInProviders } from '../accounts/sign-in-providers.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

/** GET /account/v1/sign-in-options: what a page of sign-in offers. */
export function signInOptionRoutes(providers: Pick<SignInProviders, 'available'>): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/account/v1/sign-in-options',
      operationId: 'getSignInOptions',
      summary: 'The ways in which people can sign in',
      tag: 'account',
      security: 'none',
      responses: { 200: { description: 'The ways', schema: signInOptions } },
      handle: () => ({
        status: 200,
        body: { password: true, passkey: true, providers: [...providers.available()] },
        headers: { 'cache-control': 'no-store' },
      }),
    }),
  ];
}
