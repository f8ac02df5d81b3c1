/** The longest a request waits for another one with the same idempotency key. */
const longestWaitMs = 30_000;

/** Does a Prefer header (RFC 7240) ask for `name`? Unknown preferences are ignored, never an error. */
export function prefers(header: string | undefined, name: string): boolean {
  return header !== undefined && header.split(',').some((part) => part.split(/[;=]/)[0]?.trim().toLowerCase() === name);
}

/** Milliseconds of `Prefer: wait=N` (seconds), bounded; 0 when it is not asked for. */
export function preferredWaitMs(header: string | undefined): number {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(header ?? '')?.[1];
  return seconds === undefined ? 0 : Math.min(longestWaitMs, Number(seconds) * 1000);
}
