import { sql } from 'drizzle-orm';
import type { Database, Executor } from '../postgres/database.ts';
import { learnCustomer, rowsOf } from './customers.ts';
import { msOf } from './instants.ts';

/** A tenant as a customer. */
export interface BillingAccount {
  readonly tenantId: string;
  readonly name: string;
  readonly email: string | null;
  readonly plan: string;
  readonly overage: boolean;
  readonly suspended: boolean;
  readonly trialEndsAtMs: number | null;
  /** The customer of the subscription there is, else the one made here, else one that is known; null: none yet. */
  readonly customerId: string | null;
  readonly customerSerial: number;
}

/** @returns undefined: there is no such tenant */
export async function readAccount(database: Database, tenantId: string): Promise<BillingAccount | undefined> {
  const [row] = await database.query((executor) =>
    rowsOf(
      executor,
      sql`SELECT t.name, t.contact_email, t.plan, t.overage, t.suspended, t.trial_ends_at, a.customer_serial, coalesce(
          (SELECT s.customer_id FROM subscriptions s WHERE s.tenant_id = t.id
            AND s.status IN ('active', 'trialing', 'past_due', 'unpaid', 'paused')
            ORDER BY (s.customer_id = a.customer_id) DESC NULLS LAST, s.event_created DESC, s.id DESC LIMIT 1),
          a.customer_id,
          (SELECT c.customer_id FROM billing_customers c WHERE c.tenant_id = t.id ORDER BY c.customer_id LIMIT 1)
        ) AS customer
        FROM tenants t LEFT JOIN billing_accounts a ON a.tenant_id = t.id WHERE t.id = ${tenantId}`,
    ),
  );
  if (row === undefined) return undefined;
  return {
    tenantId,
    name: String(row['name']),
    email: row['contact_email'] as string | null,
    plan: String(row['plan']),
    overage: row['overage'] === true,
    suspended: row['suspended'] === true,
    trialEndsAtMs: msOf(row['trial_ends_at']),
    customerId: row['customer'] as string | null,
    customerSerial: Number(row['customer_serial'] ?? 0),
  };
}

/** Of two that were made at once one is kept. @returns the one */
export function keepCustomer(database: Database, tenantId: string, customerId: string): Promise<string> {
  return database.transaction(async (executor) => {
    const [row] = await rowsOf(
      executor,
      sql`INSERT INTO billing_accounts AS a (tenant_id, customer_id) VALUES (${tenantId}, ${customerId})
        ON CONFLICT (tenant_id) DO UPDATE SET customer_id = coalesce(a.customer_id, EXCLUDED.customer_id)
        RETURNING customer_id`,
    );
    const kept = String(row?.['customer_id']);
    await learnCustomer(executor, kept, tenantId);
    return kept;
  });
}

/** A customer is gone at Stripe, or could not be made (null): another one may be made, under another key. */
export async function dropCustomer(database: Database, tenantId: string, customerId: string | null): Promise<void> {
  await database.transaction(async (executor) => {
    await executor.execute(sql`DELETE FROM billing_customers
      WHERE customer_id = ${customerId} AND tenant_id = ${tenantId}`);
    await executor.execute(sql`INSERT INTO billing_accounts AS a (tenant_id, customer_serial) VALUES (${tenantId}, 1)
      ON CONFLICT (tenant_id) DO UPDATE SET customer_id = nullif(a.customer_id, ${customerId}),
        customer_serial = a.customer_serial + 1`);
  });
}

/** A session is over: the next one has another number. */
export async function forgetCheckout(executor: Executor, session: string): Promise<void> {
  await executor.execute(sql`UPDATE billing_accounts SET checkout_session = NULL, checkout_url = NULL, checkout_plan = NULL,
    checkout_expires_at = NULL WHERE checkout_session = ${session}`);
}
