const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Pauses after each failed try, as the specification proposes them: ten tries in about three days. */
const pausesMs = [
  ...[5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour],
  ...[10 * hour, 14 * hour, 20 * hour, 24 * hour],
];
/** Part of a pause that is drawn, so that what failed together does not come back together. */
const jitter = 0.2;
const longestWishMs = 24 * hour;

/**
 * When a failed delivery is tried again.
 * @param tries how often it was tried since it was ordered
 * @param random from 0 to 1
 * @param askedMs what the endpoint asked for by Retry-After
 * @returns the pause; undefined: it is given up
 */
export function retryPauseMs(tries: number, random: number, askedMs = 0): number | undefined {
  const pauseMs = pausesMs[tries - 1];
  if (pauseMs === undefined) return undefined;
  const drawnMs = Math.round(pauseMs * (1 + jitter * random));
  return Math.max(drawnMs, Math.min(askedMs, longestWishMs));
}
