import { sql, type SQL } from 'drizzle-orm';
import type { Executor } from '../postgres/database.ts';
import { rowsOf } from './customers.ts';
import { iso, msOf } from './instants.ts';
import { hourStart, monthAround, type OverageTerms, type Piece } from './overage.ts';
import type { BillingRules } from './rules.ts';

export interface UsageScope {
  readonly tenantId: string;
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** Called with keys of the tenant's own: their tokens are not the plan's. */
  readonly byokModels: readonly string[];
}

function billed({ tenantId, byokModels }: UsageScope): SQL {
  const own = sql.join([sql`''`, ...byokModels.map((name) => sql`${name}`)], sql`, `);
  return sql`tenant_id = ${tenantId} AND mode = 'live' AND model NOT IN (${own})`;
}

/** Tokens used from the beginning of the scope until an instant, by key: whole hours by their sums, the rest one by one. */
async function usedUntil(executor: Executor, scope: UsageScope, untilMs: number): Promise<ReadonlyMap<string, number>> {
  const hour = hourStart(untilMs);
  const rows = await rowsOf(
    executor,
    sql`SELECT key_id, sum(tokens)::text AS tokens FROM (
        SELECT key_id, prompt_tokens + completion_tokens AS tokens FROM usage_rollups
          WHERE ${billed(scope)} AND hour >= ${iso(scope.startMs)}::timestamptz AND hour < ${iso(hour)}::timestamptz
        UNION ALL
        SELECT key_id, prompt_tokens + completion_tokens FROM usage_events
          WHERE ${billed(scope)} AND started_at >= ${iso(hour)}::timestamptz AND started_at < ${iso(untilMs)}::timestamptz
      ) AS used GROUP BY key_id`,
  );
  return new Map(rows.map((row) => [String(row['key_id']), Number(row['tokens'])]));
}

interface Held {
  readonly plan: string;
  readonly overage: boolean;
  readonly sinceMs: number;
}

/** The plans that held within the scope, in their order. */
async function plansWithin(executor: Executor, { tenantId, startMs, endMs }: UsageScope): Promise<readonly Held[]> {
  const rows = await rowsOf(
    executor,
    sql`SELECT plan, overage, since FROM tenant_plans
      WHERE tenant_id = ${tenantId} AND since < ${iso(endMs)}::timestamptz ORDER BY since, id`,
  );
  const all = rows.map((row) => ({
    plan: String(row['plan']),
    overage: row['overage'] === true,
    sinceMs: msOf(row['since']) ?? 0,
  }));
  const first = all.findLastIndex(({ sinceMs }) => sinceMs <= startMs);
  return all.slice(Math.max(0, first));
}

/**
 * The terms of a plan in a month: the first that were seen of it, or better ones since. A worse configuration holds from
 * the next month on, so that nothing is billed that was included when it was used.
 */
async function termsOf(
  executor: Executor,
  { plans }: BillingRules,
  plan: string,
  monthMs: number,
): Promise<OverageTerms | undefined> {
  const config = plans.get(plan);
  const month = iso(monthMs).slice(0, 10);
  if (config?.overage !== undefined && config.tokens_per_month !== undefined)
    await executor.execute(sql`INSERT INTO overage_terms AS t (plan, month, included, counted_per, meter)
      VALUES (${plan}, ${month}, ${config.tokens_per_month}, ${config.limits_per}, ${config.overage.meter_event})
      ON CONFLICT (plan, month) DO UPDATE SET included = EXCLUDED.included WHERE t.included < EXCLUDED.included`);
  const [row] = await rowsOf(executor, sql`SELECT * FROM overage_terms WHERE plan = ${plan} AND month = ${month}`);
  if (row === undefined) return undefined;
  return {
    included: Number(row['included']),
    per: row['counted_per'] === 'tenant' ? 'tenant' : 'key',
    meter: String(row['meter']),
  };
}

/** Tokens that staff gave beyond the plan in the month: as many more are included. */
async function creditOf(executor: Executor, tenantId: string, monthMs: number): Promise<number> {
  const month = iso(monthMs).slice(0, 10);
  await executor.execute(sql`INSERT INTO overage_credits AS c (tenant_id, month, tokens)
    SELECT id, ${month}, credit_tokens FROM tenants
      WHERE id = ${tenantId} AND credit_tokens > 0 AND credit_until = ${iso(monthAround(monthMs).endMs)}::timestamptz
    ON CONFLICT (tenant_id, month) DO UPDATE SET tokens = EXCLUDED.tokens WHERE c.tokens < EXCLUDED.tokens`);
  const [row] = await rowsOf(
    executor,
    sql`SELECT tokens FROM overage_credits WHERE tenant_id = ${tenantId} AND month = ${month}`,
  );
  return Number(row?.['tokens'] ?? 0);
}

function difference(after: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): Map<string, number> {
  const fresh = new Map<string, number>();
  for (const [key, tokens] of after) {
    const more = tokens - (before.get(key) ?? 0);
    if (more > 0) fresh.set(key, more);
  }
  return fresh;
}

/** A month's usage in pieces of one plan each. */
export async function piecesOf(executor: Executor, rules: BillingRules, scope: UsageScope): Promise<readonly Piece[]> {
  const held = await plansWithin(executor, scope);
  const credit = await creditOf(executor, scope.tenantId, scope.startMs);
  const pieces: Piece[] = [];
  let before: ReadonlyMap<string, number> = new Map();
  for (const [index, { plan, overage }] of held.entries()) {
    const endMs = held[index + 1]?.sinceMs ?? scope.endMs;
    const after = await usedUntil(executor, scope, Math.min(endMs, scope.endMs));
    const terms = overage ? await termsOf(executor, rules, plan, scope.startMs) : undefined;
    const credited = terms === undefined ? undefined : { ...terms, included: terms.included + credit };
    pieces.push({ terms: credited, tokens: difference(after, before) });
    before = after;
  }
  return pieces;
}
