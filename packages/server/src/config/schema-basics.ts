import { z } from 'zod';

export const positiveInteger = z.int().positive();
/** Milliseconds. */
export const duration = z.int().positive();

/** Names of models, upstreams and plans. Discovered models that do not fit it are not offered. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/)
  .describe('a name: a letter or digit, then letters, digits and . _ : / - (at most 128 characters)');
