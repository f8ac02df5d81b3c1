import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { api, auth, chooseOrganization, chosenOrganization, done, type Schema } from '../api/client.ts';
import { Problem } from '../api/problem.ts';

export type Me = Schema<'OwnAccount'>;

/** Who has signed in; null: nobody, or somebody who belongs to no organisation yet. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async (): Promise<Me> => {
    try {
      return await done(api.GET('/account/v1/me'));
    } catch (error) {
      // An organisation chosen earlier that one no longer belongs to.
      if (!(error instanceof Problem) || error.status !== 404 || chosenOrganization() === null) throw error;
      chooseOrganization(null);
      return done(api.GET('/account/v1/me'));
    }
  },
  staleTime: 60_000,
});

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** May the signed-in person do it in the chosen organisation? @param action as in accounts/roles.ts of the server */
export function useMay(): (action: string) => boolean {
  const { allowed } = useMe();
  return (action) => allowed.includes(action);
}

export function useSwitchOrganization(): (id: string) => void {
  const queries = useQueryClient();
  return (id) => {
    chooseOrganization(id);
    // Tokens for the API are made for the organisation of the session. Staff who look in have none there.
    void auth('/organization/set-active', { organizationId: id })
      .catch(() => undefined)
      .then(() => {
        queries.clear();
        // All that is shown belongs to the organisation that was left.
        window.location.assign('/console/');
      });
  };
}

/** Only addresses on this server and below the console are gone to. */
export function safeReturn(target: unknown): string {
  if (typeof target !== 'string' || !target.startsWith('/') || target.startsWith('//') || target.includes('\\'))
    return '/console/';
  const url = new URL(target, window.location.origin);
  const isOurs = url.origin === window.location.origin && /^\/(console|oauth)(\/|$|\?)/.test(url.pathname);
  return isOurs ? `${url.pathname}${url.search}${url.hash}` : '/console/';
}

/** Refused because there is no session any more. Other refusals with 401 are about a password or code that was typed. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Problem && error.status === 401 && ['INVALID_SESSION', 'UNAUTHORIZED'].includes(error.code);
}

/** To the sign-in page and, after it, back to this one. */
export function leaveForSignIn(): void {
  const { pathname, search } = window.location;
  window.location.assign(`/console/sign-in?return=${encodeURIComponent(`${pathname}${search}`)}`);
}

export async function signOut(everywhere: boolean): Promise<void> {
  if (everywhere) await auth('/revoke-sessions', {});
  await auth('/sign-out', {}).catch((error: unknown) => {
    // Whoever has ended all sessions has ended this one too.
    if (!(error instanceof Problem)) throw error;
  });
  chooseOrganization(null);
  window.location.assign('/console/sign-in');
}
