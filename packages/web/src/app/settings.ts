import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';

/** What the server tells the console before anybody has signed in. */
export interface ConsoleSettings {
  readonly brand: string;
  readonly public_url: string;
  readonly documentation_url: string;
  readonly sign_in: { readonly oidc: readonly { readonly id: string; readonly name: string }[] };
  readonly demo_model: string | null;
  /** How long a new organisation may try the default plan; null: for good. */
  readonly trial_days: number | null;
}

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: async (): Promise<ConsoleSettings> => {
    const response = await fetch('/console/config.json');
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as ConsoleSettings;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export function useSettings(): ConsoleSettings {
  return useSuspenseQuery(settingsQuery).data;
}
