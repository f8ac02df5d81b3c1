import { z } from 'zod';

const bound = z.int().min(1).nullable().optional();

export const planOverride = z
  .strictObject({
    title: z.string().trim().min(1).max(200).optional(),
    requests_per_minute: bound,
    tokens_per_minute: bound,
    tokens_per_day: bound,
    tokens_per_month: bound,
    limits_per: z.enum(['key', 'tenant']).optional(),
    models: z.array(z.string().min(1)).min(1).max(500).nullable().optional().describe('null: all'),
    trial_days: bound,
  })
  .describe('What differs from the configuration; null takes a bound away')
  .meta({ id: 'PlanOverride' });

export const adminPlan = z
  .object({
    name: z.string(),
    title: z.string(),
    requests_per_minute: z.int().nullable(),
    tokens_per_minute: z.int().nullable(),
    tokens_per_day: z.int().nullable(),
    tokens_per_month: z.int().nullable(),
    limits_per: z.enum(['key', 'tenant']),
    models: z.array(z.string()).nullable(),
    trial_days: z.int().nullable(),
    is_configured: z.boolean().describe('false: staff made it'),
    changes: planOverride.nullable().describe('What staff changed'),
    tenants: z.int().describe('Who is on it'),
  })
  .meta({ id: 'AdminPlan' });

export const upstreamState = z
  .object({
    name: z.string(),
    kind: z.string(),
    region: z.string().nullable(),
    models: z.array(z.string()).describe('Public names of models that have a target there'),
    targets: z.array(
      z.object({
        target: z.string(),
        circuit: z.string(),
        failures: z.int(),
        in_flight: z.int(),
        queued: z.int(),
      }),
    ),
  })
  .meta({ id: 'UpstreamState' });

export const upstreamTest = z
  .object({
    name: z.string(),
    ok: z.boolean(),
    duration_ms: z.int(),
    models: z.int().nullable().describe('How many models the server offers'),
    message: z.string(),
  })
  .meta({ id: 'UpstreamTest' });

export const serviceState = z
  .object({
    version: z.string(),
    database: z.enum(['embedded', 'server']),
    counters: z.object({ kind: z.string(), ok: z.boolean(), detail: z.string() }),
    requests_in_flight: z.int(),
    streams: z.int(),
    journal_pending: z.int().describe('Usage events not yet in the ledger'),
    jobs: z.record(z.string(), z.int()).describe('By status'),
    batches: z.record(z.string(), z.int()).describe('By status'),
    tenants: z.int(),
    keys: z.int(),
    people: z.int(),
  })
  .meta({ id: 'ServiceState' });
