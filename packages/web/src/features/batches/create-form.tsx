import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { SubmitEvent } from 'react';
import { api, done } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { endpoints, type Endpoint } from './batch-status.ts';
import styles from './batches.module.css';
import { texts } from './texts.ts';

/** Makes a batch of a file that was uploaded. @param file chosen beforehand */
export function CreateForm({ file }: { readonly file: string | undefined }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const tell = useToast();
  const queries = useQueryClient();
  const query = { purpose: 'batch', limit: 200 };
  const files = useQuery({
    queryKey: ['files', 'batch', 'choice'],
    queryFn: () => done(api.GET('/account/v1/files', { params: { query } })),
  });
  const create = useMutation({
    mutationFn: (order: { readonly input_file_id: string; readonly endpoint: Endpoint }) =>
      done(api.POST('/account/v1/batches', { body: { ...order, completion_window: '24h' } })),
    onSuccess: () => tell(text.wasCreated),
    onSettled: () => queries.invalidateQueries({ queryKey: ['batches'] }),
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const id = data.get('file');
    const endpoint = endpoints.find((each) => each === data.get('endpoint'));
    if (typeof id === 'string' && endpoint !== undefined) create.mutate({ input_file_id: id, endpoint });
  };
  if (files.error !== null) return <ErrorNote error={files.error} />;
  if (files.data === undefined) return null;
  const choice = files.data.data;
  return (
    <Card title={text.create}>
      {choice.length === 0 ? (
        <p>
          {text.noFiles} <Link to="/files">{text.toFiles}</Link>
        </p>
      ) : (
        <form onSubmit={onSubmit} className="row">
          <SelectField name="file" label={text.file} required defaultValue={file ?? ''}>
            <option value="" disabled>
              {text.choose}
            </option>
            {choice.map(({ id, filename, bytes, created_at: at }) => (
              <option key={id} value={id}>
                {`${filename} · ${formats.bytes(bytes)} · ${formats.date(at * 1_000)}`}
              </option>
            ))}
          </SelectField>
          <SelectField name="endpoint" label={text.endpoint}>
            {endpoints.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </SelectField>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            {text.create}
          </Button>
          <p className={styles['hint']}>{text.endpointHint}</p>
        </form>
      )}
      {create.error === null ? null : <ErrorNote error={create.error} />}
    </Card>
  );
}
