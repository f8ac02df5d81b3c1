import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { useToast } from '../../ui/toast.tsx';
import { readStart, saveFile } from '../files/file-content.ts';
import { batchTones, canCancel, isOver, type Batch } from './batch-status.ts';
import styles from './batches.module.css';
import { CountsBar } from './counts-bar.tsx';
import { texts } from './texts.ts';

const lookEveryMs = 2_000;

/** How a file of answers begins, and the way to the rest. */
function Lines({ id, name, title }: { readonly id: string; readonly name: string; readonly title: string }) {
  const text = useTexts(texts);
  const start = useQuery({ queryKey: ['file-start', id], queryFn: () => readStart(id), staleTime: 'static' });
  const save = useMutation({ mutationFn: () => saveFile(id, name) });
  if (start.error !== null) return <ErrorNote error={start.error} />;
  if (start.data === undefined) return <Skeleton label={title} />;
  return (
    <div className={styles['lines']}>
      <CodeBlock code={start.data.text.trimEnd()} label={title} />
      {start.data.isCut ? <p>{text.cut}</p> : null}
      {save.error === null ? null : <ErrorNote error={save.error} />}
      <DialogActions>
        <Button isBusy={save.isPending} onClick={() => save.mutate()}>
          {text.download}
        </Button>
      </DialogActions>
    </div>
  );
}

function Written({ batch, what }: { readonly batch: Batch; readonly what: 'output' | 'error' }) {
  const text = useTexts(texts);
  const id = what === 'output' ? batch.output_file_id : batch.error_file_id;
  const title = what === 'output' ? text.output : text.errorFile;
  if (id !== null) return <Lines id={id} name={`${batch.id}_${what}.jsonl`} title={title} />;
  return <p>{isOver(batch) ? text.noFile : text.notYet}</p>;
}

/** What was wrong with the file of requests. */
function Faults({ errors }: { readonly errors: Batch['errors'] }) {
  const text = useTexts(texts);
  const formats = useFormats();
  if (errors === null || errors.data.length === 0) return null;
  return (
    <>
      <p>{text.faults}</p>
      <ul className={styles['errors']}>
        {errors.data.map(({ line, message, code }, place) => (
          <li key={place}>
            {line === null ? '' : text.atLine(formats.count(line))}
            {message} <code>{code}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

function Details({ batch }: { readonly batch: Batch }) {
  const text = useTexts(texts);
  const formats = useFormats();
  return (
    <>
      <p>
        <Badge tone={batchTones[batch.status]}>{text[batch.status]}</Badge> <code>{batch.endpoint}</code> ·{' '}
        {text.created} {formats.time(batch.created_at * 1_000)}
        {isOver(batch) || batch.expires_at === null ? null : ` · ${text.due} ${formats.time(batch.expires_at * 1_000)}`}
      </p>
      <CountsBar counts={batch.request_counts} />
      <Faults errors={batch.errors} />
      <Tabs
        label={text.lines}
        tabs={[
          { id: 'output', title: text.output, content: <Written batch={batch} what="output" /> },
          { id: 'error', title: text.errorFile, content: <Written batch={batch} what="error" /> },
        ]}
      />
    </>
  );
}

/** One batch: how far it is, what it has written, and the way to stop it. */
export function BatchDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const text = useTexts(texts);
  const tell = useToast();
  const may = useMay();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const params = { path: { id } };
  const batch = useQuery({
    queryKey: ['batch', id],
    queryFn: () => done(api.GET('/account/v1/batches/{id}', { params })),
    refetchInterval: ({ state: { data } }) => (data === undefined || !isOver(data) ? lookEveryMs : false),
  });
  const cancel = async () => {
    await done(api.POST('/account/v1/batches/{id}/cancel', { params }));
    tell(text.cancelDone);
    await Promise.all(['batch', 'batches'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
  };
  const { data } = batch;
  return (
    <>
      <Dialog isOpen onClose={onClose} title={text.one(id)} size="wide">
        {batch.error !== null ? <ErrorNote error={batch.error} /> : null}
        {data === undefined ? <Skeleton label={text.loading} /> : <Details batch={data} />}
        {data === undefined || !canCancel(data) || !may('content:write') ? null : (
          <DialogActions>
            <Button kind="danger" onClick={() => setAsking(true)}>
              {text.cancel}
            </Button>
          </DialogActions>
        )}
      </Dialog>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={text.cancelTitle}
        confirm={text.cancel}
        onConfirm={cancel}
      >
        <p>{text.cancelBody}</p>
      </ConfirmDialog>
    </>
  );
}
