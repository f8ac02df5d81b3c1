/** A row of the usage report by hour, as far as this page reads it. */
export interface HourRow {
  readonly hour?: unknown;
  readonly requests: number;
  readonly errors: number;
  readonly total_tokens: number;
  readonly cost: string;
  readonly currency: string;
}

export interface DaySums {
  readonly requests: number;
  readonly errors: number;
  readonly tokens: number;
  /** By currency. */
  readonly cost: ReadonlyMap<string, number>;
  /** Requests of each of the 24 hours. */
  readonly hours: readonly number[];
}

const hourMs = 3_600_000;

/** Midnight of the reader's own day, so many days ago. */
export function startOfDay(nowMs: number, daysAgo = 0): number {
  const day = new Date(nowMs);
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() - daysAgo);
  return day.getTime();
}

/** What the hours between two instants add up to. A day with a change of the clocks has 23 or 25. */
export function sumOf(rows: readonly HourRow[], fromMs: number, toMs: number): DaySums {
  const cost = new Map<string, number>();
  const hours = Array.from({ length: Math.round((toMs - fromMs) / hourMs) }, () => 0);
  let [requests, errors, tokens] = [0, 0, 0];
  for (const row of rows) {
    const at = typeof row.hour === 'string' ? Date.parse(row.hour) : Number.NaN;
    if (!(at >= fromMs && at < toMs)) continue;
    requests += row.requests;
    errors += row.errors;
    tokens += row.total_tokens;
    cost.set(row.currency, (cost.get(row.currency) ?? 0) + Number(row.cost));
    const index = Math.floor((at - fromMs) / hourMs);
    hours[index] = (hours[index] ?? 0) + row.requests;
  }
  return { requests, errors, tokens, cost, hours };
}
