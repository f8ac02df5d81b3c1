import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { authRequest } from '../api/auth-request.ts';
import { configQuery } from '../api/console-config.ts';
import { chooseOrganization } from '../api/organization-choice.ts';

export interface SessionActions {
  readonly signOut: () => Promise<void>;
  /** Ends every session of the person, this one too. */
  readonly signOutEverywhere: () => Promise<void>;
  readonly switchOrganization: (id: string) => Promise<void>;
}

export function useSessionActions(): SessionActions {
  const queryClient = useQueryClient();
  const router = useRouter();
  /** Nothing that was read for one person or organisation may be seen by the next. */
  const forget = () => {
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== configQuery.queryKey[0] });
  };
  const leave = async () => {
    chooseOrganization(undefined);
    forget();
    await router.navigate({ to: '/sign-in' });
  };
  return {
    signOut: async () => {
      await authRequest('/sign-out', {});
      await leave();
    },
    signOutEverywhere: async () => {
      await authRequest('/revoke-sessions', {});
      await leave();
    },
    switchOrganization: async (id) => {
      chooseOrganization(id);
      await router.navigate({ to: '/' });
      forget();
      await router.invalidate();
    },
  };
}
