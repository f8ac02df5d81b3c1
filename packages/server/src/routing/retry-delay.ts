export interface RetryPolicy {
  readonly backoff_ms: number;
  readonly max_backoff_ms: number;
}

export interface RetryQuestion {
  /** How often the target has failed in this call: 1 before its first repetition. */
  readonly failures: number;
  /** The shortest wait the upstream asked for; undefined: it did not. */
  readonly retryAfterSeconds: number | undefined;
  /** Until no new attempt may begin. */
  readonly remainingMs: number;
}

/**
 * How long to wait before a target is tried again: exponential with full jitter, so that callers who failed together do
 * not come back together (M. Brooker, "Exponential Backoff And Jitter", 2015). What an upstream asked for comes first,
 * the jitter after it: it is the least, and everybody was told the same.
 * @param random gives a number in [0, 1)
 * @returns whole milliseconds, less than `remainingMs`; undefined: what the upstream asks for does not fit
 */
export function retryDelayMs(
  { backoff_ms: backoffMs, max_backoff_ms: maxBackoffMs }: RetryPolicy,
  { failures, retryAfterSeconds, remainingMs }: RetryQuestion,
  random: () => number,
): number | undefined {
  const askedMs = (retryAfterSeconds ?? 0) * 1_000;
  const roomMs = remainingMs - askedMs;
  if (roomMs <= 0) return undefined;
  const ceilingMs = Math.min(maxBackoffMs, backoffMs * 2 ** (failures - 1), roomMs);
  return askedMs + Math.floor(random() * ceilingMs);
}
