import { useInfiniteQuery } from '@tanstack/react-query';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Pager } from '../../ui/pager.tsx';
import { Table, type Column } from '../../ui/table.tsx';

const texts = defineTexts(
  {
    title: 'Audit log',
    intro: 'Who changed what, when and from where. Nothing in it can be changed.',
    loading: 'Loading the log',
    time: 'Time',
    who: 'Who',
    action: 'What',
    target: 'To what',
    details: 'How',
    address: 'From',
    staff: 'staff',
    emptyTitle: 'Nothing has been changed yet',
  },
  {
    title: 'Protokoll',
    intro: 'Wer was wann und von wo geändert hat. Nichts darin lässt sich ändern.',
    loading: 'Das Protokoll wird geladen',
    time: 'Zeit',
    who: 'Wer',
    action: 'Was',
    target: 'Woran',
    details: 'Wie',
    address: 'Von',
    staff: 'Betreiber',
    emptyTitle: 'Noch wurde nichts geändert',
  },
);

export function Page() {
  const text = useTexts(texts);
  const formats = useFormats();
  const log = useInfiniteQuery({
    queryKey: ['audit'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => {
      const query = pageParam === undefined ? { limit: 50 } : { limit: 50, after: pageParam };
      return done(api.GET('/account/v1/audit', { params: { query } }));
    },
    getNextPageParam: ({ pagination }) => pagination.cursor ?? undefined,
  });
  const columns: Column<Schema<'AuditEvent'>>[] = [
    { id: 'time', title: text.time, cell: ({ created_at: at }) => formats.time(at) },
    {
      id: 'who',
      title: text.who,
      cell: ({ actor }) => (
        <>
          {actor.name} {actor.kind === 'member' ? null : <Badge tone="warn">{text.staff}</Badge>}
        </>
      ),
    },
    { id: 'action', title: text.action, cell: ({ action }) => <code>{action}</code> },
    { id: 'target', title: text.target, cell: ({ target }) => <code>{target ?? '–'}</code> },
    {
      id: 'details',
      title: text.details,
      cell: ({ details }) => <code>{Object.keys(details).length === 0 ? '–' : JSON.stringify(details)}</code>,
    },
    { id: 'address', title: text.address, cell: ({ address }) => address ?? '–' },
  ];
  const rows = log.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {log.error !== null ? <ErrorState error={log.error} onRetry={() => void log.refetch()} /> : null}
      {log.isPending ? <Skeleton label={text.loading} lines={6} /> : null}
      {log.data === undefined ? null : rows.length === 0 ? (
        <EmptyState title={text.emptyTitle} />
      ) : (
        <Table caption={text.title} columns={columns} rows={rows} rowId={({ id }) => id} />
      )}
      <Pager hasMore={log.hasNextPage} isLoading={log.isFetchingNextPage} onMore={() => void log.fetchNextPage()} />
    </>
  );
}
