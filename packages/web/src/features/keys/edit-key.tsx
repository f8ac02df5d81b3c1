import { useMutation } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { DialogActions } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { limitsOf } from './key-limits.ts';
import { texts } from './texts.ts';

/** Another name, other limits. */
export function EditKey({
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
    save.mutate({
      ...(typeof name === 'string' ? { name } : {}),
      limits: limitsOf(form, apiKey.limits) ?? null,
    });
  };
  return (
    <form onSubmit={onSubmit} className="form">
      <TextField name="name" label={text.name} defaultValue={apiKey.name} required maxLength={200} />
      <TextField
        name="perMinute"
        type="number"
        min={1}
        label={text.perMinute}
        hint={text.limitHint}
        defaultValue={apiKey.limits?.requests_per_minute ?? ''}
      />
      <TextField
        name="perMonth"
        type="number"
        min={1}
        label={text.perMonth}
        hint={text.limitHint}
        defaultValue={apiKey.limits?.tokens_per_month ?? ''}
      />
      {save.error === null ? null : <ErrorNote error={save.error} />}
      <DialogActions>
        <Button kind="primary" type="submit" isBusy={save.isPending}>
          {text.save}
        </Button>
      </DialogActions>
    </form>
  );
}
