import { randomBytes } from 'node:crypto';

export const masterKeyForm = '32 bytes as 64 hexadecimal digits or as base64';
export const adminTokenForm = 'visible ASCII characters without blanks';

/** 32 bytes written as hexadecimal digits, base64 or base64url; anything else is undefined. */
export function parseMasterKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 ? bytes : undefined;
}

/** The token, if it can be sent in an Authorization header. */
export function parseAdminToken(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}

export function generateMasterKey(): string {
  return randomBytes(32).toString('hex');
}

export function generateAdminToken(): string {
  return randomBytes(32).toString('base64url');
}
