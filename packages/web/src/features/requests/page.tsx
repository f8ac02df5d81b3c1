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
import { Pager } from '../../ui/pager.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { Filters, type Change, type Search, type Status } from './filters.tsx';
import { RequestDialog } from './request-dialog.tsx';
import { texts } from './texts.ts';

type LoggedRequest = Schema<'OwnUsageEvent'>;
const tones: Readonly<Record<Status, Tone>> = {
  completed: 'good',
  failed: 'bad',
  cancelled: 'neutral',
  interrupted: 'warn',
};
const dayMs = 86_400_000;

function useColumns(open: (id: string) => void): Column<LoggedRequest>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  return [
    {
      id: 'time',
      title: text.time,
      cell: (row) => (
        <Button kind="link" onClick={() => open(row.id)}>
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

function useLog({ status, model, key, surface, id, days = 1 }: Search) {
  return useInfiniteQuery({
    queryKey: ['requests', status, model, key, surface, id, days],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => {
      const from = new Date(Date.now() - days * dayMs).toISOString();
      const query = {
        from,
        ...(status === undefined ? {} : { status }),
        ...(model === undefined ? {} : { model }),
        ...(key === undefined ? {} : { key }),
        ...(surface === undefined ? {} : { surface }),
        ...(id === undefined ? {} : { request_id: id }),
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
  const show = (change: Change) => void navigate({ to: '/requests', search: { ...search, ...change }, replace: true });
  const log = useLog(search);
  const columns = useColumns((request) => show({ request }));
  const rows = log.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <Filters search={search} show={show} />
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
