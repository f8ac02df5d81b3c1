import type { Decision, Limit, LimitState, Take } from './limit.ts';
import { windowEnd } from './window.ts';

/** What one take is granted of what is left: all of it, what is left if that is enough, or nothing (undefined). */
export function grantOf(take: Take, used: number): number | undefined {
  const left = take.limit.quota - used;
  if (take.amount <= left) return take.amount;
  return left >= (take.atLeast ?? take.amount) ? left : undefined;
}

export function stateOf(limit: Limit, used: number, startMs: number): LimitState {
  return { limit, used, remaining: Math.max(0, limit.quota - used), resetAtMs: windowEnd(limit.window, startMs) };
}

/** One amount for all token windows: the least that any of them has. Request windows are not scaled. */
export function tokenGrant(takes: readonly Take[], grants: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [index, take] of takes.entries())
    if (take.limit.counts === 'tokens') least = Math.min(least, grants[index] ?? 0);
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

export interface WindowUse {
  readonly limit: Limit;
  readonly startMs: number;
  readonly used: number;
}

/** The answer after a refused take: nothing was taken, `violated` names the windows that had too little. */
export function denied(takes: readonly Take[], uses: readonly WindowUse[]): Decision {
  const states = uses.map(({ limit, used, startMs }) => stateOf(limit, used, startMs));
  const violated = states.filter((state, index) => {
    const take = takes[index];
    return take !== undefined && grantOf(take, state.used) === undefined;
  });
  return { allowed: false, states, violated };
}
