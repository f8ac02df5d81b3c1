import { useQuery } from '@tanstack/react-query';
import { api, done } from '../../api/client.ts';

/** Names of keys by their ids. */
export function useKeyNames(): ReadonlyMap<string, string> {
  const { data } = useQuery({
    queryKey: ['keys'],
    queryFn: () => done(api.GET('/account/v1/keys', { params: { query: { limit: 200 } } })),
    staleTime: 30_000,
  });
  return new Map(data?.data.map(({ id, name }) => [id, name]));
}
