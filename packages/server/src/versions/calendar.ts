/** A calendar day in UTC as `YYYY-MM-DD`. */
export type Day = string;

const dayPattern = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Does the text name a day that exists? `2026-02-30` does not. */
export function isDay(text: string): boolean {
  const match = dayPattern.exec(text);
  if (match === null) return false;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().slice(0, 10) === text;
}

/** The first instant of a day, in milliseconds since the Unix epoch. */
export function startOfDay(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/**
 * The first instant of the same day some months later. A month that has no such day ends earlier: six months after
 * 31 August is the last day of February.
 */
export function addMonths(day: Day, months: number): number {
  const start = new Date(startOfDay(day));
  const target = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 1));
  const lastDay = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  return Date.UTC(target.getUTCFullYear(), target.getUTCMonth(), Math.min(start.getUTCDate(), lastDay));
}

/** The day an instant falls on. */
export function dayOf(ms: number): Day {
  return new Date(ms).toISOString().slice(0, 10);
}
