import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, chosenOrganization, done, type Schema } from '../../api/client.ts';
import { rangeOf, type Period } from './periods.ts';

export type Split = 'model' | 'key' | 'surface';

/** What is looked at; in the address, so that it can be shared. */
export interface Wanted {
  readonly period: Period;
  readonly split: Split;
  readonly key: string | undefined;
  readonly model: string | undefined;
}

/** So often the page looks for what is new. */
const refetchInterval = 5_000;
/** Of 200 rows: more steps, keys and models than a chart can show. */
const mostPages = 20;

function queryOf({ period, split, key, model }: Wanted, nowMs: number) {
  const { fromMs, step } = rangeOf(period, nowMs);
  return {
    from: new Date(fromMs).toISOString(),
    group_by: `${step},${split}`,
    ...(key === undefined ? {} : { key }),
    ...(model === undefined ? {} : { model }),
  };
}

/** Sums by step and by what they are split by: everything that the page shows is made of them. */
export function useUsage(wanted: Wanted) {
  return useQuery({
    queryKey: ['usage', 'report', wanted],
    refetchInterval,
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const query = queryOf(wanted, Date.now());
      const rows: Schema<'UsageRow'>[] = [];
      let after: string | undefined;
      for (let page = 0; page < mostPages; page += 1) {
        const { data, pagination } = await done(
          api.GET('/account/v1/usage', {
            params: { query: { ...query, limit: 200, ...(after === undefined ? {} : { after }) } },
          }),
        );
        rows.push(...data);
        after = pagination.cursor ?? undefined;
        if (after === undefined) break;
      }
      return rows;
    },
  });
}

export function useModelNames(): readonly string[] {
  const { data } = useQuery({
    queryKey: ['models'],
    queryFn: () => done(api.GET('/account/v1/models')),
    staleTime: 60_000,
  });
  return data?.data.map(({ id }) => id) ?? [];
}

/**
 * The file comes with the session's cookie; the organisation goes in a header, so it is fetched and then saved.
 * @throws Error where the server does not give it
 */
export async function saveCsv(wanted: Wanted): Promise<void> {
  const query = new URLSearchParams(queryOf(wanted, Date.now()));
  const organization = chosenOrganization();
  const response = await fetch(`/account/v1/usage.csv?${query.toString()}`, {
    headers: organization === null ? {} : { 'x-turnpike-organization': organization },
  });
  if (!response.ok) throw new Error(`HTTP ${String(response.status)}`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = `usage-${wanted.period}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
