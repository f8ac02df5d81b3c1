import { sql } from 'drizzle-orm';
import { AppError } from '../../errors.ts';
import type { Database } from '../../postgres/database.ts';
import { clientIdentity, type ClientIdentity } from './client-identity.ts';
import { grantPrefix } from './token-records.ts';

/** An application that a person let in, for one organisation. */
export interface Application {
  readonly id: string;
  readonly client: ClientIdentity;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly scopes: readonly string[];
  readonly grantedAt: Date;
  readonly lastTokenAt: Date | null;
}

type Row = Record<string, unknown> & {
  readonly id: string;
  readonly client_id: string;
  readonly client_name: string | null;
  readonly uri: string | null;
  readonly policy: string | null;
  readonly terms: string | null;
  readonly tenant_id: string;
  readonly tenant_name: string;
  readonly scopes: readonly string[];
  readonly granted_at: string;
  readonly last_token_at: string | null;
};

function present(row: Row): Application {
  const { client_id: id, client_name: name, uri, policy, terms, last_token_at: last } = row;
  return {
    id: `${grantPrefix}${row.id}`,
    client: clientIdentity({ id, name, uri, policy, terms }),
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    scopes: row.scopes,
    grantedAt: new Date(row.granted_at),
    lastTokenAt: last === null ? null : new Date(last),
  };
}

/** What a person has let in. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class Applications {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  async list(userId: string, page: { readonly after: string | undefined; readonly limit: number }) {
    const after = page.after?.startsWith(grantPrefix) === true ? page.after.slice(grantPrefix.length) : null;
    const { rows } = await this.#database.query((executor) =>
      executor.execute<Row>(sql`
        SELECT c."id" AS id, l."clientId" AS client_id, l."name" AS client_name, l."uri" AS uri, l."policy" AS policy,
          l."tos" AS terms, t.id AS tenant_id, t.name AS tenant_name, c."scopes" AS scopes, c."createdAt" AS granted_at,
          (SELECT max(a."createdAt") FROM accounts."oauthAccessToken" a WHERE a."clientId" = c."clientId"
            AND a."userId" = c."userId" AND a."referenceId" = c."referenceId") AS last_token_at
        FROM accounts."oauthConsent" c JOIN accounts."oauthClient" l ON l."clientId" = c."clientId"
        JOIN tenants t ON t.id = c."referenceId"
        WHERE c."userId" = ${userId} AND (${after}::text IS NULL OR (c."createdAt", c."id") <
          (SELECT b."createdAt", b."id" FROM accounts."oauthConsent" b WHERE b."id" = ${after} AND b."userId" = ${userId}))
        ORDER BY c."createdAt" DESC, c."id" DESC LIMIT ${page.limit + 1}`),
    );
    return rows.map(present);
  }

  /**
   * Withdraws what a person gave: the consent and every token that stands on it.
   * @returns the ids to forget @throws AppError RESOURCE_NOT_FOUND: not his, whether there is such a one or not
   */
  async revoke(userId: string, applicationId: string): Promise<readonly string[]> {
    const id = applicationId.startsWith(grantPrefix) ? applicationId.slice(grantPrefix.length) : '';
    return this.#database.transaction(async (executor) => {
      const { rows } = await executor.execute<{ client_id: string; tenant_id: string }>(sql`
        DELETE FROM accounts."oauthConsent" WHERE "id" = ${id} AND "userId" = ${userId}
        RETURNING "clientId" AS client_id, "referenceId" AS tenant_id`);
      const [grant] = rows;
      if (grant === undefined)
        throw new AppError(
          'RESOURCE_NOT_FOUND',
          `You have let in no application ${JSON.stringify(applicationId.slice(0, 64))}.`,
          {
            param: 'id',
          },
        );
      const same = sql`"clientId" = ${grant.client_id} AND "userId" = ${userId} AND "referenceId" = ${grant.tenant_id}`;
      // Codes that were given out and not exchanged yet end too: what they would bring stands on the consent.
      await executor.execute(sql`DELETE FROM accounts."oauthAccessToken" WHERE ${same}`);
      await executor.execute(sql`DELETE FROM accounts."oauthRefreshToken" WHERE ${same}`);
      return [id];
    });
  }
}
