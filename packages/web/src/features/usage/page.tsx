import { useKeyNames } from '../keys/key-names.ts';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';
import { Limits } from '../home/limits.tsx';
import { Chart } from './chart.tsx';
import { Filters, periods, splits, type Search } from './filters.tsx';
import { rangeOf, stepsOf } from './periods.ts';
import { texts } from './texts.ts';
import { Totals, useShow } from './totals.tsx';
import { saveCsv, useUsage, type Wanted } from './usage-data.ts';
import {
  grouped,
  mainCurrency,
  measured,
  measures,
  stackOf,
  sumsOf,
  type Measure,
  type Sums,
  type UsageRow,
} from './usage-sums.ts';

function oneOf<Name extends string>(names: readonly Name[], wanted: string | undefined, otherwise: Name): Name {
  return names.find((name) => name === wanted) ?? otherwise;
}

/** What the address asks for: it can be shared as a link. */
function useWanted() {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = (changed: Search) => void navigate({ to: '/usage', search: { ...search, ...changed }, replace: true });
  const wanted: Wanted = {
    period: oneOf(periods, search.period, 'week'),
    split: oneOf(splits, search.by, 'model'),
    key: search.key,
    model: search.model,
  };
  return { wanted, measure: oneOf<Measure>(measures, search.show, 'requests'), change };
}

interface Part {
  readonly name: string;
  readonly sums: Sums;
}

/** The parts that the period is split into, the largest first; amounts of each currency for themselves. */
function useColumns(split: Wanted['split'], all: Sums, nameOf: (id: string) => string): Column<Part>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  const money = ({ cost }: Sums) => [...cost].map(([currency, amount]) => formats.money(amount, currency)).join(' + ');
  const mean = (sums: Sums) => formats.milliseconds(measured(sums, 'latency', ''));
  return [
    { id: 'what', title: text[split], cell: ({ name }) => <strong>{nameOf(name)}</strong> },
    { id: 'requests', title: text.requests, align: 'end', cell: ({ sums }) => formats.count(sums.requests) },
    {
      id: 'share',
      title: text.share,
      align: 'end',
      cell: ({ sums }) => formats.percent(all.requests === 0 ? 0 : sums.requests / all.requests),
    },
    { id: 'tokens', title: text.tokens, align: 'end', cell: ({ sums }) => formats.count(sums.tokens) },
    { id: 'cost', title: text.cost, align: 'end', cell: ({ sums }) => money(sums) },
    { id: 'latency', title: text.latency, align: 'end', cell: ({ sums }) => mean(sums) },
    { id: 'errors', title: text.errors, align: 'end', cell: ({ sums }) => formats.count(sums.errors) },
  ];
}

interface ReportProps {
  readonly rows: readonly UsageRow[];
  /** When they were read: the page stays open. */
  readonly nowMs: number;
  readonly wanted: Wanted;
  readonly measure: Measure;
  readonly onChoose: (measure: Measure) => void;
}

function useStepLabel(step: 'hour' | 'day' | 'month'): (id: string) => string {
  const formats = useFormats();
  return (id) => {
    if (id === '') return '';
    if (step === 'hour') return formats.hour(id);
    return step === 'day' ? formats.day(id) : formats.month(id);
  };
}

function Report({ rows, nowMs, wanted: { period, split }, measure, onChoose }: ReportProps) {
  const text = useTexts(texts);
  const show = useShow();
  const keys = useKeyNames();
  const { step } = rangeOf(period, nowMs);
  const labelOf = useStepLabel(step);
  const all = sumsOf(rows);
  const currency = mainCurrency(rows);
  const nameOf = (id: string) => (split === 'key' ? (keys.get(id) ?? id) : id);
  const columns = useColumns(split, all, nameOf);
  const parts = [...grouped(rows, split)]
    .map(([name, those]) => ({ name, sums: sumsOf(those) }))
    .toSorted((a, b) => b.sums.requests - a.sums.requests);
  const others = [...all.cost.keys()].filter((name) => name !== currency);
  const stack = stackOf(rows, { steps: stepsOf(period, nowMs), stepName: step, split, measure });
  return (
    <>
      <Totals sums={all} currency={currency} chosen={measure} onChoose={onChoose} />
      <Card>
        <Chart
          title={text[measure]}
          stack={stack}
          nameOf={(layer) => (layer === undefined ? text.others : nameOf(layer))}
          labelOf={labelOf}
          show={(value) => show(measure, value, currency)}
          pointed={text.pointed}
          peak={text.peak}
        />
        {measure === 'cost' && others.length > 0 ? <p>{text.otherCurrencies(others.join(', '))}</p> : null}
      </Card>
      <Table caption={text.title} columns={columns} rows={parts} rowId={({ name }) => name} />
    </>
  );
}

export function Page() {
  const text = useTexts(texts);
  const toast = useToast();
  const { wanted, measure, change } = useWanted();
  const usage = useUsage(wanted);
  const save = () => saveCsv(wanted).catch(() => toast(text.csvFailed));
  return (
    <>
      <PageHeader title={text.title} action={<Button onClick={() => void save()}>{text.csv}</Button>}>
        {text.intro}
      </PageHeader>
      <Filters wanted={wanted} change={change} />
      {usage.error === null ? null : <ErrorState error={usage.error} onRetry={() => void usage.refetch()} />}
      {usage.isPending ? <Skeleton label={text.loading} lines={8} /> : null}
      {usage.data === undefined ? null : usage.data.length === 0 ? (
        <EmptyState title={text.emptyTitle} action={<Link to="/playground">{text.toPlayground}</Link>}>
          <p>{text.empty}</p>
        </EmptyState>
      ) : (
        <Report
          rows={usage.data}
          nowMs={usage.dataUpdatedAt}
          wanted={wanted}
          measure={measure}
          onChoose={(show) => change({ show })}
        />
      )}
      <Limits />
    </>
  );
}
