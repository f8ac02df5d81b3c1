import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { configQuery } from '../../api/console-config.ts';
import { safeReturnPath } from '../../api/return-path.ts';

/** What the address of the page says, as texts. */
export function useSearchText(name: string): string | undefined {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const value = search[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `?return=…` for links between these pages: where one wanted to go is not forgotten on the way. */
export function useReturnSearch(): Readonly<Record<string, string>> {
  const wanted = useSearchText('return');
  return wanted === undefined ? {} : { return: wanted };
}

/** Leads on after signing in: to where one wanted, else to the start page. */
export function useAfterSignIn(): () => void {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const wanted = useSearchText('return');
  return () => {
    const path = safeReturnPath(wanted);
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== configQuery.queryKey[0] });
    if (/^\/console(?:[/?#]|$)/.test(path)) void navigate({ href: path });
    else location.assign(path);
  };
}
