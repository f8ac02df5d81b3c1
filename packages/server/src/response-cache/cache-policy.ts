/** What the cache may do for one request. */
export interface CachePolicy {
  readonly read: boolean;
  readonly write: boolean;
  /** How old an answer may be, and how long one is kept. */
  readonly maxAgeSeconds: number;
}

/** What a number too large to be held is taken for (RFC 9111 §1.2.2). */
const largestDelta = 2_147_483_648;

/** What lies between commas; a comma inside a quoted string is no end. A quote that is never closed goes to the end. */
const element = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/gs;

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.replace(/^"|"$/g, '').replace(/\\(.)/gs, '$1');
}

/** `name` or `name=value` of each directive (RFC 9111 §5.2), names in lower case; the first of a name counts (§4.2.1). */
function directives(header: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [part] of header.matchAll(element)) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value = equals === -1 ? '' : unquoted(part.slice(equals + 1).trim());
    if (name !== '' && !found.has(name)) found.set(name, value);
  }
  return found;
}

/** Delta-seconds (RFC 9111 §1.2.2); what is none of them asks for nothing old (§4.2.1). */
function seconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^\d+$/.test(value) ? Math.min(Number(value), largestDelta) : 0;
}

/**
 * Reads what a request wants of the cache (RFC 9111 §5.2.1). `max-age=N` asks for it; without one the key's own default
 * does. `no-store` keeps out of it. `no-cache` and `max-age=0` pass over what is there and renew it, for as long as a
 * `max-age` beside `no-cache` or the key's default says. `only-if-cached` and other directives change nothing: an answer
 * that is not there is asked of a model.
 * @param header Cache-Control; several lines joined by commas
 * @param keySeconds the key's default; undefined: none
 * @param longestSeconds what the operator allows
 * @returns undefined when the cache has no part in the request
 */
export function cachePolicy(
  header: string | undefined,
  keySeconds: number | undefined,
  longestSeconds: number,
): CachePolicy | undefined {
  const asked = directives(header ?? '');
  if (asked.has('no-store')) return undefined;
  const maxAge = seconds(asked.get('max-age'));
  const wanted = maxAge === undefined || maxAge === 0 ? keySeconds : maxAge;
  if (wanted === undefined || wanted <= 0) return undefined;
  const isRenewal = asked.has('no-cache') || maxAge === 0;
  return { read: !isRenewal, write: true, maxAgeSeconds: Math.min(wanted, longestSeconds) };
}
