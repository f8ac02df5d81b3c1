import { api, done, type Schema } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useFormats } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import type { Column } from '../../ui/table.tsx';

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
  const log = usePages({
    queryKey: ['audit'],
    read: (query) => done(api.GET('/account/v1/audit', { params: { query } })),
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
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <PagedTable
        pages={log}
        loading={text.loading}
        empty={<EmptyState title={text.emptyTitle} />}
        caption={text.title}
        columns={columns}
        rowId={({ id }) => id}
      />
    </>
  );
}
