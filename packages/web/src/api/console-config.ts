import type { ConsoleConfig } from '@turnpike/contract/console';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { errorOfResponse } from './api-error.ts';

export type { ConsoleConfig };

/** What the server tells before anybody has signed in. */
export const configQuery = queryOptions({
  queryKey: ['console-config'],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }): Promise<ConsoleConfig> => {
    const response = await fetch('/console/config.json', { signal });
    if (!response.ok) throw errorOfResponse(response, undefined);
    return (await response.json()) as ConsoleConfig;
  },
});

export function useConsoleConfig(): ConsoleConfig {
  return useSuspenseQuery(configQuery).data;
}
