/** An instant as statements take it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same of Stripe's seconds. */
export function isoOfSeconds(seconds: number): string;
export function isoOfSeconds(seconds: number | null): string | null;
export function isoOfSeconds(seconds: number | null): string | null {
  return seconds === null ? null : iso(seconds * 1_000);
}

/** Of a column that holds an instant. */
export function msOf(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'string' ? new Date(value).getTime() : null;
}
