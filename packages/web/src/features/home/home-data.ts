import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, done } from '../../api/client.ts';
import { startOfDay, sumOf, type DaySums } from './day-sums.ts';

/** So often the page looks for what is new. */
const refetchInterval = 10_000;
const oneAndAHalfDaysMs = 129_600_000;

/** Usage of today and yesterday, in the reader's own days. */
export function useDays(now: number) {
  const [today, yesterday] = [startOfDay(now), startOfDay(now, 1)];
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', 'days', yesterday],
    refetchInterval,
    queryFn: () => {
      const query = { group_by: 'hour', from: new Date(yesterday).toISOString(), limit: 200 };
      return done(api.GET('/account/v1/usage', { params: { query } }));
    },
  });
  const sums = (from: number, to: number): DaySums | undefined =>
    data === undefined ? undefined : sumOf(data.data, from, to);
  return {
    today: sums(today, startOfDay(today + oneAndAHalfDaysMs)),
    yesterday: sums(yesterday, today),
    error,
    retry: () => void refetch(),
  };
}

/** The newest requests of the last thirty days; none: nobody has called yet, or not for long. */
export function useLatest(now: number) {
  const from = startOfDay(now, 30);
  const queries = useQueryClient();
  const latest = useQuery({
    queryKey: ['usage', 'latest', from],
    refetchInterval,
    queryFn: () => {
      const query = { from: new Date(from).toISOString(), limit: 6 };
      return done(api.GET('/account/v1/usage/events', { params: { query } }));
    },
  });
  // A request that has just arrived is in the sums too.
  const newest = latest.data?.data[0]?.id;
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['usage', 'days'] });
  }, [newest, queries]);
  return latest;
}
