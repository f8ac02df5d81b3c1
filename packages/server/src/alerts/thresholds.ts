/** Whole percent of a quota, as people read it: 99.5 % is 100. */
export function percentOf(used: number, quota: number): number {
  return quota <= 0 ? 100 : Math.round((used / quota) * 100);
}

/** @returns the thresholds that are reached, lowest first */
export function reachedThresholds(thresholds: readonly number[], used: number, quota: number): readonly number[] {
  const percent = percentOf(used, quota);
  return [...new Set(thresholds)].filter((threshold) => percent >= threshold).toSorted((left, right) => left - right);
}
