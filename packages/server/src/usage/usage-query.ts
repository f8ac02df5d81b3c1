import { sql, type SQL } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import type { WindowSeed } from '../limits/limit.ts';
import { windowEnd } from '../limits/window.ts';
import type { Database } from '../postgres/database.ts';
import { decodeCursor, pageOfRows, type Page } from './page-cursor.ts';

export type UsageDimension = 'hour' | 'day' | 'month' | 'tenant' | 'key' | 'model' | 'surface' | 'mode' | 'currency';

export interface UsageQuery {
  readonly tenantId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly model?: string | undefined;
  /** Sums are kept by the UTC hour in which a request began: the whole hour that holds `from` counts. */
  readonly from: Date;
  /** Exclusive; the whole hour that holds the instant before it counts. */
  readonly to: Date;
  readonly groupBy: readonly UsageDimension[];
  readonly after?: string | undefined;
  readonly limit: number;
}

/**
 * A row: the dimensions asked for as text (`hour` as 2026-01-31T23:00:00Z, `day` as 2026-01-31, `month` as 2026-01),
 * sums as numbers, and `cost` in units of `currency` as an exact decimal text: 0.000123.
 * `errors` are the requests that failed or that a crash of this service cut off.
 */
export interface UsageRow extends Readonly<Record<string, string | number>> {
  readonly requests: number;
  readonly errors: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cached_tokens: number;
  readonly reasoning_tokens: number;
  readonly total_tokens: number;
  readonly average_duration_ms: number;
  readonly cost: string;
  readonly currency: string;
}

const utc = (form: string): SQL => sql.raw(`to_char(hour AT TIME ZONE 'UTC', '${form}') COLLATE "C"`);
const column = (name: string): SQL => sql.raw(`${name} COLLATE "C"`);

/** Each dimension as a text that sorts as it should, the same on every server. */
const expressions: Readonly<Record<UsageDimension, SQL>> = {
  hour: utc('YYYY-MM-DD"T"HH24:00:00"Z"'),
  day: utc('YYYY-MM-DD'),
  month: utc('YYYY-MM'),
  tenant: column('tenant_id'),
  key: column('key_id'),
  model: column('model'),
  surface: column('surface'),
  mode: column('mode'),
  currency: column('currency'),
};

const sums = [
  ...(['requests', 'errors', 'prompt_tokens', 'completion_tokens', 'cached_tokens', 'reasoning_tokens'] as const),
  'duration_ms',
] as const;
const summed = sql.raw(
  ['tenant_id', 'key_id', 'model', 'surface', 'mode', 'currency', ...sums, 'cost_nanos'].join(', '),
);
const selectedSums = sql.raw([...sums, 'cost_nanos'].map((name) => `sum(${name})::text AS ${name}`).join(', '));

/** 1e-9 units as a decimal text: 1500000 becomes 0.0015. */
export function decimalOfNanos(nanos: bigint): string {
  const digits = (nanos < 0n ? -nanos : nanos).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${nanos < 0n ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** A condition on a column; @throws AppError INVALID_REQUEST for a text that PostgreSQL cannot have. */
export function equals(
  name: 'tenant_id' | 'key_id' | 'model' | 'surface' | 'status' | 'request_id' | 'id',
  value: string,
  param: string,
): SQL {
  if (value.includes('\0'))
    throw new AppError('INVALID_REQUEST', `${param}: must not contain NUL characters.`, { param });
  return sql`${sql.raw(name)} = ${value}`;
}

function conditions(query: UsageQuery, groups: readonly SQL[]): SQL[] {
  const all: SQL[] = [];
  if (query.tenantId !== undefined) all.push(equals('tenant_id', query.tenantId, 'tenant'));
  if (query.keyId !== undefined) all.push(equals('key_id', query.keyId, 'key'));
  if (query.model !== undefined) all.push(equals('model', query.model, 'model'));
  if (query.after !== undefined) {
    // A group lies behind the cursor as a whole or not at all, so it is found before the sums are made.
    const after = decodeCursor(query.after, groups.length).map((value) => sql`${value}`);
    all.push(sql`(${sql.join([...groups], sql`, `)}) > (${sql.join(after, sql`, `)})`);
  }
  return all;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function between(name: 'hour' | 'day', fromMs: number, toMs: number): SQL {
  const column = sql.raw(name);
  return sql`${column} >= ${new Date(fromMs).toISOString()}::timestamptz AND ${column} < ${new Date(toMs).toISOString()}::timestamptz`;
}

/** The sums of a span: whole days by the day, as there are far fewer of them, the hours before and after them by the hour. */
function source({ from, to, groupBy }: UsageQuery): SQL {
  const fromMs = Math.floor(from.getTime() / hourMs) * hourMs;
  const toMs = to.getTime();
  const firstDayMs = Math.ceil(fromMs / dayMs) * dayMs;
  const endOfDaysMs = Math.floor(toMs / dayMs) * dayMs;
  if (groupBy.includes('hour') || firstDayMs >= endOfDaysMs)
    return sql`(SELECT * FROM usage_rollups WHERE ${between('hour', fromMs, toMs)}) AS sums`;
  return sql`(
    SELECT day AS hour, ${summed} FROM usage_days WHERE ${between('day', firstDayMs, endOfDaysMs)}
    UNION ALL SELECT hour, ${summed} FROM usage_rollups WHERE ${between('hour', fromMs, firstDayMs)}
    UNION ALL SELECT hour, ${summed} FROM usage_rollups WHERE ${between('hour', endOfDaysMs, toMs)}) AS sums`;
}

function toRow(row: Readonly<Record<string, string>>, dimensions: readonly UsageDimension[]): UsageRow {
  const count = (name: (typeof sums)[number]) => Number(row[name] ?? 0);
  return {
    ...Object.fromEntries(dimensions.map((dimension, index) => [dimension, row[`group_${index}`] ?? ''])),
    requests: count('requests'),
    errors: count('errors'),
    prompt_tokens: count('prompt_tokens'),
    completion_tokens: count('completion_tokens'),
    cached_tokens: count('cached_tokens'),
    reasoning_tokens: count('reasoning_tokens'),
    total_tokens: count('prompt_tokens') + count('completion_tokens'),
    average_duration_ms: count('requests') === 0 ? 0 : Math.round(count('duration_ms') / count('requests')),
    cost: decimalOfNanos(BigInt(row['cost_nanos'] ?? '0')),
    currency: row[`group_${dimensions.indexOf('currency')}`] ?? '',
  };
}

/**
 * Sums of the ledger by the dimensions asked for, in their order. The currency is always one of them, the last unless
 * it was named: amounts in two do not add up.
 * @throws AppError INVALID_REQUEST for a cursor of something else, DATABASE_UNAVAILABLE
 */
export async function queryUsage(
  { database }: { readonly database: Database },
  query: UsageQuery,
): Promise<Page<UsageRow>> {
  const dimensions: UsageDimension[] = [...new Set<UsageDimension>([...query.groupBy, 'currency'])];
  const groups = dimensions.map((dimension) => expressions[dimension]);
  const selected = groups.map((group, index) => sql`${group} AS ${sql.raw(`group_${index}`)}`);
  const places = sql.raw(groups.map((_, index) => String(index + 1)).join(', '));
  const wanted = conditions(query, groups);
  const where = wanted.length === 0 ? sql`` : sql`WHERE ${sql.join(wanted, sql` AND `)}`;
  const statement = sql`SELECT ${sql.join(selected, sql`, `)}, ${selectedSums} FROM ${source(query)} ${where} GROUP BY ${places} ORDER BY ${places} LIMIT ${query.limit + 1}`;
  const { rows } = await database.query((executor) => executor.execute<Record<string, string>>(statement));
  return pageOfRows(rows, query.limit, {
    row: (row) => toRow(row, dimensions),
    cursor: (row) => dimensions.map((_, index) => row[`group_${index}`] ?? ''),
  });
}

/**
 * What a window holds already, from the hourly sums: for counters that start anew. Right to the hour, so for windows of
 * an hour and longer. The journals of dead processes are in it, because they are recovered before the first request; of
 * a backlog that takes more than a second, the rest is missing.
 */
export function createWindowSeed({ database }: { readonly database: Database }): WindowSeed {
  return async (limit, windowStartMs) => {
    if (limit.window === 'minute') return 0;
    const from = new Date(windowStartMs).toISOString();
    const to = new Date(windowEnd(limit.window, windowStartMs)).toISOString();
    const counted = sql.raw(limit.counts === 'requests' ? 'requests' : 'prompt_tokens + completion_tokens');
    const { rows } = await database.query((executor) =>
      executor.execute<{ used: string }>(
        sql`SELECT coalesce(sum(${counted}), 0)::text AS used FROM usage_rollups
          WHERE hour >= ${from}::timestamptz AND hour < ${to}::timestamptz AND (key_id = ${limit.subject} OR tenant_id = ${limit.subject})`,
      ),
    );
    return Number(rows[0]?.used ?? 0);
  };
}
