import { sql, type SQL } from 'drizzle-orm';
import type { Principal } from '../../keys/key.ts';
import type { WatchedChange } from '../../keys/watched-cache.ts';
import type { Database } from '../../postgres/database.ts';
import { termsOf, type TermsRow } from '../../tenants/terms.ts';
import { isRole } from '../roles.ts';
import { grantedScopes, tokenScopes } from './oauth-scopes.ts';

/** What a token stands for, and everything that can take its right away. */
export interface TokenRecord {
  /** undefined: what it stood on is gone. */
  readonly principal: Principal | undefined;
  readonly expiresAtMs: number;
  /** Resources it was issued for; none: the whole API. */
  readonly resources: readonly string[];
  /** Bound to a key of its client (DPoP): not to be taken as a bearer's. */
  readonly isBound: boolean;
  readonly dependsOn: readonly string[];
}

/** Where a holder stands; `terms` are null where he is no member any more. */
type TenantRow = Record<string, unknown> & {
  readonly member_id: string | null;
  readonly role: string | null;
  readonly tenant_id: string | null;
  readonly terms: Terms | null;
};

/** As JSON has them. */
interface Terms extends Omit<TermsRow, 'trialEndsAt' | 'creditUntil'> {
  readonly trialEndsAtMs: number | null;
  readonly creditUntilMs: number | null;
}

type AccessTokenRow = TenantRow & {
  readonly id: string;
  readonly client_id: string;
  readonly grant_id: string | null;
  readonly disabled: boolean | null;
  readonly revoked: boolean;
  readonly expires_at_ms: number;
  readonly scopes: readonly string[];
  readonly resources: readonly string[] | null;
  readonly is_bound: boolean;
};

type GrantRow = TenantRow & { readonly scopes: readonly string[]; readonly disabled: boolean | null };

/** Ids of principals that are no keys, as the ledger has them. */
export const grantPrefix = 'app_';
const personPrefix = 'usr_';

/** How the ledger names somebody who calls in his own name. */
export function personKeyId(userId: string): string {
  return `${personPrefix}${userId}`;
}

const tenantColumns = sql`m."id" AS member_id, m."role" AS role, t.id AS tenant_id,
  CASE WHEN t.id IS NOT NULL THEN json_build_object('plan', t.plan, 'suspended', t.suspended, 'overage', t.overage,
    'region', t.region, 'trialEndsAtMs', extract(epoch FROM t.trial_ends_at) * 1000, 'creditTokens', t.credit_tokens,
    'creditUntilMs', extract(epoch FROM t.credit_until) * 1000, 'keptBodiesDays', t.kept_bodies_days) END AS terms`;

function instant(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

function principalFor(row: TenantRow, keyId: string, asked: readonly string[]): Principal | undefined {
  const { tenant_id: tenantId, terms, role } = row;
  if (tenantId === null || terms === null || role === null || !isRole(role)) return undefined;
  const { trialEndsAtMs, creditUntilMs } = terms;
  return {
    ...{ tenantId, keyId, mode: 'live', models: null },
    ...termsOf({ ...terms, trialEndsAt: instant(trialEndsAtMs), creditUntil: instant(creditUntilMs) }),
    scopes: grantedScopes(asked, role),
    pinnedVersion: undefined,
  };
}

function present(ids: readonly (string | null)[]): string[] {
  return ids.filter((id) => id !== null);
}

/** Tokens and what they stand on. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class TokenRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async #one<Row extends Record<string, unknown>>(statement: SQL): Promise<Row | undefined> {
    const { rows } = await this.#database.query((executor) => executor.execute(statement));
    return rows[0] as Row | undefined;
  }

  /** An OAuth access token, by its hash. */
  async accessToken(hash: string): Promise<TokenRecord | undefined> {
    const row = await this.#one<AccessTokenRow>(sql`
      SELECT a."id" AS id, a."clientId" AS client_id, c."id" AS grant_id, l."disabled" AS disabled,
        a."revoked" IS NOT NULL AS revoked, (extract(epoch FROM a."expiresAt") * 1000)::float8 AS expires_at_ms,
        a."scopes" AS scopes, a."resources" AS resources,
        coalesce(a."confirmation", 'null'::jsonb) <> 'null'::jsonb AS is_bound, ${tenantColumns}
      FROM accounts."oauthAccessToken" a
      JOIN accounts."oauthClient" l ON l."clientId" = a."clientId"
      LEFT JOIN accounts."oauthConsent" c ON c."clientId" = a."clientId" AND c."userId" = a."userId"
        AND c."referenceId" = a."referenceId"
      LEFT JOIN accounts."member" m ON m."userId" = a."userId" AND m."organizationId" = a."referenceId"
      LEFT JOIN tenants t ON t.id = m."organizationId"
      WHERE a."token" = ${hash}`);
    if (row === undefined) return undefined;
    const { id, client_id: clientId, grant_id: grantId, member_id: memberId, tenant_id: tenantId } = row;
    const isDead = row.revoked || row.disabled === true || grantId === null;
    return {
      principal: isDead ? undefined : principalFor(row, `${grantPrefix}${grantId}`, row.scopes),
      expiresAtMs: row.expires_at_ms,
      resources: row.resources ?? [],
      isBound: row.is_bound,
      dependsOn: present([id, clientId, grantId, memberId, tenantId]),
    };
  }

  /** What a session's short token stands on: the session, and a place in the organisation it names or the oldest. */
  async sessionToken(token: {
    readonly userId: string;
    readonly sessionId: string;
    readonly tenantId: string | undefined;
    readonly expiresAtMs: number;
  }): Promise<TokenRecord> {
    const { userId, sessionId, tenantId, expiresAtMs } = token;
    const row = await this.#one<TenantRow>(sql`
      SELECT ${tenantColumns}
      FROM accounts."session" s JOIN accounts."member" m ON m."userId" = s."userId"
      JOIN tenants t ON t.id = m."organizationId"
      WHERE s."id" = ${sessionId} AND s."userId" = ${userId} AND s."expiresAt" > now()
        AND (${tenantId ?? null}::text IS NULL OR t.id = ${tenantId ?? null})
      ORDER BY m."createdAt", t.id LIMIT 1`);
    return {
      principal: row === undefined ? undefined : principalFor(row, personKeyId(userId), tokenScopes),
      expiresAtMs,
      resources: [],
      isBound: false,
      dependsOn: present([sessionId, row?.member_id ?? null, row?.tenant_id ?? null]),
    };
  }

  /** A grant or person as of now, for work ordered earlier; undefined where `keyId` names neither, or no longer. */
  async principalById(tenantId: string, keyId: string): Promise<Principal | undefined> {
    if (keyId.startsWith(grantPrefix)) {
      const row = await this.#one<GrantRow>(sql`
        SELECT c."scopes" AS scopes, l."disabled" AS disabled, ${tenantColumns}
        FROM accounts."oauthConsent" c JOIN accounts."oauthClient" l ON l."clientId" = c."clientId"
        JOIN accounts."member" m ON m."userId" = c."userId" AND m."organizationId" = c."referenceId"
        JOIN tenants t ON t.id = m."organizationId"
        WHERE c."id" = ${keyId.slice(grantPrefix.length)} AND t.id = ${tenantId}`);
      return row === undefined || row.disabled === true ? undefined : principalFor(row, keyId, row.scopes);
    }
    if (!keyId.startsWith(personPrefix)) return undefined;
    const row = await this.#one<TenantRow>(sql`
      SELECT ${tenantColumns} FROM accounts."member" m JOIN tenants t ON t.id = m."organizationId"
      WHERE m."userId" = ${keyId.slice(personPrefix.length)} AND t.id = ${tenantId}`);
    return row === undefined ? undefined : principalFor(row, keyId, tokenScopes);
  }

  /** What tokens stand on that changed within the last seconds by the database's clock. */
  async changedWithin(seconds: number): Promise<readonly WatchedChange[]> {
    const { rows } = await this.#database.query((executor) =>
      executor.execute<{ id: string; version: string }>(sql`
        SELECT id, changed_at::text AS version FROM accounts.access_changes
        WHERE changed_at > now() - make_interval(secs => ${seconds})
        UNION ALL
        SELECT id, updated_at::text FROM tenants WHERE updated_at > now() - make_interval(secs => ${seconds})`),
    );
    return rows;
  }
}
