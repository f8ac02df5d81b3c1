import { useQuery } from '@tanstack/react-query';
import { api, done } from '../../api/client.ts';
import { useSettings } from '../../app/settings.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { texts } from './texts.ts';

const dayMs = 86_400_000;
/** Above this part of failures something is wrong with a model, and not with its callers alone. */
const alarmingFailures = 0.05;

interface Health {
  readonly id: string;
  readonly capabilities: readonly string[];
  readonly requests: number;
  readonly errors: number;
  readonly averageMs: number;
}

/** Sums of the last 24 hours by model. */
function useModelSums() {
  return useQuery({
    queryKey: ['staff', 'models'],
    queryFn: async () => {
      const from = new Date(Date.now() - dayMs).toISOString();
      const query = { from, group_by: 'model', limit: 200 };
      const { data } = await done(api.GET('/admin/v1/usage', { params: { query } }));
      return new Map(data.map((row) => [String(row['model']), row]));
    },
    refetchInterval: 10_000,
  });
}

function State({ requests, errors }: Health) {
  const text = useTexts(texts);
  const formats = useFormats();
  if (requests === 0) return <Badge tone="neutral">{text.idle}</Badge>;
  const failures = errors / requests;
  return <Badge tone={failures > alarmingFailures ? 'bad' : 'good'}>{text.failures(formats.percent(failures))}</Badge>;
}

/** Models as their callers have found them of late. */
export function Models() {
  const text = useTexts(texts);
  const formats = useFormats();
  const { models } = useSettings();
  const sums = useModelSums();
  const rows = models.map(({ id, capabilities }): Health => {
    const row = sums.data?.get(id);
    return {
      ...{ id, capabilities, requests: row?.requests ?? 0, errors: row?.errors ?? 0 },
      averageMs: row?.average_duration_ms ?? 0,
    };
  });
  const columns: Column<Health>[] = [
    { id: 'name', title: text.name, cell: ({ id }) => <strong>{id}</strong> },
    { id: 'can', title: text.capabilities, cell: ({ capabilities }) => capabilities.join(', ') },
    { id: 'requests', title: text.lastDay, align: 'end', cell: ({ requests }) => formats.count(requests) },
    {
      id: 'took',
      title: text.average,
      align: 'end',
      cell: ({ requests, averageMs }) => (requests === 0 ? '–' : formats.milliseconds(averageMs)),
    },
    { id: 'state', title: text.status, cell: (row) => <State {...row} /> },
  ];
  return (
    <>
      {sums.error === null ? null : <ErrorNote error={sums.error} />}
      <Table caption={text.models} columns={columns} rows={rows} rowId={({ id }) => id} />
    </>
  );
}
