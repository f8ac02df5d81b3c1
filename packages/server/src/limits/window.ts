import type { WindowUnit } from './limit.ts';

const fixedMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The first instant of the UTC window that holds `nowMs`. */
export function windowStart(unit: WindowUnit, nowMs: number): number {
  if (unit !== 'month') return nowMs - (nowMs % fixedMs[unit]);
  const now = new Date(nowMs);
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
}

/** The first instant after the window that begins at `startMs`. */
export function windowEnd(unit: WindowUnit, startMs: number): number {
  if (unit !== 'month') return startMs + fixedMs[unit];
  const start = new Date(startMs);
  return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
}

/** Length of a window in seconds; a month has its real length. */
export function windowSeconds(unit: WindowUnit, startMs: number): number {
  return (windowEnd(unit, startMs) - startMs) / 1000;
}

/**
 * When the counter of a window may be forgotten: two windows after its end, for processes whose clocks are behind and
 * for what is settled late.
 */
export function windowGone(unit: WindowUnit, startMs: number): number {
  const endMs = windowEnd(unit, startMs);
  return endMs + 2 * (endMs - startMs);
}

/** Windows this long hold so much that they must survive a restart of the counters. */
export function isLong(unit: WindowUnit): boolean {
  return unit === 'day' || unit === 'month';
}
