import { expect, test } from 'vitest';
import type { Limit, LimitState } from './limit.ts';
import { durationText, limitError, rateLimitHeaders, retryAfterSeconds } from './rate-limit-headers.ts';

const nowMs = Date.UTC(2026, 10, 23, 12, 0, 41, 500);
const limit = (name: string, counts: Limit['counts'], window: Limit['window'], quota: number): Limit => ({
  name,
  counts,
  window,
  quota,
  subject: 'key_1',
});
const minute: LimitState = {
  limit: limit('rpm', 'requests', 'minute', 60),
  used: 13,
  remaining: 47,
  resetAtMs: Date.UTC(2026, 10, 23, 12, 1),
};
const month: LimitState = {
  limit: limit('tpmonth', 'tokens', 'month', 5_000_000),
  used: 10,
  remaining: 4_999_990,
  resetAtMs: Date.UTC(2026, 11, 1),
};

function asMap(pairs: readonly string[]): Map<string, string> {
  const map = new Map<string, string>();
  for (let index = 0; index < pairs.length; index += 2) map.set(pairs[index] ?? '', pairs[index + 1] ?? '');
  return map;
}

test('all families say the same of one decision', () => {
  const headers = asMap(rateLimitHeaders([minute, month], nowMs, { openai: true }));
  expect(Object.fromEntries(headers)).toEqual({
    'X-RateLimit-Limit': '60',
    'X-RateLimit-Remaining': '47',
    'X-RateLimit-Reset': '19',
    'RateLimit-Limit': '60;w=60',
    'RateLimit-Remaining': '47',
    'RateLimit-Reset': '19',
    'RateLimit-Policy': '"rpm";q=60;w=60, "tpmonth";q=5000000;w=2592000',
    RateLimit: '"rpm";r=47;t=19, "tpmonth";r=4999990;t=647959',
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '47',
    'x-ratelimit-reset-requests': '19s',
    'x-ratelimit-limit-tokens': '5000000',
    'x-ratelimit-remaining-tokens': '4999990',
    'x-ratelimit-reset-tokens': '179h59m19s',
  });
});

test('without limits there are no headers', () => {
  expect(rateLimitHeaders([], nowMs)).toEqual([]);
});

test('the window of a month has the length of that month', () => {
  const february: LimitState = { ...month, resetAtMs: Date.UTC(2027, 2, 1) };
  const at = Date.UTC(2027, 1, 10);
  expect(asMap(rateLimitHeaders([february], at)).get('RateLimit-Policy')).toBe(`"tpmonth";q=5000000;w=${28 * 86_400}`);
  expect(asMap(rateLimitHeaders([month], nowMs)).get('RateLimit-Policy')).toBe(`"tpmonth";q=5000000;w=${30 * 86_400}`);
});

test('durations read as OpenAI clients expect them', () => {
  expect([1, 59, 60, 360, 86_399].map(durationText)).toEqual(['1s', '59s', '1m0s', '6m0s', '23h59m59s']);
});

test('Retry-After is the longest of the violated windows and never 0', () => {
  expect(retryAfterSeconds([minute, month], nowMs)).toBe(647_959);
  expect(retryAfterSeconds([{ ...minute, resetAtMs: nowMs }], nowMs)).toBe(1);
});

test('a used-up month is a quota that no retry gets past', () => {
  expect(limitError([minute], nowMs)).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterSeconds: 19 });
  const error = limitError([{ ...month, remaining: 0 }], nowMs);
  expect(error.code).toBe('insufficient_quota');
  expect(error.definition.retry).toBe(false);
  expect(limitError([month], nowMs).message).toContain('lower max_tokens');
});

test('a refusal names the limit, when it begins anew and the way out', () => {
  expect(limitError([{ ...minute, used: 60, remaining: 0 }], nowMs).message).toBe(
    'You exceeded 60 requests per minute (rpm). Retry in 19 seconds.',
  );
  expect(limitError([{ ...month, used: 5_000_000, remaining: 0 }], nowMs).message).toBe(
    'You exceeded your quota of 5000000 tokens per UTC month (tpmonth). It begins anew at 2026-12-01T00:00:00Z. A larger plan has more.',
  );
});

test('a request larger than a whole window is told so, and not to wait', () => {
  const tokens: LimitState = {
    limit: limit('tpm', 'tokens', 'minute', 1_000),
    used: 0,
    remaining: 1_000,
    resetAtMs: minute.resetAtMs,
  };
  const partly = { ...tokens, used: 10, remaining: 990 };
  for (const error of [limitError([tokens], nowMs), limitError([partly], nowMs, 1_001)]) {
    expect(error.code).toBe('RATE_LIMIT_EXCEEDED');
    expect(error.message).toContain('more than the 1000 tokens per minute (tpm)');
    expect(error.message).toContain('Lower max_tokens');
    expect(error.message).not.toContain('Retry in');
  }
  expect(limitError([partly], nowMs, 1_000).message).toContain('Retry in 19 seconds');
});

test('a window that is never full is counted, and nothing is told of it', () => {
  const open: LimitState = { ...month, limit: { ...month.limit, isUnbounded: true } };
  const headers = asMap(rateLimitHeaders([minute, open], nowMs, { openai: true }));
  expect(headers).toEqual(asMap(rateLimitHeaders([minute], nowMs, { openai: true })));
  expect(rateLimitHeaders([open], nowMs)).toEqual([]);
});
