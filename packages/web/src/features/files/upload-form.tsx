import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type SubmitEvent } from 'react';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import styles from './files.module.css';
import { texts } from './texts.ts';
import { uploadFile, type Purpose, type Upload } from './upload-file.ts';

const purposes: readonly Purpose[] = ['batch', 'user_data', 'assistants', 'vision', 'evals', 'fine-tune'];
const daySeconds = 86_400;

function uploadOf(form: HTMLFormElement): Upload | undefined {
  const data = new FormData(form);
  const file = data.get('file');
  const purpose = purposes.find((each) => each === data.get('purpose'));
  if (!(file instanceof File) || file.name === '' || purpose === undefined) return undefined;
  const days = Number(data.get('days'));
  return { file, purpose, ...(days === 0 ? {} : { expiresAfterSeconds: days * daySeconds }) };
}

function isStopped(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Takes a file, and shows how much of it has been sent. */
export function UploadForm() {
  const text = useTexts(texts);
  const formats = useFormats();
  const tell = useToast();
  const queries = useQueryClient();
  const abort = useRef<AbortController | null>(null);
  const [share, setShare] = useState(0);
  const upload = useMutation({
    mutationFn: ({ wanted }: { wanted: Upload; form: HTMLFormElement }) => {
      const controller = new AbortController();
      abort.current = controller;
      setShare(0);
      return uploadFile(wanted, { onProgress: setShare, signal: controller.signal });
    },
    onSuccess: ({ filename }, { form }) => {
      tell(text.uploaded(filename));
      form.reset();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['files'] }),
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = uploadOf(event.currentTarget);
    if (wanted !== undefined) upload.mutate({ wanted, form: event.currentTarget });
  };
  return (
    <Card title={text.upload}>
      <form onSubmit={onSubmit} className="form">
        <div className="row">
          <TextField name="file" type="file" label={text.file} required disabled={upload.isPending} />
          <SelectField name="purpose" label={text.purpose} disabled={upload.isPending}>
            {purposes.map((each) => (
              <option key={each} value={each}>
                {text[each]}
              </option>
            ))}
          </SelectField>
          <SelectField name="days" label={text.keep} disabled={upload.isPending}>
            <option value={0}>{text.usual}</option>
            <option value={1}>{text.day}</option>
            <option value={7}>{text.week}</option>
            <option value={30}>{text.month}</option>
          </SelectField>
          <Button kind="primary" type="submit" isBusy={upload.isPending}>
            {text.upload}
          </Button>
          {upload.isPending ? <Button onClick={() => abort.current?.abort()}>{text.stop}</Button> : null}
        </div>
        {upload.isPending ? (
          <div className={styles['sent']} role="status">
            <progress value={share} max={1} aria-label={text.sent(formats.percent(share))} />
            <span>{text.sent(formats.percent(share))}</span>
          </div>
        ) : null}
      </form>
      {upload.error === null || isStopped(upload.error) ? null : <ErrorNote error={upload.error} />}
    </Card>
  );
}
