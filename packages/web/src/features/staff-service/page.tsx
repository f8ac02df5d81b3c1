import { useMutation, useQuery } from '@tanstack/react-query';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, Figure, Figures, PageHeader } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { Models } from './models.tsx';
import { texts } from './texts.ts';

function State() {
  const text = useTexts(texts);
  const formats = useFormats();
  const state = useQuery({
    queryKey: ['staff', 'state'],
    queryFn: () => done(api.GET('/admin/v1/state')),
    refetchInterval: 5_000,
  });
  if (state.error !== null) return <ErrorNote error={state.error} />;
  if (state.data === undefined) return <Skeleton label={text.loading} />;
  const { data } = state;
  const jobs = Object.entries(data.jobs).map(([status, count]) => `${status} ${formats.count(count)}`);
  return (
    <Figures>
      <Figure label={text.requests} value={formats.count(data.requests_in_flight)} />
      <Figure label={text.streams} value={formats.count(data.streams)} />
      <Figure label={text.journal} value={formats.count(data.journal_pending)} />
      <Figure label={text.tenants} value={formats.count(data.tenants)} />
      <Figure label={text.keys} value={formats.count(data.keys)} />
      <Figure label={text.people} value={formats.count(data.people)} />
      <Figure label={text.counters} value={data.counters.kind} note={data.counters.detail} />
      <Figure label={text.jobs} value={jobs.length === 0 ? '0' : jobs.join(', ')} />
    </Figures>
  );
}

function TestButton({ name }: { readonly name: string }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const test = useMutation({
    mutationFn: () => done(api.POST('/admin/v1/upstreams/{name}/test', { params: { path: { name } } })),
  });
  return (
    <>
      <Button size="small" isBusy={test.isPending} onClick={() => test.mutate()}>
        {text.test}
      </Button>
      {test.error === null ? null : <ErrorNote error={test.error} />}
      {test.data === undefined ? null : (
        <p role="status">
          <Badge tone={test.data.ok ? 'good' : 'bad'}>
            {test.data.ok
              ? text.works(formats.milliseconds(test.data.duration_ms), formats.count(test.data.models ?? 0))
              : test.data.message}
          </Badge>
        </p>
      )}
    </>
  );
}

function Upstreams() {
  const text = useTexts(texts);
  const upstreams = useQuery({
    queryKey: ['staff', 'upstreams'],
    queryFn: () => done(api.GET('/admin/v1/upstreams')),
    refetchInterval: 5_000,
  });
  const columns: Column<Schema<'UpstreamState'>>[] = [
    { id: 'name', title: text.name, cell: ({ name }) => <strong>{name}</strong> },
    { id: 'kind', title: text.kind, cell: ({ kind, region }) => (region === null ? kind : `${kind}, ${region}`) },
    { id: 'models', title: text.models, cell: ({ models }) => models.join(', ') },
    {
      id: 'circuits',
      title: text.circuits,
      cell: ({ targets }) =>
        targets.map(({ target, circuit, in_flight: inFlight }) => (
          <div key={target}>
            <Badge tone={circuit === 'closed' ? 'good' : 'bad'}>{circuit}</Badge> {target} ({inFlight})
          </div>
        )),
    },
    { ...{ id: 'test', title: text.actions, isAction: true }, cell: ({ name }) => <TestButton name={name} /> },
  ];
  if (upstreams.error !== null) return <ErrorNote error={upstreams.error} />;
  if (upstreams.data === undefined) return <Skeleton label={text.loading} />;
  return <Table caption={text.upstreams} columns={columns} rows={upstreams.data.data} rowId={({ name }) => name} />;
}

function Purchases() {
  const text = useTexts(texts);
  const formats = useFormats();
  const purchases = useQuery({ queryKey: ['staff', 'purchases'], queryFn: () => done(api.GET('/admin/v1/purchases')) });
  const columns: Column<Schema<'Purchase'>>[] = [
    { id: 'what', title: text.what, cell: ({ description, kind }) => description ?? kind },
    { id: 'status', title: text.status, cell: ({ status }) => status },
    {
      id: 'amount',
      title: text.amount,
      align: 'end',
      cell: ({ amount, currency }) => formats.money(amount / 100, currency),
    },
    { id: 'when', title: text.when, cell: ({ created_at: at }) => formats.time(at) },
  ];
  if (purchases.error !== null) return <ErrorNote error={purchases.error} />;
  if (purchases.data === undefined) return <Skeleton label={text.loading} />;
  if (purchases.data.data.length === 0) return <p>{text.none}</p>;
  return <Table caption={text.purchases} columns={columns} rows={purchases.data.data} rowId={({ id }) => id} />;
}

export function Page() {
  const text = useTexts(texts);
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <State />
      <Card title={text.models}>
        <Models />
      </Card>
      <Card title={text.upstreams}>
        <Upstreams />
      </Card>
      <Card title={text.purchases}>
        <Purchases />
      </Card>
    </>
  );
}
