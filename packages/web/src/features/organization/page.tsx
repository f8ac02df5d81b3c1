import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';

const texts = defineTexts(
  {
    title: 'Settings',
    intro: 'Of the organisation as a whole.',
    loading: 'Loading settings',
    id: 'Organisation id',
    name: 'Name',
    contact: 'Contact',
    contactHint: 'Who is written to about deprecations and limits.',
    region: 'Region',
    regionHint: 'Requests are run there only. Empty: anywhere.',
    keep: 'Keep requests and answers',
    keepHint: 'Sealed, for the request log. Members who may read content see them.',
    off: 'not at all',
    days: (count: string) => `${count} days`,
    save: 'Save',
    saved: 'Saved.',
  },
  {
    title: 'Einstellungen',
    intro: 'Für die Organisation als Ganzes.',
    loading: 'Einstellungen werden geladen',
    id: 'Kennung der Organisation',
    name: 'Name',
    contact: 'Kontakt',
    contactHint: 'An wen wir über Abkündigungen und Grenzen schreiben.',
    region: 'Region',
    regionHint: 'Anfragen laufen nur dort. Leer: überall.',
    keep: 'Anfragen und Antworten aufbewahren',
    keepHint: 'Versiegelt, für das Anfragen-Protokoll. Mitglieder mit Leserecht auf Inhalte sehen sie.',
    off: 'gar nicht',
    days: (count: string) => `${count} Tage`,
    save: 'Speichern',
    saved: 'Gespeichert.',
  },
);

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
          <TextField name="region" label={text.region} hint={text.regionHint} defaultValue={settings.region ?? ''} />
          <SelectField name="keep" label={text.keep} hint={text.keepHint} defaultValue={settings.kept_bodies_days ?? 0}>
            <option value={0}>{text.off}</option>
            {keepDays.map((days) => (
              <option key={days} value={days}>
                {text.days(String(days))}
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
  const settings = useQuery({ queryKey: ['organization'], queryFn: () => done(api.GET('/account/v1/organization')) });
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {settings.error !== null ? <ErrorState error={settings.error} onRetry={() => void settings.refetch()} /> : null}
      {settings.data === undefined ? <Skeleton label={text.loading} /> : <Form settings={settings.data} />}
    </>
  );
}
