import { isIP } from 'node:net';
import { z } from 'zod';

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/** Addresses and networks: `10.1.0.0/16`. */
export const networkList = z
  .array(z.string().refine(isNetwork, 'not an address or a network such as 10.1.0.0/16'))
  .default([]);

export const positiveInteger = z.int().positive();
/** Milliseconds. */
export const duration = z.int().positive();

/** Names of models, upstreams and plans. Discovered models that do not fit it are not offered. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/)
  .describe('a name: a letter or digit, then letters, digits and . _ : / - (at most 128 characters)');
