import { sql, type SQL } from 'drizzle-orm';
import type { Executor } from '../postgres/database.ts';

export async function rowsOf(executor: Executor, statement: SQL): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await executor.execute(statement);
  return rows;
}

/** @returns null where it names none there is: events of other sites' purchases may arrive at the same address */
export async function knownTenant(executor: Executor, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const rows = await rowsOf(executor, sql`SELECT id FROM tenants WHERE id = ${id}`);
  return rows.length === 0 ? null : id;
}

/** Remembers whose a customer is, so that events that do not say it can be assigned. */
export async function learnCustomer(
  executor: Executor,
  customerId: string | null,
  tenantId: string | null,
): Promise<void> {
  if (customerId === null || tenantId === null) return;
  await executor.execute(sql`INSERT INTO billing_customers (customer_id, tenant_id) VALUES (${customerId}, ${tenantId})
    ON CONFLICT (customer_id) DO NOTHING`);
  await executor.execute(sql`UPDATE purchases SET tenant_id = ${tenantId}
    WHERE customer_id = ${customerId} AND tenant_id IS NULL`);
  await executor.execute(sql`UPDATE subscriptions SET tenant_id = ${tenantId}
    WHERE customer_id = ${customerId} AND tenant_id IS NULL`);
}

export async function tenantOf(executor: Executor, customerId: string | null): Promise<string | null> {
  if (customerId === null) return null;
  const [row] = await rowsOf(executor, sql`SELECT tenant_id FROM billing_customers WHERE customer_id = ${customerId}`);
  return row === undefined ? null : String(row['tenant_id']);
}
