import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { SubjectDialog } from './subject-dialog.tsx';
import { texts } from './texts.ts';
import styles from './timeline.module.css';

type Status = Schema<'VersionStatus'>['status'];

/** A version or a deprecated path: both run out in the same way. */
type Subject = Omit<Schema<'VersionStatus'>, 'version'> & { readonly name: string };

const tones: Readonly<Record<Status, Tone>> = {
  current: 'good',
  supported: 'neutral',
  preview: 'neutral',
  deprecated: 'warn',
  'final-month': 'bad',
  retired: 'neutral',
};

function Timeline({ subject }: { readonly subject: Subject }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const [nowMs] = useState(() => Date.now());
  const { deprecated_at: from, first_notice_at: first, final_notice_at: final, sunset_at: end } = subject;
  if (from === null || first === null || final === null || end === null) return <span>{text.noEnd}</span>;
  const [fromMs, endMs] = [Date.parse(from), Date.parse(end)];
  const isOver = endMs <= nowMs;
  const summary = isOver ? text.ended(formats.date(end)) : text.ends(formats.date(end), formats.relative(end));
  return (
    <div className={styles['timeline']}>
      <span>{summary}</span>
      <progress max={endMs - fromMs} value={Math.min(endMs, Math.max(fromMs, nowMs)) - fromMs} aria-label={summary} />
      <small>{text.timeline(formats.date(from), formats.date(first), formats.date(final))}</small>
    </div>
  );
}

function Subjects({
  title,
  column,
  subjects,
  onOpen,
}: {
  readonly title: string;
  readonly column: string;
  readonly subjects: readonly Subject[];
  readonly onOpen: (subject: Subject) => void;
}) {
  const text = useTexts(texts);
  const formats = useFormats();
  const mails = ({ notices }: Subject) => {
    const sent = notices.filter(({ sent_at: at }) => at !== null).length;
    return notices.length === 0 ? text.noMails : text.sent(formats.count(sent), formats.count(notices.length - sent));
  };
  const columns: Column<Subject>[] = [
    {
      id: 'name',
      title: column,
      cell: (subject) => (
        <Button kind="link" onClick={() => onOpen(subject)}>
          <code>{subject.name}</code>
        </Button>
      ),
    },
    { id: 'status', title: text.status, cell: ({ status }) => <Badge tone={tones[status]}>{text[status]}</Badge> },
    { id: 'time', title: text.time, cell: (subject) => <Timeline subject={subject} /> },
    { id: 'keys', title: text.keys, align: 'end', cell: ({ keys }) => formats.count(keys) },
    { id: 'mails', title: text.mails, cell: mails },
  ];
  return <Table caption={title} columns={columns} rows={subjects} rowId={({ name }) => name} />;
}

export function Page() {
  const text = useTexts(texts);
  const [opened, setOpened] = useState<Subject | null>(null);
  const board = useQuery({
    queryKey: ['staff', 'versions'],
    queryFn: () => done(api.GET('/admin/v1/versions')),
    refetchInterval: 30_000,
  });
  const versions = board.data?.data.map(({ version, ...rest }) => ({ ...rest, name: version })) ?? [];
  const endpoints = board.data?.endpoints.map(({ path, ...rest }) => ({ ...rest, name: path })) ?? [];
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {board.error === null ? null : <ErrorState error={board.error} onRetry={() => void board.refetch()} />}
      {board.isPending ? <Skeleton label={text.loading} lines={6} /> : null}
      {board.data === undefined ? null : (
        <>
          <Card title={text.versions}>
            <Subjects title={text.versions} column={text.subject} subjects={versions.toReversed()} onOpen={setOpened} />
          </Card>
          <Card title={text.endpoints}>
            {endpoints.length === 0 ? (
              <p>{text.noEndpoints}</p>
            ) : (
              <Subjects title={text.endpoints} column={text.path} subjects={endpoints} onOpen={setOpened} />
            )}
          </Card>
        </>
      )}
      {opened === null ? null : (
        <SubjectDialog subject={opened.name} notices={opened.notices} onClose={() => setOpened(null)} />
      )}
    </>
  );
}
