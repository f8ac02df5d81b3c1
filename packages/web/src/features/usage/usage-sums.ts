/** A row of the usage report, as far as this page reads it; dimensions stand beside by their names. */
export interface UsageRow {
  readonly [dimension: string]: unknown;
  readonly requests: number;
  readonly errors: number;
  readonly total_tokens: number;
  readonly average_duration_ms: number;
  readonly cost: string;
  readonly currency: string;
}

export const measures = ['requests', 'tokens', 'cost', 'latency', 'errors'] as const;
export type Measure = (typeof measures)[number];

export interface Sums {
  readonly requests: number;
  readonly errors: number;
  readonly tokens: number;
  /** All requests together; their mean is this by their number. */
  readonly durationMs: number;
  /** By currency. */
  readonly cost: ReadonlyMap<string, number>;
}

/** A dimension of a row as text. */
function dimension(row: UsageRow, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : '';
}

export function sumsOf(rows: readonly UsageRow[]): Sums {
  const cost = new Map<string, number>();
  let [requests, errors, tokens, durationMs] = [0, 0, 0, 0];
  for (const row of rows) {
    requests += row.requests;
    errors += row.errors;
    tokens += row.total_tokens;
    durationMs += row.average_duration_ms * row.requests;
    cost.set(row.currency, (cost.get(row.currency) ?? 0) + Number(row.cost));
  }
  return { requests, errors, tokens, durationMs, cost };
}

/** @param currency of amounts; those in others do not count */
export function measured(sums: Sums, measure: Measure, currency: string): number {
  switch (measure) {
    case 'requests':
      return sums.requests;
    case 'tokens':
      return sums.tokens;
    case 'errors':
      return sums.errors;
    case 'latency':
      return sums.requests === 0 ? 0 : sums.durationMs / sums.requests;
    case 'cost':
      return sums.cost.get(currency) ?? 0;
  }
}

/** Rows by what they have in one dimension. */
export function grouped(rows: readonly UsageRow[], name: string): ReadonlyMap<string, readonly UsageRow[]> {
  return Map.groupBy(rows, (row) => dimension(row, name));
}

/** The currency in which most requests were counted: the chart shows one, as amounts in two do not add up. */
export function mainCurrency(rows: readonly UsageRow[]): string {
  const byCurrency = [...Map.groupBy(rows, ({ currency }) => currency)];
  const counted = byCurrency.map(([currency, those]) => ({ currency, requests: sumsOf(those).requests }));
  return counted.toSorted((a, b) => b.requests - a.requests)[0]?.currency ?? '';
}

/** Means do not add up to a mean, so they are not stacked. */
function isStacked(measure: Measure): boolean {
  return measure !== 'latency';
}

export interface Stack {
  /** What the layers are, the largest first; `undefined`: all the rest. */
  readonly layers: readonly (string | undefined)[];
  readonly bars: readonly { readonly step: string; readonly total: number; readonly parts: readonly number[] }[];
}

const mostLayers = 6;

/**
 * Bars over time in layers. @param steps all of the period, also those without usage
 */
export function stackOf(
  rows: readonly UsageRow[],
  {
    steps,
    stepName,
    split,
    measure,
  }: {
    readonly steps: readonly string[];
    readonly stepName: string;
    readonly split: string;
    readonly measure: Measure;
  },
): Stack {
  const currency = mainCurrency(rows);
  const value = (those: readonly UsageRow[]) => measured(sumsOf(those), measure, currency);
  const byStep = grouped(rows, stepName);
  if (!isStacked(measure)) {
    const bars = steps.map((step) => {
      const total = value(byStep.get(step) ?? []);
      return { step, total, parts: [total] };
    });
    return { layers: [undefined], bars };
  }
  const ranked = [...grouped(rows, split)]
    .map(([name, those]) => ({ name, value: value(those) }))
    .toSorted((a, b) => b.value - a.value)
    .map(({ name }) => name);
  const own = ranked.length > mostLayers ? ranked.slice(0, mostLayers - 1) : ranked;
  const layers = ranked.length > mostLayers ? [...own, undefined] : own;
  const bars = steps.map((step) => {
    const those = byStep.get(step) ?? [];
    const bySplit = grouped(those, split);
    const parts = own.map((name) => value(bySplit.get(name) ?? []));
    const total = value(those);
    const rest = Math.max(0, total - parts.reduce((sum, part) => sum + part, 0));
    return { step, total, parts: layers.length > own.length ? [...parts, rest] : parts };
  });
  return { layers, bars };
}

/** The end of the scale: the next number whose quarters are short: its lines are named as they stand. */
export function scaleEnd(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 6, 8, 10].find((each) => each * power >= most * 0.999_999) ?? 10;
  return step * power;
}
