import { sql } from 'drizzle-orm';
import type { Database, Executor } from '../postgres/database.ts';
import { recordEvent } from '../webhooks/record-event.ts';
import { closeOrganization, stillPaying } from './close-organization.ts';

/** Names of organisations that would be left with members but without an owner. */
export async function ownedAlone(database: Database, userId: string): Promise<readonly string[]> {
  const { rows } = await database.query((executor) =>
    executor.execute<{
      name: string;
    }>(sql`SELECT t.name FROM accounts."member" m JOIN tenants t ON t.id = m."organizationId"
      WHERE m."userId" = ${userId} AND m."role" = 'owner'
        AND NOT EXISTS (SELECT 1 FROM accounts."member" o
          WHERE o."organizationId" = m."organizationId" AND o."role" = 'owner' AND o."userId" <> ${userId})
        AND EXISTS (SELECT 1 FROM accounts."member" o
          WHERE o."organizationId" = m."organizationId" AND o."userId" <> ${userId})
      ORDER BY t.name`),
  );
  return rows.map(({ name }) => name);
}

async function inAlone(executor: Executor, userId: string): Promise<readonly string[]> {
  const { rows } = await executor.execute<{ id: string }>(sql`SELECT m."organizationId" AS id FROM accounts."member" m
    WHERE m."userId" = ${userId} AND NOT EXISTS (SELECT 1 FROM accounts."member" o
      WHERE o."organizationId" = m."organizationId" AND o."userId" <> ${userId})`);
  return rows.map(({ id }) => id);
}

/** Names of organisations that would be closed with the account although their subscription goes on. */
export function paidAlone(database: Database, userId: string): Promise<readonly string[]> {
  return database.query(async (executor) => stillPaying(executor, await inAlone(executor, userId)));
}

/** An organisation that nobody else is in is closed with its only member. The others are told that he leaves. */
export async function closeEmptied(database: Database, userId: string, nowMs: number): Promise<void> {
  await database.transaction(async (executor) => {
    for (const tenantId of await inAlone(executor, userId)) await closeOrganization(executor, { tenantId, nowMs });
    const { rows: left } = await executor.execute<{
      organization: string;
      member_id: string;
      role: string;
      email: string;
    }>(sql`SELECT m."organizationId" AS organization, m."id" AS member_id, m."role" AS role, u."email" AS email
      FROM accounts."member" m JOIN accounts."user" u ON u."id" = m."userId" WHERE m."userId" = ${userId}`);
    for (const { organization: tenantId, ...member } of left)
      await recordEvent(executor, { tenantId, type: 'member.removed', nowMs, data: { ...member, user_id: userId } });
  });
}
