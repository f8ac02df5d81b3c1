import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, chosenOrganization, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { Chart } from './chart.tsx';
import { rangeOf, stepsOf, type Period } from './periods.ts';

const texts = defineTexts(
  {
    title: 'Usage',
    intro: 'Requests, tokens, cost, latency and errors, from the ledger. It is up to date within seconds.',
    period: 'Period',
    day: '24 hours',
    week: '7 days',
    month: '30 days',
    year: 'a year',
    show: 'Show',
    requests: 'Requests',
    tokens: 'Tokens',
    cost: 'Cost',
    errors: 'Failed',
    latency: 'Average time',
    by: 'Split by',
    model: 'Model',
    key: 'Key',
    surface: 'Interface',
    loading: 'Loading usage',
    emptyTitle: 'No usage in this period',
    empty: 'Calls appear here seconds after they are made.',
    csv: 'Export as CSV',
  },
  {
    title: 'Verbrauch',
    intro: 'Anfragen, Tokens, Kosten, Dauer und Fehler aus dem Hauptbuch, auf Sekunden aktuell.',
    period: 'Zeitraum',
    day: '24 Stunden',
    week: '7 Tage',
    month: '30 Tage',
    year: 'ein Jahr',
    show: 'Zeigen',
    requests: 'Anfragen',
    tokens: 'Tokens',
    cost: 'Kosten',
    errors: 'Fehlgeschlagen',
    latency: 'Mittlere Dauer',
    by: 'Aufteilen nach',
    model: 'Modell',
    key: 'Schlüssel',
    surface: 'Schnittstelle',
    loading: 'Der Verbrauch wird geladen',
    emptyTitle: 'Kein Verbrauch in diesem Zeitraum',
    empty: 'Aufrufe erscheinen hier Sekunden, nachdem sie gemacht wurden.',
    csv: 'Als CSV ausgeben',
  },
);

type Row = Schema<'UsageRow'>;
type Measure = 'requests' | 'tokens' | 'cost' | 'errors' | 'latency';
type Split = 'model' | 'key' | 'surface';
const periods: readonly Period[] = ['day', 'week', 'month', 'year'];
const measures: readonly Measure[] = ['requests', 'tokens', 'cost', 'errors', 'latency'];
const splits: readonly Split[] = ['model', 'key', 'surface'];

/** A dimension of a row, as the API names it. */
function dimension(row: Row, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : '';
}

function measured(row: Row, measure: Measure): number {
  switch (measure) {
    case 'requests':
      return row.requests;
    case 'tokens':
      return row.total_tokens;
    case 'cost':
      return Number(row.cost);
    case 'errors':
      return row.errors;
    case 'latency':
      return row.average_duration_ms;
  }
}

function useReport(period: Period, groupBy: string) {
  return useQuery({
    queryKey: ['usage', period, groupBy],
    queryFn: () => {
      const from = new Date(rangeOf(period, Date.now()).fromMs).toISOString();
      return done(api.GET('/account/v1/usage', { params: { query: { from, group_by: groupBy, limit: 200 } } }));
    },
    refetchInterval: 10_000,
  });
}

/** The file comes with the session's cookie; the organisation goes in a header, so it is fetched and then saved. */
async function saveCsv(period: Period, split: Split): Promise<void> {
  const { fromMs, step } = rangeOf(period, Date.now());
  const query = new URLSearchParams({ from: new Date(fromMs).toISOString(), group_by: `${step},${split}` });
  const organization = chosenOrganization();
  const response = await fetch(`/account/v1/usage.csv?${query.toString()}`, {
    headers: organization === null ? {} : { 'x-turnpike-organization': organization },
  });
  if (!response.ok) throw new Error(`HTTP ${String(response.status)}`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = `usage-${period}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function useColumns(split: Split): Column<Row>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  return [
    { id: 'what', title: text[split], cell: (row) => <code>{dimension(row, split)}</code> },
    { id: 'requests', title: text.requests, align: 'end', cell: (row) => formats.count(row.requests) },
    { id: 'tokens', title: text.tokens, align: 'end', cell: (row) => formats.count(row.total_tokens) },
    { id: 'cost', title: text.cost, align: 'end', cell: (row) => formats.money(row.cost, row.currency) },
    { id: 'latency', title: text.latency, align: 'end', cell: (row) => formats.milliseconds(row.average_duration_ms) },
    { id: 'errors', title: text.errors, align: 'end', cell: (row) => formats.count(row.errors) },
  ];
}

function Series({
  period,
  measure,
  rows,
}: {
  readonly period: Period;
  readonly measure: Measure;
  readonly rows: readonly Row[];
}) {
  const text = useTexts(texts);
  const formats = useFormats();
  const [nowMs] = useState(() => Date.now());
  const { step } = rangeOf(period, nowMs);
  const byStep = new Map(rows.map((row) => [dimension(row, step), row]));
  const show = (row: Row | undefined) => {
    const value = row === undefined ? 0 : measured(row, measure);
    if (measure === 'cost') return formats.money(value, row?.currency ?? 'EUR');
    return measure === 'latency' ? formats.milliseconds(value) : formats.count(value);
  };
  const bars = stepsOf(period, nowMs).map((id) => {
    const row = byStep.get(id);
    const label = step === 'hour' ? formats.time(id) : id;
    return { id, label, value: row === undefined ? 0 : measured(row, measure), text: `${label}: ${show(row)}` };
  });
  return <Chart title={text[measure]} bars={bars} />;
}

export function Page() {
  const text = useTexts(texts);
  const [period, setPeriod] = useState<Period>('week');
  const [measure, setMeasure] = useState<Measure>('requests');
  const [split, setSplit] = useState<Split>('model');
  const [nowMs] = useState(() => Date.now());
  const series = useReport(period, rangeOf(period, nowMs).step);
  const table = useReport(period, split);
  const columns = useColumns(split);
  const error = series.error ?? table.error;
  return (
    <>
      <PageHeader title={text.title} action={<Button onClick={() => void saveCsv(period, split)}>{text.csv}</Button>}>
        {text.intro}
      </PageHeader>
      <div className="row">
        <SelectField label={text.period} value={period} onChange={({ target }) => setPeriod(target.value as Period)}>
          {periods.map((each) => (
            <option key={each} value={each}>
              {text[each]}
            </option>
          ))}
        </SelectField>
        <SelectField label={text.show} value={measure} onChange={({ target }) => setMeasure(target.value as Measure)}>
          {measures.map((each) => (
            <option key={each} value={each}>
              {text[each]}
            </option>
          ))}
        </SelectField>
        <SelectField label={text.by} value={split} onChange={({ target }) => setSplit(target.value as Split)}>
          {splits.map((each) => (
            <option key={each} value={each}>
              {text[each]}
            </option>
          ))}
        </SelectField>
      </div>
      {error !== null ? <ErrorState error={error} onRetry={() => void series.refetch()} /> : null}
      {series.data === undefined || table.data === undefined ? (
        <Skeleton label={text.loading} lines={6} />
      ) : table.data.data.length === 0 ? (
        <EmptyState title={text.emptyTitle}>
          <p>{text.empty}</p>
        </EmptyState>
      ) : (
        <>
          <Card>
            <Series period={period} measure={measure} rows={series.data.data} />
          </Card>
          <Table
            caption={text.title}
            columns={columns}
            rows={table.data.data}
            rowId={(row) => `${dimension(row, split)} ${row.currency}`}
          />
        </>
      )}
    </>
  );
}
