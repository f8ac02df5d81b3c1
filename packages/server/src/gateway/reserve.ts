import type { Principal } from '../keys/key.ts';
import { ulid } from '../ids.ts';
import type { Decision, LimitState, Reservation, Take } from '../limits/limit.ts';
import { limitError } from '../limits/rate-limit-headers.ts';
import type { Entitlement } from './entitle.ts';
import type { Gateway } from './gateway.ts';

export interface Reserved {
  readonly reservation: Reservation;
  readonly states: readonly LimitState[];
  /** Tokens the answer may have; less than asked when windows were nearly full. */
  readonly outputTokens: number;
}

export type ReserveDependencies = Pick<Gateway, 'clock' | 'catalog' | 'limits'>;

/**
 * Steps 4 and 7 of the road in one atomic take (docs/decisions/0001-one-take.md): one request of every request window
 * and prompt plus answer of every token window, or nothing at all.
 * @throws AppError RATE_LIMIT_EXCEEDED, insufficient_quota, LIMITS_UNAVAILABLE
 */
export function reserve(
  gateway: ReserveDependencies,
  principal: Principal,
  entitlement: Entitlement,
): Reserved | Promise<Reserved> {
  const nowMs = gateway.clock.now();
  const wanted = entitlement.promptTokens + entitlement.outputTokens;
  const atLeast = entitlement.promptTokens + entitlement.atLeastOutputTokens;
  const takes: Take[] = [];
  // With a provider key of its own the tenant pays for the tokens elsewhere: they are not the plan's.
  const { byok } = entitlement.model.config;
  for (const limit of gateway.catalog.limitsOf(principal))
    if (!byok || limit.counts === 'requests')
      takes.push(limit.counts === 'requests' ? { limit, amount: 1 } : { limit, amount: wanted, atLeast });
  const decided = gateway.limits.take(ulid(nowMs), takes, nowMs);
  const judge = (decision: Decision): Reserved => {
    if (!decision.allowed) throw limitError(decision.violated, nowMs, atLeast);
    const counted = takes.some((take) => take.limit.counts === 'tokens');
    return {
      reservation: decision.reservation,
      states: decision.states,
      outputTokens: counted ? Math.max(1, decision.granted - entitlement.promptTokens) : entitlement.outputTokens,
    };
  };
  return decided instanceof Promise ? decided.then(judge) : judge(decided);
}

/** What is no model call, an answer that is given again too, counts as a request, never as tokens. @returns where the limits stand after it */
export async function reserveRequest(gateway: Gateway, principal: Principal): Promise<readonly LimitState[]> {
  const nowMs = gateway.clock.now();
  const limits = gateway.catalog.limitsOf(principal);
  const takes = limits.filter((limit) => limit.counts === 'requests').map((limit) => ({ limit, amount: 1 }));
  const decision = await gateway.limits.take(ulid(nowMs), takes, nowMs);
  if (!decision.allowed) throw limitError(decision.violated, nowMs);
  const tokens = await gateway.limits.peek(
    limits.filter((limit) => limit.counts === 'tokens'),
    nowMs,
  );
  return [...decision.states, ...tokens];
}
