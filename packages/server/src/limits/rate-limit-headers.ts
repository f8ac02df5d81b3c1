import { AppError } from '../errors.ts';
import type { Limit, LimitState } from './limit.ts';
import { isLong, windowSeconds } from './window.ts';

/** What never changes of a limit's headers, made once a limit and window length. */
interface Constants {
  readonly seconds: number;
  readonly quota: string;
  readonly limit: string;
  readonly policy: string;
  readonly name: string;
}

const constants = new WeakMap<Limit, Constants>();

function constantsOf({ limit, resetAtMs }: LimitState): Constants {
  const known = constants.get(limit);
  if (known !== undefined && limit.window !== 'month') return known;
  const seconds = windowSeconds(limit.window, startOf(limit, resetAtMs));
  if (known?.seconds === seconds) return known;
  const fresh = {
    seconds,
    quota: String(limit.quota),
    limit: `${limit.quota};w=${seconds}`,
    policy: `"${limit.name}";q=${limit.quota};w=${seconds}`,
    name: `"${limit.name}";r=`,
  };
  constants.set(limit, fresh);
  return fresh;
}

function startOf(limit: Limit, resetAtMs: number): number {
  if (limit.window !== 'month') return 0;
  const end = new Date(resetAtMs);
  return Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - 1, 1);
}

/** Whole seconds until a window ends; never 0, since a client that waits 0 seconds is refused again. */
function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((atMs - nowMs) / 1000));
}

/** OpenAI's form of a duration: `1s`, `6m0s`, `23h59m59s`. */
export function durationText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** The state nearest to its limit among those that count `what`; the shorter window where they are as near. */
function tightest(states: readonly LimitState[], what: Limit['counts']): LimitState | undefined {
  let found: LimitState | undefined;
  for (const state of states) {
    if (state.limit.counts !== what) continue;
    if (found === undefined || state.remaining / state.limit.quota < found.remaining / found.limit.quota) found = state;
  }
  return found;
}

function pushOpenAi(
  headers: string[],
  kind: 'requests' | 'tokens',
  state: LimitState | undefined,
  nowMs: number,
): void {
  if (state === undefined) return;
  headers.push(
    `x-ratelimit-limit-${kind}`,
    constantsOf(state).quota,
    `x-ratelimit-remaining-${kind}`,
    String(state.remaining),
    `x-ratelimit-reset-${kind}`,
    durationText(secondsUntil(state.resetAtMs, nowMs)),
  );
}

/**
 * Every family of rate-limit headers from one decision, as flat name, value pairs: X-RateLimit-* (S0), RateLimit-* (S4),
 * RateLimit and RateLimit-Policy of the IETF draft, and with `openai` the names OpenAI's clients read. The single-valued
 * ones speak of the tightest request window, or of the tightest token window where requests are not limited.
 */
export function rateLimitHeaders(
  all: readonly LimitState[],
  nowMs: number,
  options: { readonly openai?: boolean } = {},
): string[] {
  const states = all.some(({ limit }) => limit.isUnbounded)
    ? all.filter(({ limit }) => limit.isUnbounded !== true)
    : all;
  if (states.length === 0) return [];
  const requests = tightest(states, 'requests');
  const tokens = tightest(states, 'tokens');
  const main = requests ?? tokens;
  if (main === undefined) return [];
  let policies = '';
  let standing = '';
  for (const state of states) {
    const { policy, name } = constantsOf(state);
    const separator = policies === '' ? '' : ', ';
    policies += separator + policy;
    standing += `${separator}${name}${state.remaining};t=${secondsUntil(state.resetAtMs, nowMs)}`;
  }
  const { quota, limit } = constantsOf(main);
  const remaining = String(main.remaining);
  const reset = String(secondsUntil(main.resetAtMs, nowMs));
  const headers = [
    'X-RateLimit-Limit',
    quota,
    'X-RateLimit-Remaining',
    remaining,
    'X-RateLimit-Reset',
    reset,
    'RateLimit-Limit',
    limit,
    'RateLimit-Remaining',
    remaining,
    'RateLimit-Reset',
    reset,
    'RateLimit-Policy',
    policies,
    'RateLimit',
    standing,
  ];
  if (options.openai === true) {
    pushOpenAi(headers, 'requests', requests, nowMs);
    pushOpenAi(headers, 'tokens', tokens, nowMs);
  }
  return headers;
}

/** Seconds after which none of the violated windows is in force any more: the longest of them, rounded up, never 0. */
export function retryAfterSeconds(violated: readonly LimitState[], nowMs: number): number {
  return Math.max(1, ...violated.map((state) => secondsUntil(state.resetAtMs, nowMs)));
}

const windowWords = { minute: 'minute', hour: 'hour', day: 'UTC day', month: 'UTC month' } as const;

/** `2026-12-01T00:00:00Z`: for windows so long that a number of seconds says little. */
function instantText(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}

function wayOut({ limit, remaining, resetAtMs }: LimitState, seconds: number): string {
  const when = isLong(limit.window) ? `It begins anew at ${instantText(resetAtMs)}` : `Retry in ${seconds} seconds`;
  if (limit.counts === 'tokens' && remaining > 0)
    return `${remaining} are left, less than this request may need: lower max_tokens. ${when}.`;
  return `${when}.`;
}

/**
 * The error for a refused take. A used-up day or month of tokens is a quota that no quick retry gets past.
 * @param neededTokens the least the request can do with; more than a whole window holds is told as such. Without it that
 * is noticed only in a window of which nothing was used.
 */
export function limitError(violated: readonly LimitState[], nowMs: number, neededTokens?: number): AppError {
  const longest = violated.toSorted((left, right) => right.resetAtMs - left.resetAtMs)[0];
  if (longest === undefined)
    return new AppError('RATE_LIMIT_EXCEEDED', 'A limit is used up. Retry shortly.', { retryAfterSeconds: 1 });
  const { limit } = longest;
  const seconds = retryAfterSeconds(violated, nowMs);
  const isQuota = limit.counts === 'tokens' && isLong(limit.window);
  const fail = (message: string, headers = {}) =>
    new AppError(isQuota ? 'insufficient_quota' : 'RATE_LIMIT_EXCEEDED', message, {
      retryAfterSeconds: seconds,
      headers,
    });
  const tooLarge = violated.find(
    ({ limit: { counts, quota }, used }) => counts === 'tokens' && (used === 0 || (neededTokens ?? 0) > quota),
  );
  if (tooLarge !== undefined)
    return fail(
      `This request alone may need more than the ${what(tooLarge.limit)} of your plan, so waiting does not help. Lower max_tokens, shorten the prompt, or take a larger plan.`,
      { 'x-should-retry': 'false' },
    );
  if (isQuota)
    return fail(`You exceeded your quota of ${what(limit)}. ${wayOut(longest, seconds)} A larger plan has more.`);
  return fail(`You exceeded ${what(limit)}. ${wayOut(longest, seconds)}`);
}

function what({ quota, counts, window, name }: Limit): string {
  return `${quota} ${counts} per ${windowWords[window]} (${name})`;
}
