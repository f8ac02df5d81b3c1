import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { rawRoute, type ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { answerPerson, type AccountContext } from './account-route.ts';

const record = z.record(z.string(), z.unknown());
const personalData = z
  .object({
    exported_at: z.string(),
    user: record,
    sign_in_methods: z.array(record),
    passkeys: z.array(record),
    sessions: z.array(record),
    memberships: z.array(record),
    invitations: z.array(record),
    changes: z.array(record).describe('What the person changed, as the audit logs have it'),
  })
  .meta({ id: 'PersonalData' });

/** What is selected of each table: never a secret. */
function queriesOf(id: string, email: string) {
  return {
    user: sql`SELECT "id", "name", "email", "emailVerified", "twoFactorEnabled", "createdAt" FROM accounts."user" WHERE "id" = ${id}`,
    sign_in_methods: sql`SELECT "providerId", "createdAt", "updatedAt" FROM accounts."account" WHERE "userId" = ${id}`,
    passkeys: sql`SELECT "name", "deviceType", "createdAt" FROM accounts."passkey" WHERE "userId" = ${id}`,
    sessions: sql`SELECT "createdAt", "expiresAt", "ipAddress", "userAgent" FROM accounts."session" WHERE "userId" = ${id}`,
    memberships: sql`SELECT t.id AS organization, t.name, m."role", m."createdAt" FROM accounts."member" m
      JOIN tenants t ON t.id = m."organizationId" WHERE m."userId" = ${id}`,
    invitations: sql`SELECT "organizationId", "role", "status", "createdAt" FROM accounts."invitation"
      WHERE lower("email") = lower(${email})`,
    changes: sql`SELECT tenant_id, action, target, details, address, created_at FROM audit_events
      WHERE actor_id = ${id} ORDER BY id DESC LIMIT 10000`,
  };
}

/** GET /account/v1/export: all that is kept about a person (GDPR, Articles 15 and 20). */
export function exportRoute(context: AccountContext, database: Database): ApiRoute {
  return rawRoute({
    method: 'GET',
    path: '/account/v1/export',
    operationId: 'exportPersonalData',
    summary: 'All that is kept about you',
    tag: 'account',
    security: 'session',
    responses: { 200: { description: 'Your data', schema: personalData } },
    handle: (request, reply) =>
      answerPerson(context, request, reply, async ({ id, email }) => {
        const found: Record<string, unknown> = {};
        for (const [name, query] of Object.entries(queriesOf(id, email))) {
          const { rows } = await database.query((executor) => executor.execute(query));
          found[name] = name === 'user' ? rows[0] : rows;
        }
        return {
          status: 200,
          body: { exported_at: new Date(context.clock.now()).toISOString(), ...found },
          headers: { 'content-disposition': 'attachment; filename="my-data.json"' },
        };
      }),
  });
}
