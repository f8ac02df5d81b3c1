import { hash } from 'node:crypto';

/** Headers of an answer that may be kept; the tag is strong: it stands for these very bytes (RFC 9110 §8.8.3). */
export function cachingHeaders(text: string, maxAgeSeconds: number) {
  return {
    etag: `"${hash('sha256', text, 'base64url').slice(0, 27)}"`,
    'cache-control': `public, max-age=${maxAgeSeconds}`,
    vary: 'API-Version, Accept-Encoding',
  };
}

/** Does the caller have these bytes already? Compared weakly, as RFC 9110 §13.1.2 has it. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
