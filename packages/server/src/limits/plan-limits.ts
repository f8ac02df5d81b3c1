import type { PlanConfig } from '../config/schema.ts';
import type { Limit } from './limit.ts';

/**
 * The limits a plan sets for one subject; those it does not set are absent.
 * @param subject whose windows they are: a key id, or a tenant id where all keys share
 */
export function limitsOfPlan(plan: PlanConfig, subject: string): Limit[] {
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
