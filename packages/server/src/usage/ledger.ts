import { sql, type SQL } from 'drizzle-orm';
import { errorCode, errorMessage } from '../errors.ts';
import type { Database } from '../postgres/database.ts';

/** Columns of usage_events in the order of the elements of a `close` line (journal-record.ts), from the second on. */
const columns: readonly (readonly [
  name: string,
  type: 'text' | 'bigint' | 'integer' | 'numeric' | 'boolean' | 'instant' | 'jsonb',
])[] = [
  ['id', 'text'],
  ['request_id', 'text'],
  ['tenant_id', 'text'],
  ['key_id', 'text'],
  ['mode', 'text'],
  ['surface', 'text'],
  ['model', 'text'],
  ['target', 'text'],
  ['stream', 'boolean'],
  ['started_at', 'instant'],
  ['input_nanos_per_token', 'numeric'],
  ['cached_input_nanos_per_token', 'numeric'],
  ['output_nanos_per_token', 'numeric'],
  ['currency', 'text'],
  ['status', 'text'],
  ['http_status', 'integer'],
  ['error_code', 'text'],
  ['prompt_tokens', 'bigint'],
  ['completion_tokens', 'bigint'],
  ['cached_tokens', 'bigint'],
  ['reasoning_tokens', 'bigint'],
  ['estimated', 'boolean'],
  ['cost_nanos', 'bigint'],
  ['duration_ms', 'bigint'],
  ['first_byte_ms', 'bigint'],
  ['attempts', 'jsonb'],
];

const names = columns.map(([name]) => name).join(', ');
const values = columns
  .map(([, type], index) => {
    const element = `line ->> ${index + 1}`;
    return type === 'instant' ? `to_timestamp((${element})::numeric / 1000)` : `(${element})::${type}`;
  })
  .join(', ');

const dimensions = 'hour, tenant_id, key_id, model, surface, mode, currency';
const sums = [
  'requests',
  'errors',
  'prompt_tokens',
  'completion_tokens',
  'cached_tokens',
  'reasoning_tokens',
  'cost_nanos',
  'duration_ms',
];

/**
 * One statement, so that events and sums cannot part; sums take an event only when its row is new. Events and sums are
 * locked in one order by all processes.
 */
const beforeLines = sql.raw(
  `WITH fresh AS (INSERT INTO usage_events (${names}) SELECT ${values} FROM jsonb_array_elements(`,
);
const afterLines = sql.raw(`::jsonb) AS lines (line) ORDER BY 1
  ON CONFLICT (id) DO NOTHING
  RETURNING *
), summed AS (
  INSERT INTO usage_rollups AS kept (${dimensions}, ${sums.join(', ')})
  SELECT date_trunc('hour', started_at, 'UTC'), tenant_id, key_id, model, surface, mode, currency,
    count(*), count(*) FILTER (WHERE status IN ('failed', 'interrupted')),
    sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), sum(reasoning_tokens), sum(cost_nanos), sum(duration_ms)
  FROM fresh
  GROUP BY 1, 2, 3, 4, 5, 6, 7
  ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (${dimensions}) DO UPDATE SET ${sums.map((name) => `${name} = kept.${name} + excluded.${name}`).join(', ')}
)
SELECT count(*)::integer AS inserted FROM fresh`);

function statement(lines: readonly string[]): SQL {
  return sql`${beforeLines}${`[${lines.join(',')}]`}${afterLines}`;
}

const attempts = 5;

/** The SQLSTATE of a failed statement, wherever drizzle has wrapped it. */
export function sqlState(error: unknown): string | undefined {
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth += 1
  ) {
    const code = errorCode(current);
    if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

/** Why the database failed, without the parameters that drizzle's own message repeats. */
export function failureReason(error: unknown): string {
  return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/**
 * Puts closed events into the ledger, each once: one that is there already changes nothing.
 * @param lines `close` lines of the journal
 * @returns how many were new
 * @throws AppError DATABASE_UNAVAILABLE; drizzle's error, whose message has the parameters in it, otherwise
 */
export async function insertEvents(database: Database, lines: readonly string[]): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { rows } = await database.query((executor) => executor.execute<{ inserted: number }>(statement(lines)));
      return rows[0]?.inserted ?? 0;
    } catch (error) {
      // Another process held the same rows in its own order: deadlock_detected, serialization_failure.
      const state = sqlState(error);
      if ((state !== '40P01' && state !== '40001') || attempt === attempts) throw error;
    }
  }
}
