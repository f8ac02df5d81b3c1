import type { PlanConfig } from '../config/schema.ts';
import type { KeyLimits } from '../keys/key.ts';
import type { Limit } from './limit.ts';

/**
 * The limits a plan sets for one subject; those it does not set are absent.
 * @param subject whose windows they are: a key id, or a tenant id where all keys share
 */
export function limitsOfPlan(plan: Pick<PlanConfig, keyof KeyLimits> | KeyLimits, subject: string): Limit[] {
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

/** A plan as it bounds those who pay for what goes beyond its tokens: so far as its overage goes, or not at all. */
export function withOverage(plan: PlanConfig, isAllowed: boolean | undefined): Pick<PlanConfig, keyof KeyLimits> {
  const { overage, tokens_per_month: included } = plan;
  if (isAllowed !== true || overage === undefined || included === undefined) return plan;
  const most = overage.max_tokens === undefined ? undefined : included + overage.max_tokens;
  return { ...plan, tokens_per_month: most };
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
