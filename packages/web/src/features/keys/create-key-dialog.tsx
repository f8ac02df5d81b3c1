import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Choices } from './choices.tsx';
import { limitsOf } from './key-limits.ts';
import { texts } from './texts.ts';

type Request = Schema<'CreateKeyRequest'>;
type Scope = NonNullable<Request['scopes']>[number];

const scopes: readonly Scope[] = ['chat', 'embeddings', 'files', 'models'];
/** For keys of those only who may change provider keys themselves. */
const strongScopes: readonly Scope[] = [...scopes, 'provider_keys'];

/** What the form says, as the API takes it. */
function requestOf(form: FormData, chosen: readonly Scope[], models: readonly string[]): Request {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const limits = limitsOf(form);
  const expires = text('expires');
  return {
    name: text('name'),
    scopes: [...chosen],
    mode: text('mode') === 'test' ? 'test' : 'live',
    ...(models.length === 0 ? {} : { models: [...models] }),
    ...(expires === '' ? {} : { expires_at: new Date(`${expires}T23:59:59Z`).toISOString() }),
    ...(limits === undefined ? {} : { limits }),
  };
}

export function CreateKeyDialog({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void;
  readonly onCreated: (secret: string) => void;
}) {
  const text = useTexts(texts);
  const offered = useMay()('provider_keys:write') ? strongScopes : scopes;
  const [chosen, setChosen] = useState<readonly Scope[]>(scopes);
  const [models, setModels] = useState<readonly string[]>([]);
  const known = useQuery({ queryKey: ['models'], queryFn: () => done(api.GET('/account/v1/models')) });
  const create = useMutation({
    mutationFn: (body: Request) => done(api.POST('/account/v1/keys', { body })),
    onSuccess: ({ key }) => onCreated(key),
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(requestOf(new FormData(event.currentTarget), chosen, models));
  };
  return (
    <Dialog isOpen onClose={onClose} title={text.create}>
      <form onSubmit={onSubmit} className="form">
        <TextField name="name" label={text.name} hint={text.nameHint} required maxLength={200} autoFocus />
        <Choices label={text.scopes} all={offered} chosen={chosen} onChange={setChosen} />
        <SelectField name="mode" label={text.mode}>
          <option value="live">{text.live}</option>
          <option value="test">{text.test}</option>
        </SelectField>
        <Choices
          label={text.models}
          hint={text.modelsHint}
          all={known.data?.data.map(({ id }) => id) ?? []}
          chosen={models}
          onChange={setModels}
        />
        <TextField name="expires" type="date" label={text.expires} hint={text.expiresHint} />
        <TextField name="perMinute" type="number" min={1} label={text.perMinute} hint={text.limitHint} />
        <TextField name="perMonth" type="number" min={1} label={text.perMonth} hint={text.limitHint} />
        {create.error === null ? null : <ErrorNote error={create.error} />}
        <DialogActions>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            {text.create}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
