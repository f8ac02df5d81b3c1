import { api, done, type Schema } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { texts } from './texts.ts';

export type Notice = Schema<'VersionStatus'>['notices'][number];

function Keys({ subject }: { readonly subject: string }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const keys = usePages({
    queryKey: ['staff', 'version-keys', subject],
    read: (page) => done(api.GET('/admin/v1/version-keys', { params: { query: { ...page, subject } } })),
  });
  const columns: Column<Schema<'VersionKey'>>[] = [
    { id: 'tenant', title: text.tenant, cell: ({ tenant_name: name }) => <strong>{name}</strong> },
    { id: 'key', title: text.key, cell: ({ key_name: name }) => name },
    {
      id: 'contact',
      title: text.contact,
      cell: ({ contact_email: email }) => email ?? <Badge tone="warn">{text.noContact}</Badge>,
    },
    { id: 'used', title: text.lastUsed, cell: ({ last_used_at: at }) => formats.relative(at) },
  ];
  return (
    <PagedTable
      pages={keys}
      loading={text.loading}
      empty={<p>{text.nobody}</p>}
      caption={text.keys}
      columns={columns}
      rowId={({ key_id: id }) => id}
    />
  );
}

function Mails({ notices }: { readonly notices: readonly Notice[] }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const columns: Column<Notice>[] = [
    { id: 'to', title: text.recipient, cell: ({ recipient }) => recipient },
    {
      id: 'kind',
      title: text.kind,
      cell: ({ kind }) => (kind === 'six-months' ? text['six-months'] : text['final-month-mail']),
    },
    {
      id: 'sent',
      title: text.sentAt,
      cell: ({ sent_at: at }) => (at === null ? <Badge tone="warn">{text.waiting}</Badge> : formats.time(at)),
    },
  ];
  if (notices.length === 0) return <p>{text.nobodyTold}</p>;
  return (
    <Table
      caption={text.mails}
      columns={columns}
      rows={notices}
      rowId={({ tenant_id: tenant, kind }) => `${tenant} ${kind}`}
    />
  );
}

/** Who is still on a version or path, and who was written to. */
export function SubjectDialog({
  subject,
  notices,
  onClose,
}: {
  readonly subject: string;
  readonly notices: readonly Notice[];
  readonly onClose: () => void;
}) {
  const text = useTexts(texts);
  return (
    <Dialog isOpen onClose={onClose} title={text.look(subject)} size="wide">
      <Tabs
        label={text.look(subject)}
        tabs={[
          { id: 'keys', title: text.keys, content: <Keys subject={subject} /> },
          { id: 'mails', title: text.mails, content: <Mails notices={notices} /> },
        ]}
      />
    </Dialog>
  );
}
