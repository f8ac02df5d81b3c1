import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, call } from '../../api/client.ts';
import { startOfDay, sumOf, type DaySums } from './day-sums.ts';

/** So often the page looks for what is new. */
const refetchMs = 10_000;
const dayMs = 86_400_000;

/** Usage of today and yesterday, in the reader's own days. */
export function useDays(now: number) {
  const [today, yesterday] = [startOfDay(now), startOfDay(now, 1)];
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', 'days', yesterday],
    refetchInterval: refetchMs,
    queryFn: ({ signal }) =>
      call(
        api.GET('/account/v1/usage', {
          params: { query: { group_by: 'hour', from: new Date(yesterday).toISOString(), limit: 200 } },
          signal,
        }),
      ),
  });
  const sums = (from: number, to: number): DaySums | undefined =>
    data === undefined ? undefined : sumOf(data.data, from, to);
  return {
    today: sums(today, startOfDay(today + 1.5 * dayMs)),
    yesterday: sums(yesterday, today),
    error,
    retry: () => void refetch(),
  };
}

/** The newest requests of the last thirty days; none: nobody has called yet, or not for long. */
export function useLatest(now: number) {
  const from = startOfDay(now, 30);
  const queryClient = useQueryClient();
  const latest = useQuery({
    queryKey: ['usage', 'latest', from],
    refetchInterval: refetchMs,
    queryFn: ({ signal }) =>
      call(
        api.GET('/account/v1/usage/events', {
          params: { query: { from: new Date(from).toISOString(), limit: 6 } },
          signal,
        }),
      ),
  });
  // A request that has just arrived is in the sums too.
  const newest = latest.data?.data[0]?.id;
  useEffect(() => {
    void queryClient.invalidateQueries({ queryKey: ['usage', 'days'] });
  }, [newest, queryClient]);
  return latest;
}
