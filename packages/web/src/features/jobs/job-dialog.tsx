import { useQuery, useQueryClient } from '@tanstack/react-query';
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
import { addSighting, type Sighting } from './job-history.ts';
import styles from './jobs.module.css';
import { isOver, jobTones, type Job } from './job-status.ts';
import { texts } from './texts.ts';

const lookEveryMs = 1_000;

interface Watched {
  readonly job: Job;
  readonly seen: readonly Sighting[];
}

/** One job, looked at again and again until it is over. */
function useWatched(id: string) {
  const queries = useQueryClient();
  const queryKey = ['job', id];
  return useQuery({
    queryKey,
    queryFn: async (): Promise<Watched> => {
      const job = await done(api.GET('/account/v1/jobs/{id}', { params: { path: { id } } }));
      return { job, seen: addSighting(queries.getQueryData<Watched>(queryKey)?.seen ?? [], job) };
    },
    refetchInterval: ({ state: { data } }) => (data === undefined || !isOver(data.job) ? lookEveryMs : false),
  });
}

function Course({ seen }: { readonly seen: readonly Sighting[] }) {
  const text = useTexts(texts);
  const formats = useFormats();
  return (
    <>
      <p className={styles['hint']}>{text.courseHint}</p>
      <ol className={styles['course']}>
        {seen.map(({ at, status, progress }) => (
          <li key={`${status} ${String(progress)}`}>
            <time dateTime={at}>{formats.time(at)}</time> <Badge tone={jobTones[status]}>{text[status]}</Badge>
            {status === 'running' ? ` ${text.percent(formats.percent(progress / 100))}` : null}
          </li>
        ))}
      </ol>
    </>
  );
}

function Why({ job }: { readonly job: Job }) {
  const text = useTexts(texts);
  if (job.error === null) return null;
  const { code, message, documentation_url: url } = job.error.error;
  return (
    <div className={styles['why']}>
      <p>
        {text.error}: {message} <code>{code}</code>
      </p>
      {url === undefined ? null : <a href={url.replace('.md#', '#')}>{text.about}</a>}
    </div>
  );
}

function Details({ job, seen }: Watched) {
  const text = useTexts(texts);
  const formats = useFormats();
  return (
    <>
      <p>
        <Badge tone={jobTones[job.status]}>{text[job.status]}</Badge> <code>{job.type}</code> · {text.by}{' '}
        <code>{job.key_id ?? text.nobody}</code>
        {job.attempts > 1 ? ` · ${text.attempts} ${text.times(formats.count(job.attempts))}` : null}
        {job.expires_at === null ? null : ` · ${text.gone} ${formats.time(job.expires_at)}`}
      </p>
      <progress className={styles['progress']} value={job.progress} max={100} aria-label={text.progress} />
      <Why job={job} />
      <Tabs
        label={text.one(job.job_id)}
        tabs={[
          {
            id: 'result',
            title: text.result,
            content:
              job.result === null ? (
                <p>{text.noResult}</p>
              ) : (
                <CodeBlock code={JSON.stringify(job.result, null, 2)} label={text.result} />
              ),
          },
          {
            id: 'input',
            title: text.input,
            content: <CodeBlock code={JSON.stringify(job.input, null, 2)} label={text.input} />,
          },
          { id: 'course', title: text.course, content: <Course seen={seen} /> },
        ]}
      />
    </>
  );
}

/** A job with what was asked, how far it is and what came of it; it can be cancelled here. */
export function JobDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const text = useTexts(texts);
  const tell = useToast();
  const may = useMay();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const watched = useWatched(id);
  const cancel = async () => {
    await done(api.DELETE('/account/v1/jobs/{id}', { params: { path: { id } } }));
    tell(text.cancelDone);
    await Promise.all(['job', 'jobs'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
  };
  const { data } = watched;
  return (
    <>
      <Dialog isOpen onClose={onClose} title={text.one(id)} size="wide">
        {watched.error !== null ? <ErrorNote error={watched.error} /> : null}
        {data === undefined ? <Skeleton label={text.loading} /> : <Details {...data} />}
        {data === undefined || isOver(data.job) || !may('content:write') ? null : (
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
