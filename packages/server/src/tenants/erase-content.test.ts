import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { eraseContent, erasedTables, sweepClosedTenants } from './erase-content.ts';
import { createTenantStore } from './store.ts';

/** Bills, what proves them, what is on record about them, and settings without any content. */
const kept = [
  ...['usage_events', 'usage_rollups', 'usage_days', 'purchases', 'subscriptions', 'billing_accounts'],
  ...['billing_customers', 'billing_notices', 'overage_credits', 'overage_months', 'overage_reports', 'tenant_plans'],
  ...['audit_events', 'tenant_mails', 'version_notices', 'limit_alerts', 'alert_settings', 'file_totals', 'api_keys'],
  // Goes with its endpoint.
  'webhook_deliveries',
];

describeEachDatabase('the content of a tenant', (database) => {
  let clock: ManualClock;
  let mine = '';
  let other = '';

  const run = (statement: ReturnType<typeof sql>) => database().query((executor) => executor.execute(statement));
  const now = () => new Date(clock.now()).toISOString();
  const leave = async (tenantId: string) => {
    const id = `${tenantId}-x`;
    await run(sql`INSERT INTO responses (id, tenant_id, item_ids, payload, created_at, expires_at)
      VALUES (${id}, ${tenantId}, '{}', '\\x00', ${now()}, ${now()})`);
    await run(sql`INSERT INTO request_bodies (event_id, tenant_id, request, expires_at)
      VALUES (${id}, ${tenantId}, '\\x00', ${now()})`);
    await run(sql`INSERT INTO files (id, tenant_id, key_id, filename, purpose, bytes, state, created_at)
      VALUES (${id}, ${tenantId}, 'key', 'a', 'batch', 1, 'ready', ${now()})`);
    for (const status of ['completed', 'in_progress'])
      await run(sql`INSERT INTO batches (id, tenant_id, key_id, input_file_id, endpoint, status, created_at, expires_at)
        VALUES (${`${id}-${status}`}, ${tenantId}, 'key', 'f', '/v1/chat/completions', ${status}, ${now()}, ${now()})`);
    for (const status of ['succeeded', 'running'])
      await run(sql`INSERT INTO async_jobs (id, owner_id, type, status, input, created_at, updated_at)
        VALUES (${`${id}-${status}`}, ${tenantId}, 'ask', ${status}, '\\x00', ${now()}, ${now()})`);
  };
  const left = async (tenantId: string) => {
    const { rows } = await run(sql`SELECT
      (SELECT count(*) FROM responses WHERE tenant_id = ${tenantId})::int AS responses,
      (SELECT count(*) FROM request_bodies WHERE tenant_id = ${tenantId})::int AS bodies,
      (SELECT count(*) FROM files WHERE tenant_id = ${tenantId} AND state = 'ready')::int AS files,
      (SELECT string_agg(status, ' ' ORDER BY status) FROM batches WHERE tenant_id = ${tenantId}) AS batches,
      (SELECT string_agg(status, ' ' ORDER BY status) FROM async_jobs WHERE owner_id = ${tenantId}) AS jobs`);
    return rows[0];
  };
  const all = { responses: 1, bodies: 1, files: 1, batches: 'completed in_progress', jobs: 'running succeeded' };

  beforeEach(async () => {
    clock = createManualClock();
    const tenants = createTenantStore({ database: database(), clock });
    mine = (await tenants.create({ name: 'Mine', plan: 'free' })).id;
    other = (await tenants.create({ name: 'Other', plan: 'free' })).id;
    await leave(mine);
    await leave(other);
  });

  test('is erased, what still runs is stopped, and nobody else’s is touched', async () => {
    await database().transaction((executor) => eraseContent(executor, mine, clock.now()));
    expect(await left(mine)).toEqual({ responses: 0, bodies: 0, files: 0, batches: 'cancelling', jobs: null });
    expect(await left(other)).toEqual(all);
  });

  test('that comes after it was closed goes too', async () => {
    await run(sql`UPDATE tenants SET closed_at = ${now()} WHERE id = ${mine}`);
    clock.advance(3_600_000);
    expect(await sweepClosedTenants({ database: database(), clock })).toBe(1);
    expect(await left(mine)).toMatchObject({ responses: 0, files: 0 });
    expect(await left(other)).toEqual(all);
    clock.advance(4 * 86_400_000);
    expect(await sweepClosedTenants({ database: database(), clock })).toBe(0);
  });

  test('lies in tables that are all thought of: each is erased or is kept on purpose', async () => {
    const { rows } = await run(sql`SELECT DISTINCT table_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name IN ('tenant_id', 'owner_id') ORDER BY 1`);
    const known = new Set([...erasedTables, ...kept]);
    expect(rows.map(({ name }) => String(name)).filter((name) => !known.has(name))).toEqual([]);
  });
});
