import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Table, type Column } from '../../ui/table.tsx';

const texts = defineTexts(
  {
    title: 'Plans',
    intro: 'Bounds in force. Changes hold everywhere within about a second.',
    loading: 'Loading plans',
    name: 'Plan',
    changed: 'changed',
    own: 'made here',
    perMinute: 'Requests a minute',
    tokensMinute: 'Tokens a minute',
    tokensDay: 'Tokens a day',
    tokensMonth: 'Tokens a month',
    trial: 'Days of trial',
    tenants: 'Tenants',
    actions: 'Actions',
    edit: 'Change',
    reset: 'Take back',
    save: 'Save',
    fresh: 'New plan',
    id: 'Name',
    heading: 'Title',
    empty: 'Empty: no bound.',
  },
  {
    title: 'Tarife',
    intro: 'Geltende Grenzen. Änderungen gelten binnen etwa einer Sekunde überall.',
    loading: 'Tarife werden geladen',
    name: 'Tarif',
    changed: 'geändert',
    own: 'hier gemacht',
    perMinute: 'Anfragen je Minute',
    tokensMinute: 'Tokens je Minute',
    tokensDay: 'Tokens je Tag',
    tokensMonth: 'Tokens im Monat',
    trial: 'Tage Testzeit',
    tenants: 'Kunden',
    actions: 'Aktionen',
    edit: 'Ändern',
    reset: 'Zurücknehmen',
    save: 'Speichern',
    fresh: 'Neuer Tarif',
    id: 'Name',
    heading: 'Titel',
    empty: 'Leer: keine Grenze.',
  },
);

type Plan = Schema<'AdminPlan'>;
const bounds = [
  'requests_per_minute',
  'tokens_per_minute',
  'tokens_per_day',
  'tokens_per_month',
  'trial_days',
] as const;
const labels = {
  requests_per_minute: 'perMinute',
  tokens_per_minute: 'tokensMinute',
  tokens_per_day: 'tokensDay',
  tokens_per_month: 'tokensMonth',
  trial_days: 'trial',
} as const;

function overrideOf(form: FormData): { readonly name: string; readonly body: Schema<'PlanOverride'> } {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const numbers = Object.fromEntries(bounds.map((bound) => [bound, text(bound) === '' ? null : Number(text(bound))]));
  return { name: text('name'), body: { ...numbers, ...(text('title') === '' ? {} : { title: text('title') }) } };
}

function PlanDialog({ plan, onClose }: { readonly plan: Plan | null; readonly onClose: () => void }) {
  const text = useTexts(texts);
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: ({ name, body }: ReturnType<typeof overrideOf>) =>
      done(api.PUT('/admin/v1/plans/{name}', { params: { path: { name } }, body })),
    onSuccess: () => {
      onClose();
      return queries.invalidateQueries({ queryKey: ['staff', 'plans'] });
    },
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(overrideOf(new FormData(event.currentTarget)));
  };
  return (
    <Dialog isOpen onClose={onClose} title={plan?.title ?? text.fresh} description={text.empty}>
      <form onSubmit={onSubmit} className="form">
        <TextField
          name="name"
          label={text.id}
          required
          defaultValue={plan?.name ?? ''}
          readOnly={plan !== null}
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
        />
        <TextField name="title" label={text.heading} defaultValue={plan?.title ?? ''} />
        {bounds.map((bound) => (
          <TextField
            key={bound}
            name={bound}
            type="number"
            min={1}
            label={text[labels[bound]]}
            defaultValue={plan?.[bound] ?? ''}
          />
        ))}
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

export function Page() {
  const text = useTexts(texts);
  const formats = useFormats();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<{ readonly plan: Plan | null } | null>(null);
  const plans = useQuery({ queryKey: ['staff', 'plans'], queryFn: () => done(api.GET('/admin/v1/plans')) });
  const reset = useMutation({
    mutationFn: (name: string) => done(api.DELETE('/admin/v1/plans/{name}', { params: { path: { name } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['staff', 'plans'] }),
  });
  const count = (value: number | null) => (value === null ? '–' : formats.short(value));
  const columns: Column<Plan>[] = [
    {
      id: 'name',
      title: text.name,
      cell: (plan) => (
        <>
          <strong>{plan.title}</strong>{' '}
          {plan.changes === null ? null : <Badge tone="warn">{plan.is_configured ? text.changed : text.own}</Badge>}
        </>
      ),
    },
    ...bounds.map((bound) => ({
      ...{ id: bound, title: text[labels[bound]], align: 'end' as const },
      cell: (plan: Plan) => count(plan[bound]),
    })),
    { id: 'tenants', title: text.tenants, align: 'end', cell: ({ tenants }) => formats.count(tenants) },
    {
      ...{ id: 'actions', title: text.actions, isAction: true },
      cell: (plan) => (
        <>
          <Button size="small" onClick={() => setEdited({ plan })}>
            {text.edit}
          </Button>{' '}
          {plan.changes === null ? null : (
            <Button size="small" kind="danger" onClick={() => reset.mutate(plan.name)}>
              {text.reset}
            </Button>
          )}
        </>
      ),
    },
  ];
  return (
    <>
      <PageHeader title={text.title} action={<Button onClick={() => setEdited({ plan: null })}>{text.fresh}</Button>}>
        {text.intro}
      </PageHeader>
      {plans.error !== null ? <ErrorState error={plans.error} onRetry={() => void plans.refetch()} /> : null}
      {reset.error === null ? null : <ErrorNote error={reset.error} />}
      {plans.data === undefined ? (
        <Skeleton label={text.loading} lines={5} />
      ) : (
        <Table caption={text.title} columns={columns} rows={plans.data.data} rowId={({ name }) => name} />
      )}
      {edited === null ? null : <PlanDialog plan={edited.plan} onClose={() => setEdited(null)} />}
    </>
  );
}
