import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Proofs that a form was made by this server for one purpose, one holder and one content. */
export interface BoundProof {
  of(...parts: readonly string[]): string;
  matches(proof: string, ...parts: readonly string[]): boolean;
}

/** HMAC-SHA256 over the parts, each with its length, under a key of its own (HKDF, RFC 5869). */
export function createBoundProof(masterKey: Buffer, purpose: string): BoundProof {
  const key = Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `turnpike ${purpose}`, 32));
  const of = (...parts: readonly string[]): string => {
    const text = parts.map((part) => `${part.length}:${part}`).join('');
    return createHmac('sha256', key).update(text).digest('base64url');
  };
  return {
    of,
    matches: (proof, ...parts) => {
      const [given, expected] = [Buffer.from(proof), Buffer.from(of(...parts))];
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
