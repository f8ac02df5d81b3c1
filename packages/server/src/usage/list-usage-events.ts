import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';
import { decodeCursor, pageOfRows, wrongCursor, type Page } from './page-cursor.ts';
import type { UsageAttempt, UsageEvent, UsageStatus } from './usage-event.ts';
import { equals } from './usage-query.ts';

export interface UsageEventQuery {
  readonly tenantId?: string | undefined;
  /** Instants at which requests began: from inclusive, to exclusive. */
  readonly from: Date;
  readonly to: Date;
  readonly keyId?: string | undefined;
  readonly model?: string | undefined;
  readonly surface?: string | undefined;
  readonly status?: UsageStatus | undefined;
  readonly requestId?: string | undefined;
  readonly id?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row extends Record<string, unknown> {
  readonly id: string;
  readonly request_id: string;
  readonly tenant_id: string;
  readonly key_id: string;
  readonly mode: 'live' | 'test';
  readonly surface: string;
  readonly model: string;
  readonly target: string;
  readonly stream: boolean;
  readonly started_at_ms: string;
  readonly input_nanos_per_token: string;
  readonly cached_input_nanos_per_token: string;
  readonly output_nanos_per_token: string;
  readonly currency: string;
  readonly status: UsageStatus;
  readonly http_status: number;
  readonly error_code: string | null;
  readonly prompt_tokens: string;
  readonly completion_tokens: string;
  readonly cached_tokens: string;
  readonly reasoning_tokens: string;
  readonly estimated: boolean;
  readonly cost_nanos: string;
  readonly duration_ms: string;
  readonly first_byte_ms: string | null;
  readonly attempts: readonly UsageAttempt[] | null;
}

function toEvent(row: Row): UsageEvent {
  return {
    id: row.id,
    requestId: row.request_id,
    tenantId: row.tenant_id,
    keyId: row.key_id,
    mode: row.mode,
    surface: row.surface,
    model: row.model,
    target: row.target,
    stream: row.stream,
    startedAtMs: Number(row.started_at_ms),
    inputNanosPerToken: Number(row.input_nanos_per_token),
    cachedInputNanosPerToken: Number(row.cached_input_nanos_per_token),
    outputNanosPerToken: Number(row.output_nanos_per_token),
    currency: row.currency,
    status: row.status,
    httpStatus: row.http_status,
    errorCode: row.error_code,
    promptTokens: Number(row.prompt_tokens),
    completionTokens: Number(row.completion_tokens),
    cachedTokens: Number(row.cached_tokens),
    reasoningTokens: Number(row.reasoning_tokens),
    estimated: row.estimated,
    costNanos: Number(row.cost_nanos),
    durationMs: Number(row.duration_ms),
    firstByteMs: row.first_byte_ms === null ? null : Number(row.first_byte_ms),
    ...(row.attempts === null ? {} : { attempts: row.attempts }),
  };
}

function cursorOf(after: string): { startedAtMs: number; id: string } {
  const [startedAt = '', id = ''] = decodeCursor(after, 2);
  if (!/^\d{1,15}$/.test(startedAt)) throw wrongCursor();
  return { startedAtMs: Number(startedAt), id };
}

/**
 * Events of the ledger, the newest first. Events older than the retention time are gone.
 * @throws AppError INVALID_REQUEST for a cursor of something else, DATABASE_UNAVAILABLE
 */
export async function listUsageEvents(
  { database }: { readonly database: Database },
  query: UsageEventQuery,
): Promise<Page<UsageEvent>> {
  const conditions = [
    sql`started_at >= ${query.from.toISOString()}::timestamptz`,
    sql`started_at < ${query.to.toISOString()}::timestamptz`,
  ];
  const wanted = [
    ['tenant_id', query.tenantId, 'tenant'],
    ['key_id', query.keyId, 'key'],
    ['model', query.model, 'model'],
    ['surface', query.surface, 'surface'],
    ['status', query.status, 'status'],
    ['request_id', query.requestId, 'request_id'],
    ['id', query.id, 'id'],
  ] as const;
  for (const [column, value, param] of wanted) if (value !== undefined) conditions.push(equals(column, value, param));
  if (query.after !== undefined) {
    const { startedAtMs, id } = cursorOf(query.after);
    conditions.push(sql`(started_at, id) < (to_timestamp(${startedAtMs}::numeric / 1000), ${id})`);
  }
  const { rows } = await database.query((executor) =>
    executor.execute<Row>(
      sql`SELECT *, round(extract(epoch FROM started_at) * 1000)::text AS started_at_ms FROM usage_events
        WHERE ${sql.join(conditions, sql` AND `)} ORDER BY started_at DESC, id DESC LIMIT ${query.limit + 1}`,
    ),
  );
  return pageOfRows(rows, query.limit, { row: toEvent, cursor: (row) => [row.started_at_ms, row.id] });
}
