import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 256 bits in base 62. */
const secretLength = 43;
/** A 32-bit checksum in base 62, so that a typo is refused without a look-up. */
const checksumLength = 6;

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = alphabet.charAt(Number(rest % 62n)) + text;
  return text;
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), checksumLength);
}

/**
 * Makes a new secret: prefix, 256 random bits, checksum.
 * @param prefix e.g. `sk_live_`
 */
export function generateSecret(prefix: string): string {
  const body = prefix + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength);
  return body + checksum(body);
}

/** Could this be one of our secrets? True when the form and the checksum are right, whatever the prefix. */
export function isWellFormedSecret(secret: string): boolean {
  if (secret.length < secretLength + checksumLength || secret.length > 128 || !/^[A-Za-z0-9_-]+$/.test(secret))
    return false;
  return checksum(secret.slice(0, -checksumLength)) === secret.slice(-checksumLength);
}

/** The form in which a secret is stored and looked up: SHA-256 in hex. 256 random bits need neither salt nor stretching. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** What is shown of a secret after its creation: prefix and last four characters. */
export function secretHint(prefix: string, secret: string): string {
  return `${prefix}…${secret.slice(-4)}`;
}
