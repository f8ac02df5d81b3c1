import { sql } from 'drizzle-orm';
import { errorCode } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import type { UsageEvent } from './usage-event.ts';

const attempts = 5;

function row(event: UsageEvent) {
  return {
    id: event.id,
    request_id: event.requestId,
    tenant_id: event.tenantId,
    key_id: event.keyId,
    mode: event.mode,
    surface: event.surface,
    model: event.model,
    target: event.target,
    stream: event.stream,
    status: event.status,
    http_status: event.httpStatus,
    error_code: event.errorCode,
    prompt_tokens: event.promptTokens,
    completion_tokens: event.completionTokens,
    cached_tokens: event.cachedTokens,
    reasoning_tokens: event.reasoningTokens,
    estimated: event.estimated,
    cost_nanos: event.costNanos,
    currency: event.currency,
    started_at: new Date(event.startedAtMs).toISOString(),
    duration_ms: Math.round(event.durationMs),
    first_byte_ms: event.firstByteMs === null ? null : Math.round(event.firstByteMs),
  };
}

function isCollision(error: unknown): boolean {
  const code = error instanceof Error ? errorCode(error.cause) : undefined;
  return code === '40P01' || code === '40001';
}

/**
 * Puts events into the ledger, each once: an id that is there already changes nothing, in the sums either. One
 * statement, so that events and sums cannot part. Rows of sums are locked in one order by all processes.
 * @returns how many were new
 */
export async function writeEvents(database: Database, events: readonly UsageEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const rows = JSON.stringify(events.map(row));
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await database.query((executor) => executor.execute<{ inserted: string }>(statement(rows)));
      return Number(result.rows[0]?.inserted ?? 0);
    } catch (error) {
      if (!isCollision(error) || attempt === attempts) throw error;
    }
  }
}

function statement(rows: string) {
  return sql`
    WITH fresh AS (
      INSERT INTO usage_events
      SELECT * FROM jsonb_to_recordset(${rows}::jsonb) AS r(
        id text, request_id text, tenant_id text, key_id text, mode text, surface text, model text, target text, stream boolean,
        status text, http_status integer, error_code text, prompt_tokens bigint, completion_tokens bigint, cached_tokens bigint,
        reasoning_tokens bigint, estimated boolean, cost_nanos bigint, currency text, started_at timestamptz, duration_ms bigint, first_byte_ms bigint)
      ON CONFLICT (id) DO NOTHING
      RETURNING *
    ), summed AS (
      INSERT INTO usage_rollups AS u
      SELECT date_trunc('hour', started_at, 'UTC') AS hour, tenant_id, key_id, model, surface, mode, currency,
        count(*), count(*) FILTER (WHERE status = 'failed'), sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), sum(reasoning_tokens), sum(cost_nanos), sum(duration_ms)
      FROM fresh
      GROUP BY 1, 2, 3, 4, 5, 6, 7
      ORDER BY 1, 2, 3, 4, 5, 6, 7
      ON CONFLICT (hour, tenant_id, key_id, model, surface, mode, currency) DO UPDATE SET
        requests = u.requests + excluded.requests, errors = u.errors + excluded.errors,
        prompt_tokens = u.prompt_tokens + excluded.prompt_tokens, completion_tokens = u.completion_tokens + excluded.completion_tokens,
        cached_tokens = u.cached_tokens + excluded.cached_tokens, reasoning_tokens = u.reasoning_tokens + excluded.reasoning_tokens,
        cost_nanos = u.cost_nanos + excluded.cost_nanos, duration_ms = u.duration_ms + excluded.duration_ms
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM fresh) AS inserted, (SELECT count(*) FROM summed) AS sums`;
}
