import { randomFillSync } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const pool = Buffer.alloc(4096);
let used = pool.length;

/** Takes random bytes in bulk: one call to the generator serves 256 ids. */
function randomBytes16(): number {
  if (used + 16 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += 16;
  return start;
}

/**
 * A ULID (github.com/ulid/spec): 10 characters of milliseconds, 16 of randomness, Crockford base 32. Sorts by time.
 * @param nowMs milliseconds since the Unix epoch
 */
export function ulid(nowMs: number): string {
  let time = '';
  let rest = nowMs;
  for (let index = 0; index < 10; index += 1) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  const start = randomBytes16();
  let random = '';
  for (let index = 0; index < 16; index += 1) random += alphabet.charAt((pool[start + index] ?? 0) & 31);
  return time + random;
}

/** An id with its kind in front: `ten_01J…`, `key_01J…`. */
export function newId(kind: string, nowMs: number): string {
  return `${kind}_${ulid(nowMs)}`;
}

/** A request id: `req_` and 24 hex digits. */
export function newRequestId(): string {
  const start = randomBytes16();
  return `req_${pool.toString('hex', start, start + 12)}`;
}
