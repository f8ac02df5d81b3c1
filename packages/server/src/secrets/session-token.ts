import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Whom a token is bound to: it is of no use to anybody else. */
export interface TokenHolder {
  readonly address: string;
  readonly userAgent: string;
}

export type TokenVerdict = 'valid' | 'malformed' | 'forged' | 'early' | 'expired';

export interface SessionTokens {
  readonly minAgeSeconds: number;
  issue(holder: TokenHolder, nowMs: number): { readonly token: string; readonly expiresSeconds: number };
  verify(token: string, holder: TokenHolder, nowMs: number): TokenVerdict;
}

export interface SessionTokenOptions {
  readonly masterKey: Buffer;
  /** Separates the tokens of different uses of one master key. */
  readonly purpose: string;
  readonly minAgeSeconds: number;
  readonly lifeSeconds: number;
}

/**
 * Tokens that nobody has to remember: the time of issue and an HMAC-SHA-256 (RFC 2104) over it and the holder. They hold on
 * every process that shares the master key.
 */
export function createSessionTokens({
  masterKey,
  purpose,
  minAgeSeconds,
  lifeSeconds,
}: SessionTokenOptions): SessionTokens {
  const key = Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `turnpike session ${purpose}`, 32));
  const sign = (issuedAtMs: number, { address, userAgent }: TokenHolder): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([issuedAtMs, address, userAgent]))
      .digest();
  return {
    minAgeSeconds,
    issue: (holder, nowMs) => ({
      token: `${nowMs.toString(36)}.${sign(nowMs, holder).toString('base64url')}`,
      expiresSeconds: Math.floor(nowMs / 1_000) + lifeSeconds,
    }),
    verify: (token, holder, nowMs) => {
      const parts = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{43})$/.exec(token);
      if (parts === null) return 'malformed';
      const [, time = '', signature = ''] = parts;
      const issuedAtMs = Number.parseInt(time, 36);
      if (!timingSafeEqual(Buffer.from(signature, 'base64url'), sign(issuedAtMs, holder))) return 'forged';
      if (nowMs < issuedAtMs + minAgeSeconds * 1_000) return 'early';
      return nowMs >= issuedAtMs + lifeSeconds * 1_000 ? 'expired' : 'valid';
    },
  };
}
