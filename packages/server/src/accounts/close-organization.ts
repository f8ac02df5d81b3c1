import { sql } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { eraseContent } from '../tenants/erase-content.ts';
import type { Membership, Person } from './membership-store.ts';

interface ClosingOrder {
  readonly person: Person;
  readonly membership: Membership;
  readonly typedName: string;
  readonly nowMs: number;
}

/** Names of those of the organisations whose subscription goes on: it is cancelled first, so that nobody pays for nothing. */
export async function stillPaying(executor: Executor, tenantIds: readonly string[]): Promise<readonly string[]> {
  if (tenantIds.length === 0) return [];
  const { rows } = await executor.execute<{ name: string }>(sql`SELECT t.name FROM tenants t
    WHERE t.id IN (${sql.join(
      tenantIds.map((id) => sql`${id}`),
      sql`, `,
    )}) AND EXISTS (SELECT 1 FROM subscriptions s WHERE s.tenant_id = t.id AND s.ended_at IS NULL AND s.cancel_at IS NULL
      AND s.status IN ('active', 'trialing', 'past_due', 'unpaid', 'paused'))
    ORDER BY t.name`);
  return rows.map(({ name }) => name);
}

/**
 * Closes an organisation: its keys and tokens end, its members leave, what it left here is erased. Its bills stay, as the
 * law wants.
 */
export async function closeOrganization(
  executor: Executor,
  { tenantId, nowMs }: { readonly tenantId: string; readonly nowMs: number },
): Promise<void> {
  const now = new Date(nowMs).toISOString();
  await executor.execute(sql`UPDATE api_keys SET revoked_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE tenant_id = ${tenantId} AND revoked_at IS NULL`);
  await executor.execute(sql`UPDATE tenants SET suspended = true, contact_email = NULL, name = 'closed',
    closed_at = coalesce(closed_at, ${now}::timestamptz), updated_at = clock_timestamp() WHERE id = ${tenantId}`);
  await executor.execute(sql`DELETE FROM accounts."invitation" WHERE "organizationId" = ${tenantId}`);
  for (const table of ['oauthAccessToken', 'oauthRefreshToken', 'oauthConsent'])
    await executor.execute(sql`DELETE FROM accounts.${sql.identifier(table)} WHERE "referenceId" = ${tenantId}`);
  await executor.execute(sql`DELETE FROM accounts."member" WHERE "organizationId" = ${tenantId}`);
  await executor.execute(sql`UPDATE accounts."session" SET "activeOrganizationId" = NULL
    WHERE "activeOrganizationId" = ${tenantId}`);
  await eraseContent(executor, tenantId, nowMs);
}

/**
 * Closes an organisation as one of its owners wishes.
 * @param typedName its name, so that nobody closes another by mistake
 * @returns the addresses of all who were members
 * @throws AppError INVALID_REQUEST, CONFLICT: a subscription goes on, or it is the only organisation of the person
 */
export async function closeOwnOrganization(
  database: Database,
  { person, membership, typedName, nowMs }: ClosingOrder,
): Promise<readonly string[]> {
  const { tenantId, tenantName } = membership;
  if (typedName.trim() !== tenantName.trim())
    throw new AppError('INVALID_REQUEST', `name: type ${JSON.stringify(tenantName)} to close it.`, { param: 'name' });
  return database.transaction(async (executor) => {
    await executor.execute(sql`SELECT 1 FROM accounts."organization" WHERE "id" = ${tenantId} FOR UPDATE`);
    if ((await stillPaying(executor, [tenantId])).length > 0)
      throw new AppError('CONFLICT', 'Its subscription goes on. Cancel it under Billing first, then close it.');
    const { rows: others } = await executor.execute(sql`SELECT 1 FROM accounts."member"
      WHERE "userId" = ${person.id} AND "organizationId" <> ${tenantId} LIMIT 1`);
    if (others.length === 0)
      throw new AppError('CONFLICT', 'It is your only organisation. Delete your account under Security instead.');
    const { rows } = await executor.execute<{ email: string }>(sql`SELECT u."email" AS email FROM accounts."member" m
      JOIN accounts."user" u ON u."id" = m."userId" WHERE m."organizationId" = ${tenantId} ORDER BY u."email"`);
    await closeOrganization(executor, { tenantId, nowMs });
    return rows.map(({ email }) => email);
  });
}
