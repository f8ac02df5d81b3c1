import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, done } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useMay } from '../../app/session.ts';
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
import { batchLine } from '../files/batch-line.ts';
import { BatchDialog } from './batch-dialog.tsx';
import { batchStatuses, batchTones, isOver, type Batch, type BatchStatus } from './batch-status.ts';
import { CountsBar } from './counts-bar.tsx';
import { CreateForm } from './create-form.tsx';
import { texts } from './texts.ts';

/** What the address asks for. */
interface Search {
  readonly status?: BatchStatus;
  readonly batch?: string;
  /** Of this file a batch is to be made. */
  readonly file?: string;
}

const busyMs = 2_000;
const idleMs = 15_000;

function useBatches(status: BatchStatus | undefined) {
  return usePages({
    queryKey: ['batches', status],
    read: (page) => {
      const query = { ...page, ...(status === undefined ? {} : { status }) };
      return done(api.GET('/account/v1/batches', { params: { query } }));
    },
    refetchMs: (batches) => (batches.every(isOver) ? idleMs : busyMs),
  });
}

function useColumns(open: (id: string) => void): Column<Batch>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  return [
    { id: 'created', title: text.created, cell: ({ created_at: at }) => formats.time(at * 1_000) },
    { id: 'endpoint', title: text.endpoint, cell: ({ endpoint }) => <code>{endpoint}</code> },
    { id: 'status', title: text.status, cell: ({ status }) => <Badge tone={batchTones[status]}>{text[status]}</Badge> },
    { id: 'requests', title: text.requests, cell: ({ request_counts: counts }) => <CountsBar counts={counts} /> },
    {
      ...{ id: 'open', title: text.actions, isAction: true },
      cell: ({ id }) => (
        <Button size="small" aria-label={text.openBatch(id)} onClick={() => open(id)}>
          {text.open}
        </Button>
      ),
    },
  ];
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  const text = useTexts(texts);
  const settings = useSettings();
  const order = '{"input_file_id": "file-…", "endpoint": "/v1/chat/completions", "completion_window": "24h"}';
  const command = [
    `curl ${settings.public_url}/v1/batches \\`,
    '  -H "Authorization: Bearer $API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '${order}'`,
  ].join('\n');
  return (
    <EmptyState title={text.emptyTitle}>
      {isFiltered ? (
        <p>{text.emptyFiltered}</p>
      ) : (
        <>
          <p>{text.empty}</p>
          <CodeBlock code={batchLine(settings)} label={text.line} />
          <p>{text.emptyKey}</p>
          <CodeBlock code={command} label={text.command} />
        </>
      )}
    </EmptyState>
  );
}

export function Page() {
  const text = useTexts(texts);
  const may = useMay();
  const { status, batch, file }: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const show = (change: { readonly status?: string | undefined; readonly batch?: string | undefined }) =>
    void navigate({ to: '/batches', search: { status, batch, file, ...change }, replace: true });
  const list = useBatches(status);
  const columns = useColumns((id) => show({ batch: id }));
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {may('content:write') ? <CreateForm file={file} /> : null}
      <div className="row">
        <SelectField
          label={text.status}
          value={status ?? ''}
          onChange={({ target }) => show({ status: target.value === '' ? undefined : target.value })}
        >
          <option value="">{text.all}</option>
          {batchStatuses.map((each) => (
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
        rowId={({ id }) => id}
      />
      {batch === undefined ? null : <BatchDialog id={batch} onClose={() => show({ batch: undefined })} />}
    </>
  );
}
