import { sql, type SQL } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import type { WindowSeed } from '../limits/limit.ts';
import { windowEnd } from '../limits/window.ts';
import type { Database } from '../postgres/database.ts';

export type UsageDimension = 'hour' | 'day' | 'month' | 'tenant' | 'key' | 'model' | 'surface' | 'mode' | 'currency';

export interface UsageQuery {
  readonly tenantId: string | undefined;
  readonly keyId: string | undefined;
  readonly model: string | undefined;
  /** Honoured to the hour: sums are kept by the hour. */
  readonly from: Date;
  readonly to: Date;
  readonly groupBy: readonly UsageDimension[];
  readonly after: string | undefined;
  readonly limit: number;
}

/** A row: the grouped dimensions as text, sums as numbers, cost in `currency` as a decimal text without rounding. */
export interface UsageRow extends Readonly<Record<string, string | number>> {
  readonly requests: number;
  readonly errors: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cached_tokens: number;
  readonly reasoning_tokens: number;
  readonly total_tokens: number;
  readonly cost: string;
  readonly currency: string;
}

export interface UsagePage {
  readonly data: readonly UsageRow[];
  readonly pagination: { readonly cursor: string | null; readonly has_more: boolean; readonly limit: number };
}

const utc = (unit: 'hour' | 'day' | 'month', form: string) =>
  sql.raw(`to_char(date_trunc('${unit}', hour AT TIME ZONE 'UTC'), '${form}')`);

/** Each dimension as text that sorts as it should. */
const expressions: Readonly<Record<UsageDimension, SQL>> = {
  hour: utc('hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  day: utc('day', 'YYYY-MM-DD'),
  month: utc('month', 'YYYY-MM'),
  tenant: sql.raw('tenant_id'),
  key: sql.raw('key_id'),
  model: sql.raw('model'),
  surface: sql.raw('surface'),
  mode: sql.raw('mode'),
  currency: sql.raw('currency'),
};

const sums = ['requests', 'errors', 'prompt_tokens', 'completion_tokens', 'cached_tokens', 'reasoning_tokens'] as const;

/** 1e-9 units as a decimal: 1500000 becomes 0.0015. */
export function decimalOfNanos(nanos: bigint): string {
  const whole = nanos / 1_000_000_000n;
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return fraction === '' ? whole.toString() : `${whole}.${fraction}`;
}

function encodeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

function decodeCursor(cursor: string, length: number): string[] {
  try {
    const values = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'string'))
      return values;
  } catch {
    // Falls through to the same answer.
  }
  throw new AppError(
    'INVALID_REQUEST',
    'after: this is not a cursor of this list. Take pagination.cursor of the page before, with the same group_by.',
    { param: 'after' },
  );
}

function toRow(row: Record<string, string>, dimensions: readonly UsageDimension[]): UsageRow {
  const grouped = Object.fromEntries(dimensions.map((dimension, index) => [dimension, row[`d${index}`] ?? '']));
  const counted = Object.fromEntries(sums.map((name) => [name, Number(row[name])])) as Record<
    (typeof sums)[number],
    number
  >;
  return {
    ...grouped,
    ...counted,
    total_tokens: counted.prompt_tokens + counted.completion_tokens,
    cost: decimalOfNanos(BigInt(row['cost_nanos'] ?? '0')),
    currency: grouped['currency'] ?? '',
  };
}

/**
 * Sums of the ledger by the dimensions asked for. The currency is always one of them: amounts of two do not add up.
 * @throws AppError INVALID_REQUEST for a cursor of something else
 */
export async function queryUsage({ database }: { readonly database: Database }, query: UsageQuery): Promise<UsagePage> {
  const dimensions: UsageDimension[] = [...new Set([...query.groupBy, 'currency' as const])];
  const names = dimensions.map((dimension) => expressions[dimension]);
  const filters = [
    sql`hour >= date_trunc('hour', ${query.from.toISOString()}::timestamptz)`,
    sql`hour < ${query.to.toISOString()}::timestamptz`,
  ];
  if (query.tenantId !== undefined) filters.push(sql`tenant_id = ${query.tenantId}`);
  if (query.keyId !== undefined) filters.push(sql`key_id = ${query.keyId}`);
  if (query.model !== undefined) filters.push(sql`model = ${query.model}`);
  const collated = names.map((name) => sql`(${name}) COLLATE "C"`);
  const after = query.after === undefined ? undefined : decodeCursor(query.after, dimensions.length);
  if (after !== undefined)
    filters.push(
      sql`(${sql.join(collated, sql`, `)}) > (${sql.join(
        after.map((value) => sql`${value}`),
        sql`, `,
      )})`,
    );
  const selected = [
    ...collated.map((name, index) => sql`${name} AS ${sql.raw(`d${index}`)}`),
    ...sums.map((name) => sql.raw(`sum(${name})::text AS ${name}`)),
    sql.raw('sum(cost_nanos)::text AS cost_nanos'),
  ];
  const order = sql.join(collated, sql`, `);
  const { rows } = await database.query((executor) =>
    executor.execute<Record<string, string>>(
      sql`SELECT ${sql.join(selected, sql`, `)} FROM usage_rollups WHERE ${sql.join(filters, sql` AND `)} GROUP BY ${sql.raw(dimensions.map((_, index) => String(index + 1)).join(', '))} ORDER BY ${order} LIMIT ${query.limit + 1}`,
    ),
  );
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const hasMore = rows.length > query.limit;
  const cursor =
    hasMore && last !== undefined ? encodeCursor(dimensions.map((_, index) => last[`d${index}`] ?? '')) : null;
  return {
    data: shown.map((row) => toRow(row, dimensions)),
    pagination: { cursor, has_more: hasMore, limit: query.limit },
  };
}

/**
 * What a window holds already, from the hourly sums: for counters that start anew. The journals of dead processes have
 * been moved before the first request asks for it.
 */
export function createWindowSeed({ database }: { readonly database: Database }): WindowSeed {
  return async (limit, windowStartMs) => {
    const from = new Date(windowStartMs).toISOString();
    const to = new Date(windowEnd(limit.window, windowStartMs)).toISOString();
    const counted = limit.counts === 'requests' ? sql.raw('requests') : sql.raw('prompt_tokens + completion_tokens');
    const { rows } = await database.query((executor) =>
      executor.execute<{ used: string }>(
        sql`SELECT coalesce(sum(${counted}), 0)::text AS used FROM usage_rollups WHERE hour >= ${from}::timestamptz AND hour < ${to}::timestamptz AND (key_id = ${limit.subject} OR tenant_id = ${limit.subject})`,
      ),
    );
    return Number(rows[0]?.used ?? 0);
  };
}
