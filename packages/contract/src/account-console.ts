import { z } from 'zod';

const instant = z.string().describe('RFC 3339');

export const limitStatus = z
  .object({
    name: z.string().describe('Short name, as in the headers: rpm, tpm, tpd, tpmonth'),
    counts: z.enum(['requests', 'tokens']),
    window: z.enum(['minute', 'hour', 'day', 'month']),
    key_id: z.string().nullable().describe('Whose it is; null: the whole organisation’s'),
    quota: z.int(),
    used: z.int(),
    remaining: z.int(),
    resets_at: instant,
  })
  .meta({ id: 'LimitStatus' });

export const ownModel = z
  .object({
    id: z.string(),
    owned_by: z.string(),
    context_tokens: z.int(),
    max_output_tokens: z.int(),
    capabilities: z.array(z.string()),
    byok: z.boolean().describe('Called with the organisation’s own provider key'),
    price: z
      .object({
        input_per_million: z.number(),
        output_per_million: z.number(),
        currency: z.string(),
      })
      .nullable(),
  })
  .meta({ id: 'OwnModel' });

export const apiVersionStatus = z
  .object({
    version: z.string(),
    status: z.enum(['current', 'supported', 'preview', 'deprecated', 'final-month', 'retired']),
    deprecated_at: z.string().nullable(),
    sunset_at: z.string().nullable(),
  })
  .meta({ id: 'ApiVersionStatus' });

export const keyVersion = apiVersionStatus
  .extend({
    is_pinned: z.boolean().describe('What the key speaks where a request names none'),
    first_used_at: instant.nullable().describe('null: it has never spoken it'),
    last_used_at: instant.nullable().describe('Right to about an hour'),
  })
  .meta({ id: 'KeyVersion' });

export const keptBodies = z
  .object({
    request: z.unknown().describe('As it was sent; null: not kept'),
    answer: z.string().nullable().describe('As it was answered, a stream with its events; null: not kept'),
    expires_at: instant.nullable(),
  })
  .meta({ id: 'KeptBodies' });
