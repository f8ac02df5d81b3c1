import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, done } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useSettings } from '../../app/settings.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import type { Column } from '../../ui/table.tsx';
import { JobDialog } from './job-dialog.tsx';
import { isOver, jobStatuses, jobTones, type Job, type JobStatus } from './job-status.ts';
import { useKeyNames } from '../keys/key-names.ts';
import { texts } from './texts.ts';

/** What the address asks for. */
interface Search {
  readonly status?: JobStatus;
  readonly job?: string;
}

const busyMs = 2_000;
/** Keys order jobs at any time. */
const idleMs = 5_000;

function useJobs(status: JobStatus | undefined) {
  return usePages({
    queryKey: ['jobs', status],
    read: (page) => {
      const query = { ...page, ...(status === undefined ? {} : { status }) };
      return done(api.GET('/account/v1/jobs', { params: { query } }));
    },
    refetchMs: (jobs) => (jobs.every(isOver) ? idleMs : busyMs),
  });
}

function useColumns(open: (id: string) => void): Column<Job>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  const names = useKeyNames();
  return [
    {
      id: 'ordered',
      title: text.ordered,
      cell: ({ job_id: id, created_at: at }) => (
        <Button kind="link" onClick={() => open(id)}>
          {formats.time(at)}
        </Button>
      ),
    },
    { id: 'type', title: text.type, cell: ({ type }) => <code>{type}</code> },
    { id: 'status', title: text.status, cell: ({ status }) => <Badge tone={jobTones[status]}>{text[status]}</Badge> },
    {
      id: 'progress',
      title: text.progress,
      align: 'end',
      cell: ({ progress }) => formats.percent(progress / 100),
    },
    {
      id: 'by',
      title: text.by,
      cell: ({ key_id: key }) => (key === null ? text.nobody : (names.get(key) ?? <code>{key}</code>)),
    },
  ];
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  const text = useTexts(texts);
  const { public_url: url } = useSettings();
  const order = [
    `curl ${url}/api/jobs \\`,
    '  -H "Authorization: Bearer $API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"type": "ask", "input": {"query": "Which plans are there?"}}'`,
  ].join('\n');
  return (
    <EmptyState title={text.emptyTitle}>
      {isFiltered ? (
        <p>{text.emptyFiltered}</p>
      ) : (
        <>
          <p>{text.empty}</p>
          <CodeBlock code={order} label={text.emptyTitle} />
          <p>
            <a href="/developers/jobs">{text.more}</a>
          </p>
        </>
      )}
    </EmptyState>
  );
}

export function Page() {
  const text = useTexts(texts);
  const { status, job }: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const show = (change: { readonly status?: string | undefined; readonly job?: string | undefined }) =>
    void navigate({ to: '/jobs', search: { status, job, ...change }, replace: true });
  const list = useJobs(status);
  const columns = useColumns((id) => show({ job: id }));
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <div className="row">
        <SelectField
          label={text.status}
          value={status ?? ''}
          onChange={({ target }) => show({ status: target.value === '' ? undefined : target.value })}
        >
          <option value="">{text.all}</option>
          {jobStatuses.map((each) => (
            <option key={each} value={each}>
              {text[each]}
            </option>
          ))}
        </SelectField>
      </div>
      <PagedTable
        pages={list}
        loading={text.loading}
        empty={<Empty isFiltered={status !== undefined} />}
        caption={text.title}
        columns={columns}
        rowId={({ job_id: id }) => id}
      />
      {job === undefined ? null : <JobDialog id={job} onClose={() => show({ job: undefined })} />}
    </>
  );
}
