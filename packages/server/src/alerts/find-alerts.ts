import { sql } from 'drizzle-orm';
import type { KeyLimits, Principal } from '../keys/key.ts';
import type { Limit } from '../limits/limit.ts';
import { isLong, windowEnd, windowStart } from '../limits/window.ts';
import type { Database } from '../postgres/database.ts';
import type { AlertSettings } from './alert-settings.ts';
import type { Alert } from './alert.ts';
import { reachedThresholds } from './thresholds.ts';

export interface AlertSources {
  readonly database: Database;
  /** Whose settings are absent wants to be told of these. */
  readonly thresholds: readonly number[];
  /** Called with keys of the tenant's own: their tokens are not the plan's. */
  readonly byokModels: readonly string[];
  readonly limitsOf: (principal: Principal) => readonly Limit[];
}

interface UsedRow extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly key_id: string;
  readonly day: string;
  readonly month: string;
}

interface TenantRow extends Record<string, unknown> {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly credit_tokens: string;
  readonly credit_until: string | null;
  readonly thresholds: readonly number[] | null;
  readonly mail: boolean | null;
  readonly webhook: boolean | null;
}

interface KeyRow extends Record<string, unknown> {
  readonly id: string;
  readonly name: string;
  readonly limits: KeyLimits | null;
  readonly revoked: boolean;
}

const listOf = (values: readonly string[]) => sql.join([sql`''`, ...values.map((value) => sql`${value}`)], sql`, `);
const iso = (ms: number) => new Date(ms).toISOString();

/** Tenants that used something since an instant, in order, after one of them. */
export async function activeTenants(
  database: Database,
  query: { readonly sinceMs: number; readonly after: string; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await database.query((executor) =>
    executor.execute<{ tenant_id: string }>(sql`SELECT DISTINCT tenant_id FROM usage_rollups
      WHERE hour >= ${iso(query.sinceMs)}::timestamptz AND tenant_id > ${query.after} ORDER BY 1 LIMIT ${query.limit}`),
  );
  return rows.map((row) => row.tenant_id);
}

/** Tokens of the running day and month, by key. */
async function usedBy({ database, byokModels }: AlertSources, tenantIds: readonly string[], nowMs: number) {
  const [day, month] = [windowStart('day', nowMs), windowStart('month', nowMs)];
  const tokens = sql`sum(prompt_tokens + completion_tokens)`;
  const { rows } = await database.query((executor) =>
    executor.execute<UsedRow>(sql`SELECT tenant_id, key_id, ${tokens}::text AS month,
        coalesce(${tokens} FILTER (WHERE hour >= ${iso(day)}::timestamptz AND hour < ${iso(windowEnd('day', day))}::timestamptz), 0)::text AS day
      FROM usage_rollups WHERE tenant_id IN (${listOf(tenantIds)}) AND model NOT IN (${listOf(byokModels)})
        AND hour >= ${iso(month)}::timestamptz AND hour < ${iso(windowEnd('month', month))}::timestamptz
      GROUP BY tenant_id, key_id`),
  );
  return rows;
}

async function tenantsOf({ database }: AlertSources, tenantIds: readonly string[]) {
  const { rows } = await database.query((executor) =>
    executor.execute<TenantRow>(sql`SELECT t.id, t.name, t.plan, t.credit_tokens::text AS credit_tokens, t.credit_until,
        s.thresholds, s.mail, s.webhook
      FROM tenants t LEFT JOIN alert_settings s ON s.tenant_id = t.id
      WHERE t.id IN (${listOf(tenantIds)}) AND NOT t.suspended`),
  );
  return rows;
}

async function keysOf({ database }: AlertSources, keyIds: readonly string[]) {
  const { rows } = await database.query((executor) =>
    executor.execute<KeyRow>(sql`SELECT id, name, limits, revoked_at IS NOT NULL AS revoked FROM api_keys
      WHERE id IN (${listOf(keyIds)})`),
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function principalOf(tenant: TenantRow, keyId: string, key: KeyRow | undefined): Principal {
  const { credit_until: until } = tenant;
  return {
    ...{ tenantId: tenant.id, keyId, plan: tenant.plan, mode: 'live', suspended: false, pinnedVersion: undefined },
    ...{ scopes: new Set<string>(), models: null, keyLimits: key?.limits ?? undefined },
    credit: until === null ? undefined : { tokens: Number(tenant.credit_tokens), untilMs: new Date(until).getTime() },
  };
}

function settingsOf({ thresholds }: AlertSources, tenant: TenantRow): AlertSettings {
  return {
    thresholds: tenant.thresholds ?? thresholds,
    mail: tenant.mail ?? true,
    webhook: tenant.webhook ?? true,
  };
}

/** Tokens that count against a limit. */
function usedOf(limit: Limit, used: readonly UsedRow[]): number {
  const unit = limit.window === 'day' ? 'day' : 'month';
  return used
    .filter((row) => row.tenant_id === limit.subject || row.key_id === limit.subject)
    .reduce((sum, row) => sum + Number(row[unit]), 0);
}

/** Limits of tokens in days and months, of which as much is used as their tenants want to be told of. */
export async function findAlerts(
  sources: AlertSources,
  tenantIds: readonly string[],
  nowMs: number,
): Promise<readonly Alert[]> {
  const used = await usedBy(sources, tenantIds, nowMs);
  const tenants = await tenantsOf(sources, tenantIds);
  const keys = await keysOf(
    sources,
    used.map((row) => row.key_id),
  );
  return tenants.flatMap((tenant) => {
    const settings = settingsOf(sources, tenant);
    const own = used.filter((row) => row.tenant_id === tenant.id);
    const living = own.filter((row) => keys.get(row.key_id)?.revoked !== true);
    const limits = living.flatMap(({ key_id: id }) => sources.limitsOf(principalOf(tenant, id, keys.get(id))));
    const unique = new Map(limits.map((limit) => [`${limit.subject} ${limit.name}`, limit]));
    return [...unique.values()].flatMap((limit): Alert[] => {
      if (limit.counts !== 'tokens' || !isLong(limit.window) || limit.isUnbounded === true) return [];
      const total = usedOf(limit, own);
      const reached = reachedThresholds(settings.thresholds, total, limit.quota);
      if (reached.length === 0) return [];
      const keyId = limit.subject === tenant.id ? null : limit.subject;
      const keyName = keyId === null ? null : (keys.get(keyId)?.name ?? null);
      const windowStartMs = windowStart(limit.window, nowMs);
      const about = { tenantId: tenant.id, tenantName: tenant.name, keyId, keyName };
      return [{ ...about, limit, windowStartMs, used: total, reached, settings }];
    });
  });
}
