import { useMutation, useQuery } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { texts } from './texts.ts';

/** Another name, or another API version. */
export function EditKeyDialog({
  apiKey,
  onClose,
  onChanged,
}: {
  readonly apiKey: Schema<'ApiKey'>;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}) {
  const text = useTexts(texts);
  const tell = useToast();
  const versions = useQuery({ queryKey: ['versions'], queryFn: () => done(api.GET('/account/v1/versions')) });
  const save = useMutation({
    mutationFn: (body: Schema<'UpdateKeyRequest'>) =>
      done(api.PATCH('/account/v1/keys/{id}', { params: { path: { id: apiKey.id } }, body })),
    onSuccess: () => {
      tell(text.saved);
      onChanged();
      onClose();
    },
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = form.get('name');
    const version = form.get('version');
    save.mutate({
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof version === 'string' && version !== '' ? { pinned_version: version } : {}),
    });
  };
  const usable = (versions.data?.data ?? []).filter(({ status }) => status !== 'retired');
  return (
    <Dialog isOpen onClose={onClose} title={apiKey.name}>
      <form onSubmit={onSubmit} className="form">
        <TextField name="name" label={text.name} defaultValue={apiKey.name} required maxLength={200} />
        <SelectField key={usable.length} name="version" label={text.version} defaultValue={apiKey.pinned_version ?? ''}>
          {apiKey.pinned_version === null ? <option value="">{text.notPinned}</option> : null}
          {usable.map(({ version, status }) => (
            <option key={version} value={version}>
              {version} ({status})
            </option>
          ))}
        </SelectField>
        {save.error === null ? null : <ErrorNote error={save.error} />}
        <DialogActions>
          <Button kind="primary" type="submit" isBusy={save.isPending}>
            {text.save}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
