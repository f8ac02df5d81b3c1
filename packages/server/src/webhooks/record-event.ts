import type { EventData, EventType } from '@turnpike/contract/webhook-events';
import { sql } from 'drizzle-orm';
import { newId } from '../ids.ts';
import type { Executor } from '../postgres/database.ts';

export interface HappenedEvent<Type extends EventType> {
  readonly tenantId: string;
  readonly type: Type;
  readonly data: EventData<Type>;
  readonly nowMs: number;
}

/**
 * Writes down what happened and to whom it is to be told. To be called inside the transaction in which it happens: then it
 * is told if, and only if, it holds. Where no endpoint wants to know, nothing is written.
 * @param executor of that transaction
 * @param only one endpoint, whatever it asked for
 * @returns the event's id; undefined: nobody wants to know
 */
export async function recordEvent<Type extends EventType>(
  executor: Executor,
  event: HappenedEvent<Type>,
  only?: string,
): Promise<string | undefined> {
  const { tenantId, type, data, nowMs } = event;
  const wanted =
    only === undefined ? sql`(event_types IS NULL OR event_types @> to_jsonb(${type}::text))` : sql`id = ${only}`;
  // The lock keeps an endpoint from being deleted until the transaction is over.
  const { rows } = await executor.execute<{ id: string }>(sql`SELECT id FROM webhook_endpoints
    WHERE tenant_id = ${tenantId} AND enabled AND ${wanted} ORDER BY id FOR KEY SHARE`);
  if (rows.length === 0) return undefined;
  const id = newId('msg', nowMs);
  const now = new Date(nowMs).toISOString();
  const payload = JSON.stringify({ type, timestamp: now, data });
  await executor.execute(sql`INSERT INTO webhook_events (id, tenant_id, type, payload, created_at)
    VALUES (${id}, ${tenantId}, ${type}, ${payload}, ${now})`);
  const deliveries = rows.map(
    (endpoint) => sql`(${newId('whd', nowMs)}, ${id}, ${endpoint.id}, ${tenantId}, 'pending', ${now}, ${now}, ${now})`,
  );
  await executor.execute(sql`INSERT INTO webhook_deliveries
    (id, event_id, endpoint_id, tenant_id, status, begun_at, next_attempt_at, created_at)
    VALUES ${sql.join(deliveries, sql`, `)}`);
  return id;
}
