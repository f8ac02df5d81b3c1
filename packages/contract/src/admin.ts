import { z } from 'zod';
import { pageQuery } from './pagination.ts';

const displayName = z.string().trim().min(1).max(200);
const instant = z.string().describe('RFC 3339');

const regionName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a region such as eu or us-east-1');

export const tenant = z
  .object({
    id: z.string(),
    name: z.string(),
    plan: z.string(),
    contact_email: z.string().nullable(),
    region: z.string().nullable().describe('The only region its requests may be run in; null: any'),
    suspended: z.boolean(),
    trial_ends_at: instant.nullable().describe('Until then it may call models; null: no trial'),
    closed_at: instant.nullable().describe('When its owner closed it: only its bills are left; null: it is open'),
    created_at: instant,
  })
  .meta({ id: 'Tenant' });

export const listTenantsQuery = z.strictObject({
  search: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe('A part of the name, of the address of its contact or of a member; or the id'),
  ...pageQuery,
});

export const createTenantRequest = z
  .strictObject({
    name: displayName,
    plan: z.string().min(1).optional().describe('Default: the default plan of the configuration'),
    contact_email: z
      .email()
      .max(254)
      .optional()
      .describe('Who is written to about the account: deprecations and the like'),
    region: regionName.optional().describe('The only region its requests may be run in; default: any'),
  })
  .meta({ id: 'CreateTenantRequest' });

export const updateTenantRequest = z
  .strictObject({
    plan: z.string().min(1).optional(),
    suspended: z.boolean().optional(),
    contact_email: z.email().max(254).nullable().optional(),
    region: regionName.nullable().optional(),
    trial_ends_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe('RFC 3339; null ends the trial for good. A change of plan does too, unless this is named'),
  })
  .refine(
    (change) => Object.keys(change).length > 0,
    'name at least one of plan, suspended, contact_email, region, trial_ends_at',
  )
  .meta({ id: 'UpdateTenantRequest' });

export const scope = z.enum(['chat', 'embeddings', 'files', 'models', 'provider_keys']);

const cacheSeconds = z
  .int()
  .min(1)
  .max(30 * 86_400)
  .describe('Equal requests are answered from the cache for so long without asking for it; default: never');

export const keyLimits = z
  .strictObject({
    requests_per_minute: z.int().min(1).optional(),
    tokens_per_minute: z.int().min(1).optional(),
    tokens_per_day: z.int().min(1).optional(),
    tokens_per_month: z.int().min(1).optional(),
  })
  .refine((limits) => Object.keys(limits).length > 0, 'name at least one limit')
  .describe('What this key may use at most; the plan bounds it too')
  .meta({ id: 'KeyLimits' });

export const createKeyRequest = z
  .strictObject({
    name: displayName,
    scopes: z
      .array(scope)
      .min(1)
      .optional()
      .describe('Default: all but provider_keys, which lets a key replace the tenant’s keys for upstreams'),
    models: z
      .array(z.string().min(1))
      .min(1)
      .max(500)
      .nullish()
      .describe('The only models the key may call; default: all of the plan'),
    expires_at: z.iso.datetime({ offset: true }).nullish().describe('RFC 3339; default: never'),
    cache_seconds: cacheSeconds.nullish(),
    limits: keyLimits.nullish(),
    mode: z
      .enum(['live', 'test'])
      .optional()
      .describe('A test key always reaches the built-in model and is never billed'),
  })
  .meta({ id: 'CreateKeyRequest' });

export const rotateKeyRequest = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .optional()
      .describe('How long the old secret goes on working'),
  })
  .meta({ id: 'RotateKeyRequest' });

export const updateKeyRequest = z
  .strictObject({
    pinned_version: z
      .string()
      .min(1)
      .max(40)
      .optional()
      .describe('API version the key speaks where a request names none'),
    cache_seconds: cacheSeconds.nullable().optional(),
    name: displayName.optional(),
    limits: keyLimits.nullable().optional(),
  })
  .refine(
    (change) => Object.keys(change).length > 0,
    'name at least one of name, pinned_version, cache_seconds, limits',
  )
  .meta({ id: 'UpdateKeyRequest' });

export const apiKey = z
  .object({
    id: z.string(),
    tenant_id: z.string(),
    name: z.string(),
    mode: z.enum(['live', 'test']),
    scopes: z.array(scope),
    models: z.array(z.string()).nullable(),
    pinned_version: z
      .string()
      .nullable()
      .describe('API version the key speaks where a request names none; set at its first call'),
    cache_seconds: z.int().nullable(),
    limits: keyLimits.nullable(),
    last_used_at: instant.nullable().describe('Right to about a minute'),
    last_used_address: z.string().nullable(),
    hint: z.string().describe('Prefix and last characters of the newest secret'),
    expires_at: instant.nullable(),
    revoked_at: instant.nullable(),
    created_at: instant,
  })
  .meta({ id: 'ApiKey' });

export const createdKey = apiKey
  .extend({ key: z.string().describe('The secret. Shown only here.') })
  .meta({ id: 'CreatedKey' });

export const usageDimension = z.enum(['hour', 'day', 'month', 'tenant', 'key', 'model', 'surface', 'mode', 'currency']);

export const usageQuery = z.strictObject({
  tenant: z.string().optional().describe('Tenant id'),
  key: z.string().optional().describe('Key id'),
  model: z.string().optional(),
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('RFC 3339, honoured to the hour; default: start of the running UTC month'),
  to: z.iso.datetime({ offset: true }).optional().describe('RFC 3339, exclusive; default: now'),
  group_by: z
    .string()
    .optional()
    .describe('Comma-separated: hour, day, month, tenant, key, model, surface, mode, currency'),
  ...pageQuery,
});

export const usageEventsQuery = z.strictObject({
  tenant: z.string().optional().describe('Tenant id'),
  from: z.iso.datetime({ offset: true }).optional().describe('RFC 3339; default: a day ago'),
  to: z.iso.datetime({ offset: true }).optional().describe('RFC 3339, exclusive; default: now'),
  key: z.string().max(128).optional().describe('Key id'),
  model: z.string().max(200).optional(),
  surface: z.string().max(80).optional(),
  status: z.enum(['completed', 'failed', 'cancelled', 'interrupted']).optional(),
  request_id: z.string().max(128).optional().describe('As x-request-id told it'),
  ...pageQuery,
});

export const usageEventObject = z
  .object({
    id: z.string(),
    request_id: z.string(),
    tenant_id: z.string(),
    key_id: z.string(),
    mode: z.enum(['live', 'test']),
    surface: z.string(),
    model: z.string(),
    target: z.string().describe('upstream/model that was asked last'),
    attempts: z
      .array(z.object({ target: z.string(), outcome: z.string(), duration_ms: z.number() }))
      .nullable()
      .describe('What was tried, in order; null: the first target answered at once'),
    stream: z.boolean(),
    started_at: instant,
    duration_ms: z.int(),
    first_byte_ms: z.int().nullable(),
    status: z.enum(['completed', 'failed', 'cancelled', 'interrupted']),
    http_status: z.int(),
    error_code: z.string().nullable(),
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    cached_tokens: z.int(),
    reasoning_tokens: z.int(),
    estimated: z.boolean().describe('The upstream told no usage: the counts are ours'),
    cost: z.string(),
    currency: z.string(),
  })
  .meta({ id: 'UsageEvent' });
