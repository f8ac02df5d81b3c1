export interface RetryPolicy {
  readonly backoff_ms: number;
  readonly max_backoff_ms: number;
}

/**
 * How long to wait before another round of tries: exponential with full jitter, so that callers who failed together do
 * not come back together (M. Brooker, "Exponential Backoff And Jitter", 2015), never less than an upstream asked for.
 * @param round 1 for the first repetition
 * @param retryAfterMs the shortest wait an upstream asked for; undefined: none did
 * @param random gives a number in [0, 1)
 * @returns undefined when the upstream asks for more than is worth waiting here
 */
export function retryDelayMs(
  { backoff_ms: backoffMs, max_backoff_ms: maxBackoffMs }: RetryPolicy,
  round: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number | undefined {
  if (retryAfterMs !== undefined && retryAfterMs > maxBackoffMs) return undefined;
  const ceiling = Math.min(maxBackoffMs, backoffMs * 2 ** (round - 1));
  return Math.max(Math.round(random() * ceiling), retryAfterMs ?? 0);
}
