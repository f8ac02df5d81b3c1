import { z } from 'zod';

const instant = z.string().describe('RFC 3339');

export const providerKey = z
  .object({
    upstream: z.string(),
    hint: z.string().describe('Last characters of the key'),
    created_at: instant,
    updated_at: instant,
    last_tested_at: instant.nullable(),
    last_test_ok: z.boolean().nullable(),
  })
  .meta({ id: 'ProviderKey' });

export const providerKeyList = z
  .object({
    data: z.array(providerKey),
    upstreams: z.array(z.string()).describe('The upstreams a key can be stored for'),
  })
  .meta({ id: 'ProviderKeyList' });

export const storeProviderKeyRequest = z
  .strictObject({
    api_key: z
      .string()
      .min(8)
      .max(4096)
      .regex(/^[\x21-\x7e]+$/, 'must be the key alone, without spaces or line breaks')
      .describe('The key as the provider gave it; kept encrypted and never shown again'),
  })
  .meta({ id: 'StoreProviderKeyRequest' });

export const providerKeyTest = providerKey
  .extend({ ok: z.boolean(), message: z.string().describe('What the provider said to the key') })
  .meta({ id: 'ProviderKeyTest' });

export const deletedProviderKey = z
  .object({ upstream: z.string(), deleted: z.literal(true) })
  .meta({ id: 'DeletedProviderKey' });
