/** What the cache may do for one request. */
export interface CachePolicy {
  readonly read: boolean;
  readonly write: boolean;
  /** How old an answer may be, and how long one is kept. */
  readonly maxAgeSeconds: number;
}

/** `name` or `name=value` of each directive (RFC 9111 §5.2), names in lower case; the last of a name counts. */
function directives(header: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of header.split(',')) {
    const [name = '', value = ''] = part.split('=');
    if (name.trim() !== '') found.set(name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1'));
  }
  return found;
}

function seconds(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,10}$/.test(value)) return undefined;
  return Number(value);
}

/**
 * Reads what a request wants of the cache (RFC 9111 §5.2.1). `max-age=N` asks for it; without a Cache-Control header the
 * key's own default does. `no-store` keeps out of it; `no-cache` and `max-age=0` pass over what is there and renew it
 * where the key has a default. `only-if-cached` and other directives are not understood and change nothing.
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
  const isRenewal = asked.has('no-cache') || maxAge === 0;
  const wanted = isRenewal ? keySeconds : (maxAge ?? keySeconds);
  if (wanted === undefined || wanted <= 0) return undefined;
  return { read: !isRenewal, write: true, maxAgeSeconds: Math.min(wanted, longestSeconds) };
}
