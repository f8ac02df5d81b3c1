import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, done } from '../../api/client.ts';
import { useSettings } from '../../app/settings.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Pager } from '../../ui/pager.tsx';
import { Table, type Column } from '../../ui/table.tsx';
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
  return useInfiniteQuery({
    queryKey: ['jobs', status],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after }) => {
      const query = {
        limit: 50,
        ...(status === undefined ? {} : { status }),
        ...(after === undefined ? {} : { after }),
      };
      return done(api.GET('/account/v1/jobs', { params: { query } }));
    },
    getNextPageParam: ({ pagination }) => pagination.cursor ?? undefined,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.data.some((job) => !isOver(job))) === true ? busyMs : idleMs,
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
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
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
      {list.error !== null ? <ErrorState error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.isPending ? <Skeleton label={text.loading} lines={6} /> : null}
      {list.data === undefined ? null : rows.length === 0 ? (
        <Empty isFiltered={status !== undefined} />
      ) : (
        <Table caption={text.title} columns={columns} rows={rows} rowId={({ job_id: id }) => id} />
      )}
      <Pager hasMore={list.hasNextPage} isLoading={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
      {job === undefined ? null : <JobDialog id={job} onClose={() => show({ job: undefined })} />}
    </>
  );
}
