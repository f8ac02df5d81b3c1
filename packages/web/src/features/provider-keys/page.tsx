import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';

const texts = defineTexts(
  {
    title: 'Provider keys',
    intro: 'Call models with your own account at a provider. Keys are kept encrypted and never shown again.',
    loading: 'Loading provider keys',
    upstream: 'Provider',
    key: 'Key',
    ends: 'ends in',
    tested: 'Tested',
    never: 'never',
    works: 'works',
    broken: 'refused',
    actions: 'Actions',
    test: 'Test',
    remove: 'Delete',
    store: 'Store',
    storeTitle: 'Store or replace a key',
    emptyTitle: 'No provider keys stored',
    noneTitle: 'Nothing to bring a key for',
    none: 'No model of this service is called with keys of customers.',
    stored: 'The key is stored.',
  },
  {
    title: 'Anbieter-Schlüssel',
    intro:
      'Rufen Sie Modelle mit Ihrem eigenen Konto bei einem Anbieter auf. Schlüssel liegen verschlüsselt und werden nie wieder gezeigt.',
    loading: 'Anbieter-Schlüssel werden geladen',
    upstream: 'Anbieter',
    key: 'Schlüssel',
    ends: 'endet auf',
    tested: 'Geprüft',
    never: 'nie',
    works: 'geht',
    broken: 'abgelehnt',
    actions: 'Aktionen',
    test: 'Prüfen',
    remove: 'Löschen',
    store: 'Speichern',
    storeTitle: 'Schlüssel speichern oder ersetzen',
    emptyTitle: 'Keine Anbieter-Schlüssel gespeichert',
    noneTitle: 'Nichts, wofür man einen Schlüssel mitbringen kann',
    none: 'Kein Modell dieses Dienstes wird mit Schlüsseln von Kunden aufgerufen.',
    stored: 'Der Schlüssel ist gespeichert.',
  },
);

type ProviderKey = Schema<'ProviderKey'>;

function StoreForm({
  upstreams,
  onChanged,
}: {
  readonly upstreams: readonly string[];
  readonly onChanged: () => void;
}) {
  const text = useTexts(texts);
  const tell = useToast();
  const store = useMutation({
    mutationFn: ({ upstream, key }: { upstream: string; key: string }) =>
      done(api.PUT('/account/v1/provider-keys/{upstream}', { params: { path: { upstream } }, body: { api_key: key } })),
    onSuccess: () => {
      tell(text.stored);
      onChanged();
    },
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const upstream = form.get('upstream');
    const key = form.get('key');
    if (typeof upstream === 'string' && typeof key === 'string') store.mutate({ upstream, key: key.trim() });
    event.currentTarget.reset();
  };
  return (
    <Card title={text.storeTitle}>
      <form onSubmit={onSubmit} className="row">
        <SelectField name="upstream" label={text.upstream}>
          {upstreams.map((upstream) => (
            <option key={upstream}>{upstream}</option>
          ))}
        </SelectField>
        <TextField name="key" type="password" autoComplete="off" label={text.key} required minLength={8} />
        <Button kind="primary" type="submit" isBusy={store.isPending}>
          {text.store}
        </Button>
      </form>
      {store.error === null ? null : <ErrorNote error={store.error} />}
    </Card>
  );
}

function Actions({ upstream, onChanged }: { readonly upstream: string; readonly onChanged: () => void }) {
  const text = useTexts(texts);
  const tell = useToast();
  const [isBusy, setBusy] = useState(false);
  const path = { params: { path: { upstream } } };
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    await work().catch((error: unknown) => tell(error instanceof Error ? error.message : String(error)));
    setBusy(false);
    onChanged();
  };
  const test = async () => tell((await done(api.POST('/account/v1/provider-keys/{upstream}/test', path))).message);
  const remove = () => done(api.DELETE('/account/v1/provider-keys/{upstream}', path));
  return (
    <>
      <Button size="small" isBusy={isBusy} onClick={() => void run(test)}>
        {text.test}
      </Button>{' '}
      <Button size="small" kind="danger" onClick={() => void run(remove)}>
        {text.remove}
      </Button>
    </>
  );
}

export function Page() {
  const text = useTexts(texts);
  const formats = useFormats();
  const mayChange = useMay()('provider_keys:write');
  const queries = useQueryClient();
  const keys = useQuery({ queryKey: ['provider-keys'], queryFn: () => done(api.GET('/account/v1/provider-keys')) });
  const changed = () => void queries.invalidateQueries({ queryKey: ['provider-keys'] });
  const columns: Column<ProviderKey>[] = [
    { id: 'upstream', title: text.upstream, cell: ({ upstream }) => <strong>{upstream}</strong> },
    { id: 'key', title: text.key, cell: ({ hint }) => `${text.ends} ${hint}` },
    {
      id: 'tested',
      title: text.tested,
      cell: ({ last_tested_at: at, last_test_ok: ok }) =>
        at === null ? (
          text.never
        ) : (
          <>
            <Badge tone={ok === true ? 'good' : 'bad'}>{ok === true ? text.works : text.broken}</Badge>{' '}
            {formats.relative(at)}
          </>
        ),
    },
    {
      ...{ id: 'actions', title: text.actions, isAction: true },
      cell: ({ upstream }) => (mayChange ? <Actions upstream={upstream} onChanged={changed} /> : null),
    },
  ];
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {keys.error !== null ? <ErrorState error={keys.error} onRetry={() => void keys.refetch()} /> : null}
      {keys.data === undefined ? (
        <Skeleton label={text.loading} />
      ) : keys.data.upstreams.length === 0 ? (
        <EmptyState title={text.noneTitle}>
          <p>{text.none}</p>
        </EmptyState>
      ) : (
        <>
          {keys.data.data.length === 0 ? (
            <EmptyState title={text.emptyTitle} />
          ) : (
            <Table caption={text.title} columns={columns} rows={keys.data.data} rowId={({ upstream }) => upstream} />
          )}
          {mayChange ? <StoreForm upstreams={keys.data.upstreams} onChanged={changed} /> : null}
        </>
      )}
    </>
  );
}
