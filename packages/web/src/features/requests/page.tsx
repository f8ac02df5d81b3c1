import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, done, type Schema } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import type { Column } from '../../ui/table.tsx';
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
  return usePages({
    queryKey: ['requests', status, model, key, surface, id, days],
    read: (page) => {
      const query = {
        ...page,
        from: new Date(Date.now() - days * dayMs).toISOString(),
        ...(status === undefined ? {} : { status }),
        ...(model === undefined ? {} : { model }),
        ...(key === undefined ? {} : { key }),
        ...(surface === undefined ? {} : { surface }),
        ...(id === undefined ? {} : { request_id: id }),
      };
      return done(api.GET('/account/v1/usage/events', { params: { query } }));
    },
    refetchMs: () => 15_000,
  });
}

export function Page() {
  const text = useTexts(texts);
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const show = (change: Change) => void navigate({ to: '/requests', search: { ...search, ...change }, replace: true });
  const log = useLog(search);
  const columns = useColumns((request) => show({ request }));
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <Filters search={search} show={show} />
      <PagedTable
        pages={log}
        loading={text.loading}
        empty={
          <EmptyState title={text.emptyTitle}>
            <p>{text.empty}</p>
          </EmptyState>
        }
        caption={text.title}
        columns={columns}
        rowId={({ id }) => id}
      />
      {search.request === undefined ? null : (
        <RequestDialog id={search.request} onClose={() => show({ request: undefined })} />
      )}
    </>
  );
}
