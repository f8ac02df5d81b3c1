import type { ConsoleConfig } from '@turnpike/contract/console';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';

/** What the server tells the console before anybody has signed in. */
const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: async (): Promise<ConsoleConfig> => {
    const response = await fetch('/console/config.json');
    if (!response.ok) throw new Error(`HTTP ${String(response.status)}`);
    return (await response.json()) as ConsoleConfig;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export function useSettings(): ConsoleConfig {
  return useSuspenseQuery(settingsQuery).data;
}
