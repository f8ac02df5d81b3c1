import { AppError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import { dropCustomer, keepCustomer, readAccount, type BillingAccount } from './billing-account.ts';
import { idempotencyKeyOf, isKeySpent } from './idempotency.ts';
import { isMissing, type StripeClient } from './stripe-client.ts';

export interface CustomerSources {
  readonly database: Database;
  readonly stripe: StripeClient;
}

/** @throws AppError RESOURCE_NOT_FOUND */
export async function accountOf(database: Database, tenantId: string): Promise<BillingAccount> {
  const account = await readAccount(database, tenantId);
  if (account !== undefined) return account;
  throw new AppError('RESOURCE_NOT_FOUND', 'This organisation is not there any more.');
}

/** What a suspended tenant buys it could not use. @throws AppError TENANT_SUSPENDED, RESOURCE_NOT_FOUND */
export async function openAccountOf(database: Database, tenantId: string): Promise<BillingAccount> {
  const account = await accountOf(database, tenantId);
  if (!account.suspended) return account;
  throw new AppError('TENANT_SUSPENDED', 'This account is suspended. Ask the provider to open it again first.');
}

/**
 * The tenant's customer at Stripe; made at most once, however many ask at the same time: they all send the same
 * idempotency key, so Stripe makes one, and one is kept.
 */
async function ensureCustomer({ database, stripe }: CustomerSources, account: BillingAccount): Promise<string> {
  const { tenantId, name, email, customerId, customerSerial } = account;
  if (customerId !== null) return customerId;
  const wanted = { name, ...(email === null ? {} : { email }), metadata: { tenant_id: tenantId } };
  const idempotencyKey = idempotencyKeyOf(`customer-${tenantId}-${customerSerial}`, wanted);
  try {
    const { id } = await stripe.call((client) => client.customers.create(wanted, { idempotencyKey }));
    return await keepCustomer(database, tenantId, id);
  } catch (error) {
    if (isKeySpent(error)) await dropCustomer(database, tenantId, null);
    throw error;
  }
}

/** Does something for the tenant's customer; one that was deleted at Stripe is made anew, once. */
export async function withCustomer<Answer>(
  sources: CustomerSources,
  tenantId: string,
  work: (customerId: string, account: BillingAccount) => Promise<Answer>,
): Promise<Answer> {
  const account = await openAccountOf(sources.database, tenantId);
  const customerId = await ensureCustomer(sources, account);
  try {
    return await work(customerId, account);
  } catch (error) {
    if (!isMissing(error, 'customer')) throw error;
    await dropCustomer(sources.database, tenantId, customerId);
    const fresh = await accountOf(sources.database, tenantId);
    if (fresh.customerId === customerId) throw error;
    return work(await ensureCustomer(sources, fresh), fresh);
  }
}
