import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { Alerts } from './alerts.tsx';
import { CloseOrganization } from './close-organization.tsx';
import { texts } from './texts.ts';

const keepDays = [1, 7, 30, 90];

function changeOf(form: FormData): Schema<'UpdateOrganizationRequest'> {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const orNull = (value: string) => (value === '' ? null : value);
  const days = Number(text('keep'));
  return {
    name: text('name'),
    contact_email: orNull(text('contact')),
    region: orNull(text('region')),
    kept_bodies_days: days === 0 ? null : days,
  };
}

function Form({ settings }: { readonly settings: Schema<'OrganizationSettings'> }) {
  const text = useTexts(texts);
  const tell = useToast();
  const mayChange = useMay()('settings:write');
  const { regions } = useSettings();
  // One that was set before it went away stays to be seen, and can be given up.
  const choices = [...new Set([...regions, ...(settings.region === null ? [] : [settings.region])])];
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (body: Schema<'UpdateOrganizationRequest'>) => done(api.PATCH('/account/v1/organization', { body })),
    onSuccess: () => {
      tell(text.saved);
      return queries.invalidateQueries();
    },
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(changeOf(new FormData(event.currentTarget)));
  };
  return (
    <Card>
      <CodeBlock code={settings.id} label={text.id} />
      <form onSubmit={onSubmit}>
        <fieldset className="form plain" disabled={!mayChange}>
          <TextField name="name" label={text.name} defaultValue={settings.name} required maxLength={200} />
          <TextField
            name="contact"
            type="email"
            label={text.contact}
            hint={text.contactHint}
            defaultValue={settings.contact_email ?? ''}
          />
          {choices.length === 0 ? null : (
            <SelectField name="region" label={text.region} hint={text.regionHint} defaultValue={settings.region ?? ''}>
              <option value="">{text.anywhere}</option>
              {choices.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </SelectField>
          )}
          <SelectField name="keep" label={text.keep} hint={text.keepHint} defaultValue={settings.kept_bodies_days ?? 0}>
            <option value={0}>{text.off}</option>
            {keepDays.map((days) => (
              <option key={days} value={days}>
                {text.days(days)}
              </option>
            ))}
          </SelectField>
          {save.error === null ? null : <ErrorNote error={save.error} />}
          {mayChange ? (
            <div className="row">
              <Button kind="primary" type="submit" isBusy={save.isPending}>
                {text.save}
              </Button>
            </div>
          ) : null}
        </fieldset>
      </form>
    </Card>
  );
}

export function Page() {
  const text = useTexts(texts);
  const mayClose = useMay()('organization:delete');
  const settings = useQuery({ queryKey: ['organization'], queryFn: () => done(api.GET('/account/v1/organization')) });
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {settings.error !== null ? <ErrorState error={settings.error} onRetry={() => void settings.refetch()} /> : null}
      {settings.data === undefined ? (
        <Skeleton label={text.loading} />
      ) : (
        <>
          <Form settings={settings.data} />
          <Alerts />
          {mayClose ? <CloseOrganization name={settings.data.name} /> : null}
        </>
      )}
    </>
  );
}
