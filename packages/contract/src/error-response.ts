import { z } from 'zod';

/** The error envelope of every JSON surface (S4). The first four members are always there: OpenAI clients read them. */
export const errorResponse = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.enum([
        'auth_error',
        'rate_limit',
        'validation_error',
        'byok_provider_missing',
        'server_error',
        'not_found',
        'permission_error',
        'idempotency_conflict',
      ]),
      param: z.string().nullable(),
      code: z.string(),
      retry_after: z.int().optional().describe('Seconds'),
      documentation_url: z.string().optional(),
    }),
  })
  .meta({ id: 'Error' });
