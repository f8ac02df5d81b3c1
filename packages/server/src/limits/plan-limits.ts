import type { PlanConfig } from '../config/schema.ts';
import type { KeyLimits } from '../keys/key.ts';
import type { Limit } from './limit.ts';

/**
 * The limits a plan sets for one subject; those it does not set are absent.
 * @param subject whose windows they are: a key id, or a tenant id where all keys share
 */
function limitsOfPlan(plan: Pick<PlanConfig, keyof KeyLimits> | KeyLimits, subject: string): Limit[] {
  const limits: Limit[] = [];
  const add = (name: string, counts: Limit['counts'], window: Limit['window'], quota: number | undefined) => {
    if (quota !== undefined) limits.push({ name, counts, window, quota, subject });
  };
  add('rpm', 'requests', 'minute', plan.requests_per_minute);
  add('tpm', 'tokens', 'minute', plan.tokens_per_minute);
  add('tpd', 'tokens', 'day', plan.tokens_per_day);
  add('tpmonth', 'tokens', 'month', plan.tokens_per_month);
  return limits;
}

/** More than any month holds, and still exact when more is added. */
const openQuota = 1_000_000_000_000_000;

/**
 * The limits of a tenant that may pay for what goes beyond its plan's tokens. Without a bound the month is counted all the
 * same: it must be known should the tenant stop paying.
 */
export function limitsWithOverage(plan: PlanConfig, subject: string, paysOverage: boolean | undefined): Limit[] {
  const limits = limitsOfPlan(plan, subject);
  const { overage } = plan;
  if (paysOverage !== true || overage === undefined) return limits;
  return limits.map((limit) => {
    if (limit.window !== 'month' || limit.counts !== 'tokens') return limit;
    return overage.max_tokens === undefined
      ? { ...limit, quota: openQuota, isUnbounded: true }
      : { ...limit, quota: limit.quota + overage.max_tokens };
  });
}

/**
 * A key's own limits beside those of its plan. Where the plan counts the key itself, the lower of the two holds: one window
 * is not counted twice.
 */
export function withKeyLimits(
  planLimits: readonly Limit[],
  own: KeyLimits | undefined,
  keyId: string,
): readonly Limit[] {
  if (own === undefined) return planLimits;
  const merged = [...planLimits];
  for (const limit of limitsOfPlan(own, keyId)) {
    const index = merged.findIndex(({ name, subject }) => name === limit.name && subject === keyId);
    const known = merged[index];
    if (known === undefined) merged.push(limit);
    else if (limit.quota < known.quota) merged[index] = limit;
  }
  return merged;
}
