import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Pager } from '../../ui/pager.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { RequestDialog } from './request-dialog.tsx';
import { texts } from './texts.ts';

type LoggedRequest = Schema<'OwnUsageEvent'>;
type Status = LoggedRequest['status'];

const statuses: readonly Status[] = ['completed', 'failed', 'cancelled', 'interrupted'];
const tones: Readonly<Record<Status, Tone>> = {
  completed: 'good',
  failed: 'bad',
  cancelled: 'neutral',
  interrupted: 'warn',
};
const dayMs = 86_400_000;

/** What the address asks for: a filter can be shared as a link. */
interface Search {
  readonly status?: Status;
  readonly model?: string;
  readonly days?: number;
  readonly request?: string;
}

function useColumns(open: (id: string) => void): Column<LoggedRequest>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  return [
    {
      id: 'time',
      title: text.time,
      cell: (row) => (
        <Button kind="quiet" size="small" onClick={() => open(row.id)}>
          {formats.time(row.started_at)}
        </Button>
      ),
    },
    { id: 'model', title: text.model, cell: ({ model }) => <code>{model}</code> },
    { id: 'surface', title: text.surface, cell: ({ surface }) => surface },
    { id: 'status', title: text.status, cell: ({ status }) => <Badge tone={tones[status]}>{text[status]}</Badge> },
    {
      id: 'tokens',
      title: text.tokens,
      align: 'end',
      cell: (row) => formats.count(row.prompt_tokens + row.completion_tokens),
    },
    { id: 'cost', title: text.cost, align: 'end', cell: ({ cost, currency }) => formats.money(cost, currency) },
    { id: 'took', title: text.took, align: 'end', cell: (row) => formats.milliseconds(row.duration_ms) },
  ];
}

function useLog({ status, model, days = 1 }: Search) {
  return useInfiniteQuery({
    queryKey: ['requests', status, model, days],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => {
      const from = new Date(Date.now() - days * dayMs).toISOString();
      const query = {
        from,
        ...(status === undefined ? {} : { status }),
        ...(model === undefined ? {} : { model }),
        ...(pageParam === undefined ? {} : { after: pageParam }),
        limit: 50,
      };
      return done(api.GET('/account/v1/usage/events', { params: { query } }));
    },
    getNextPageParam: ({ pagination }) => pagination.cursor ?? undefined,
    refetchInterval: 15_000,
  });
}

export function Page() {
  const text = useTexts(texts);
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const show = (change: Partial<Record<keyof Search, string | number | undefined>>) =>
    void navigate({ to: '/requests', search: { ...search, ...change }, replace: true });
  const log = useLog(search);
  const columns = useColumns((request) => show({ request }));
  const rows = log.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <div className="row">
        <SelectField
          label={text.since}
          value={search.days ?? 1}
          onChange={({ target }) => show({ days: Number(target.value) })}
        >
          <option value={1}>{text.day}</option>
          <option value={7}>{text.week}</option>
          <option value={30}>{text.month}</option>
        </SelectField>
        <SelectField
          label={text.status}
          value={search.status ?? ''}
          onChange={({ target }) => show({ status: target.value === '' ? undefined : target.value })}
        >
          <option value="">{text.all}</option>
          {statuses.map((status) => (
            <option key={status} value={status}>
              {text[status]}
            </option>
          ))}
        </SelectField>
        <TextField
          label={text.model}
          defaultValue={search.model ?? ''}
          onBlur={({ target }) => show({ model: target.value.trim() === '' ? undefined : target.value.trim() })}
        />
      </div>
      {log.error !== null ? <ErrorState error={log.error} onRetry={() => void log.refetch()} /> : null}
      {log.isPending ? <Skeleton label={text.loading} lines={8} /> : null}
      {log.data === undefined ? null : rows.length === 0 ? (
        <EmptyState title={text.emptyTitle}>
          <p>{text.empty}</p>
        </EmptyState>
      ) : (
        <Table caption={text.title} columns={columns} rows={rows} rowId={({ id }) => id} />
      )}
      <Pager hasMore={log.hasNextPage} isLoading={log.isFetchingNextPage} onMore={() => void log.fetchNextPage()} />
      {search.request === undefined ? null : (
        <RequestDialog id={search.request} onClose={() => show({ request: undefined })} />
      )}
    </>
  );
}
