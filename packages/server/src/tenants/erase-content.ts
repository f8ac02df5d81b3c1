import { sql, type SQL } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Database, Executor } from '../postgres/database.ts';

/**
 * What a tenant has left with us, by table: what its people and programs wrote. Bills, and what proves them, are kept.
 * What is still being written is left to whoever writes it, and goes with the next sweep.
 */
const erasures: Readonly<Record<string, (tenantId: string, now: string) => SQL>> = {
  responses: (id) => sql`DELETE FROM responses WHERE tenant_id = ${id}`,
  response_cache: (id) => sql`DELETE FROM response_cache WHERE tenant_id = ${id}`,
  request_bodies: (id) => sql`DELETE FROM request_bodies WHERE tenant_id = ${id}`,
  idempotency_records: (id) => sql`DELETE FROM idempotency_records WHERE tenant_id = ${id} AND state <> 'running'`,
  streams: (id) => sql`DELETE FROM streams WHERE tenant_id = ${id} AND state <> 'live'`,
  // Hidden at once; the housekeeping of files takes their bytes out of the storage.
  files: (id, now) =>
    sql`UPDATE files SET state = 'deleting', lease_until = ${now} WHERE tenant_id = ${id} AND state = 'ready'`,
  batches: (id) => sql`DELETE FROM batches WHERE tenant_id = ${id}
    AND status IN ('failed', 'completed', 'expired', 'cancelled')`,
  async_jobs: (id) => sql`DELETE FROM async_jobs WHERE owner_id = ${id}
    AND status IN ('succeeded', 'failed', 'cancelled')`,
  provider_keys: (id) => sql`DELETE FROM provider_keys WHERE tenant_id = ${id}`,
  webhook_endpoints: (id) => sql`DELETE FROM webhook_endpoints WHERE tenant_id = ${id}`,
  webhook_events: (id) => sql`DELETE FROM webhook_events WHERE tenant_id = ${id}`,
  key_uses: (id) => sql`DELETE FROM key_uses WHERE key_id IN (SELECT id FROM api_keys WHERE tenant_id = ${id})`,
  staff_visits: (id) => sql`DELETE FROM staff_visits WHERE tenant_id = ${id}`,
};

export const erasedTables: readonly string[] = Object.keys(erasures);

/** Ends what runs for a tenant, so that it can be erased: batches and jobs stop at their next step. */
async function stopWork(executor: Executor, tenantId: string, now: string): Promise<void> {
  await executor.execute(sql`UPDATE batches SET status = 'cancelling', cancelling_at = ${now}
    WHERE tenant_id = ${tenantId} AND status IN ('validating', 'in_progress')`);
  await executor.execute(sql`UPDATE async_jobs SET status = 'cancelled', updated_at = ${now}, expires_at = ${now}
    WHERE owner_id = ${tenantId} AND status IN ('queued', 'running')`);
}

/** Erases what a tenant has left with us (GDPR, Article 17). May be done again. */
export async function eraseContent(executor: Executor, tenantId: string, nowMs: number): Promise<void> {
  const now = new Date(nowMs).toISOString();
  await stopWork(executor, tenantId, now);
  for (const erase of Object.values(erasures)) await executor.execute(erase(tenantId, now));
}

/** Work that was under way may have written something after its tenant was closed; after so long none is. */
const sweptForMs = 3 * 86_400_000;

/** Erases what came after tenants were closed. @returns how many were looked at */
export async function sweepClosedTenants({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): Promise<number> {
  const nowMs = clock.now();
  const { rows } = await database.query((executor) =>
    executor.execute<{ id: string }>(sql`SELECT id FROM tenants
      WHERE closed_at > ${new Date(nowMs - sweptForMs).toISOString()}`),
  );
  for (const { id } of rows) await database.transaction((executor) => eraseContent(executor, id, nowMs));
  return rows.length;
}
