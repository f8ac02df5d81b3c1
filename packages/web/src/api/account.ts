import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { ApiError } from './api-error.ts';
import { api, call } from './client.ts';
import { chooseOrganization, chosenOrganization } from './organization-choice.ts';
import type { components } from './schema.d.ts';

export type Account = components['schemas']['OwnAccount'];
export type Organization = Account['organizations'][number];

/** What a member may be allowed to do, such as `keys:write`; the server tells which. */
export type Action = `${string}:${'read' | 'write' | 'delete'}`;

async function readAccount(signal: AbortSignal): Promise<Account> {
  try {
    return await call(api.GET('/account/v1/me', { signal }));
  } catch (error) {
    // An organisation chosen earlier that the person has left since.
    const isForgotten = error instanceof ApiError && error.status === 404 && chosenOrganization() !== undefined;
    if (!isForgotten) throw error;
    chooseOrganization(undefined);
    return call(api.GET('/account/v1/me', { signal }));
  }
}

export const accountQuery = queryOptions({
  queryKey: ['account'],
  staleTime: 60_000,
  queryFn: ({ signal }) => readAccount(signal),
});

/** Who is signed in. Only below the shell, which has read it. */
export function useAccount(): Account {
  return useSuspenseQuery(accountQuery).data;
}

/** The organisation that everything on the page is about. */
export function useOrganization(): Organization {
  const { organization, organizations } = useAccount();
  const found = organizations.find(({ id }) => id === organization) ?? organizations[0];
  if (found === undefined) throw new Error('the account has no organisation');
  return found;
}

/** May the person do this in the organisation? What is not allowed is not offered; the server decides. */
export function useMay(): (action: Action | undefined) => boolean {
  const { allowed } = useAccount();
  return (action) => action === undefined || allowed.includes(action);
}
