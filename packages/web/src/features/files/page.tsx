import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { api, done } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useMay } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Menu } from '../../ui/menu.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import type { Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';
import { batchLine } from './batch-line.ts';
import { saveFile } from './file-content.ts';
import { texts } from './texts.ts';
import type { StoredFile } from './upload-file.ts';
import { UploadForm } from './upload-form.tsx';

interface Search {
  readonly purpose?: string;
}

const purposes = ['batch', 'batch_output', 'user_data', 'assistants', 'vision', 'evals', 'fine-tune'] as const;
type Deed = 'download' | 'batch' | 'remove';

function useColumns(act: (deed: Deed, file: StoredFile) => void): Column<StoredFile>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  const mayChange = useMay()('content:write');
  const nameOf = (purpose: string) => {
    const known = purposes.find((each) => each === purpose);
    return known === undefined ? purpose : text[known];
  };
  const dayOf = (seconds: number) => (
    <time dateTime={new Date(seconds * 1_000).toISOString()} title={formats.time(seconds * 1_000)}>
      {formats.date(seconds * 1_000)}
    </time>
  );
  return [
    { id: 'name', title: text.name, cell: ({ filename }) => <code>{filename}</code> },
    { id: 'purpose', title: text.purpose, cell: ({ purpose }) => nameOf(purpose) },
    { id: 'size', title: text.size, align: 'end', cell: ({ bytes }) => formats.bytes(bytes) },
    { id: 'created', title: text.created, cell: ({ created_at: at }) => dayOf(at) },
    {
      id: 'expires',
      title: text.expires,
      cell: ({ expires_at: at }) => (at === undefined ? text.forever : dayOf(at)),
    },
    {
      ...{ id: 'menu', title: text.actions, isAction: true },
      cell: (file) => {
        const changes = [
          ...(file.purpose === 'batch' ? [{ id: 'batch' as const, label: text.toBatch }] : []),
          { id: 'remove' as const, label: text.remove, isDanger: true },
        ];
        const all = [{ id: 'download' as const, label: text.download }, ...(mayChange ? changes : [])];
        const label = text.more(file.filename);
        return (
          <Menu
            label={label}
            trigger={<Button kind="quiet" size="small" aria-label={label} icon={<Ellipsis aria-hidden="true" />} />}
            items={all.map((deed) => ({ ...deed, onSelect: () => act(deed.id, file) }))}
          />
        );
      },
    },
  ];
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  const text = useTexts(texts);
  const settings = useSettings();
  const command = [
    `curl ${settings.public_url}/v1/files \\`,
    '  -H "Authorization: Bearer $API_KEY" \\',
    '  -F purpose=batch -F file=@requests.jsonl',
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

function useFiles(purpose: string | undefined) {
  return usePages({
    queryKey: ['files', purpose],
    read: (page) => {
      const query = { ...page, ...(purpose === undefined ? {} : { purpose }) };
      return done(api.GET('/account/v1/files', { params: { query } }));
    },
  });
}

export function Page() {
  const text = useTexts(texts);
  const may = useMay();
  const tell = useToast();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { purpose }: Search = useSearch({ strict: false });
  const [leaving, setLeaving] = useState<StoredFile | null>(null);
  const list = useFiles(purpose);
  const save = useMutation({ mutationFn: ({ id, filename }: StoredFile) => saveFile(id, filename) });
  const columns = useColumns((deed, file) => {
    if (deed === 'download') save.mutate(file);
    else if (deed === 'remove') setLeaving(file);
    else void navigate({ to: '/batches', search: { file: file.id } });
  });
  const remove = async ({ id, filename }: StoredFile) => {
    await done(api.DELETE('/account/v1/files/{id}', { params: { path: { id } } }));
    tell(text.removed(filename));
    await queries.invalidateQueries({ queryKey: ['files'] });
  };
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {may('content:write') ? <UploadForm /> : null}
      <div className="row">
        <SelectField
          label={text.show}
          value={purpose ?? ''}
          onChange={({ target: { value } }) =>
            void navigate({ to: '/files', search: value === '' ? {} : { purpose: value }, replace: true })
          }
        >
          <option value="">{text.all}</option>
          {purposes.map((each) => (
            <option key={each} value={each}>
              {text[each]}
            </option>
          ))}
        </SelectField>
      </div>
      {save.error === null ? null : <ErrorNote error={save.error} />}
      <PagedTable
        pages={list}
        loading={text.loading}
        empty={<Empty isFiltered={purpose !== undefined} />}
        caption={text.title}
        columns={columns}
        rowId={({ id }) => id}
      />
      <ConfirmDialog
        isOpen={leaving !== null}
        onClose={() => setLeaving(null)}
        title={text.removeTitle(leaving?.filename ?? '')}
        confirm={text.remove}
        onConfirm={() => (leaving === null ? Promise.resolve() : remove(leaving))}
      >
        <p>{text.removeBody}</p>
      </ConfirmDialog>
    </>
  );
}
