import { z } from 'zod';

const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ examples: ['EUR'] });

export const consultingTier = z.enum(['quick-entry', 'implementation', 'retainer']);

export const consultingPackage = z
  .object({
    id: z.string().meta({ examples: ['quick-check'] }),
    name: z.string(),
    tier: consultingTier,
    price: z
      .number()
      .nonnegative()
      .meta({ examples: [990] }),
    currency,
    priceMode: z.enum(['fixed', 'monthly', 'per-day']).optional(),
    duration: z.string().meta({ examples: ['0.5 days remote'] }),
    marginPercent: z.int().min(0).max(100).optional(),
    summary: z.string().optional(),
    bookingType: z.enum(['stripe', 'discovery']),
    bookingUrl: z.url(),
  })
  .meta({ id: 'ConsultingPackage' });

export const consultingCatalogue = z
  .object({ packages: z.array(consultingPackage) })
  .meta({ id: 'ConsultingCatalogue' });

export const training = z
  .object({
    id: z.string(),
    name: z.string(),
    audience: z.enum(['decision-maker', 'compliance', 'developer', 'power-user']).optional(),
    format: z.string().meta({ examples: ['live online'] }),
    duration: z.string().meta({ examples: ['2 hours'] }),
    price: z.number().nonnegative(),
    currency,
    perPerson: z.boolean().optional(),
    bookingUrl: z.url(),
  })
  .meta({ id: 'Training' });

export const trainingCatalogue = z.object({ trainings: z.array(training) }).meta({ id: 'TrainingCatalogue' });

export const hardwareBox = z
  .object({
    id: z.string().meta({ examples: ['pi'] }),
    name: z.string(),
    price: z
      .number()
      .nonnegative()
      .meta({ examples: [349] }),
    currency,
    specs: z.object({
      cpu: z.string().optional(),
      ramGb: z.int().positive().optional(),
      storageGb: z.int().positive().optional(),
      defaultLlm: z
        .string()
        .optional()
        .meta({ examples: ['Qwen3-8B'] }),
    }),
    installPrice: z.number().nonnegative().optional(),
    purchaseUrl: z.url().optional(),
  })
  .meta({ id: 'HardwareBox' });

export const hardwareCatalogue = z.object({ boxes: z.array(hardwareBox) }).meta({ id: 'HardwareCatalogue' });

export const discoveryCall = z
  .object({
    bookingUrl: z.url(),
    duration: z.string().meta({ examples: ['30 minutes'] }),
    price: z
      .number()
      .nonnegative()
      .meta({ examples: [0] }),
    currency: currency.optional(),
  })
  .meta({ id: 'DiscoveryCall' });

export const siteMeta = z
  .object({
    name: z.string().optional(),
    publisher: z.string().optional(),
    tagline: z.string().optional(),
    languages: z.array(z.string()).optional(),
    subdomains: z
      .object({ marketing: z.string().optional(), onboarding: z.string().optional(), shop: z.string().optional() })
      .optional(),
    agentEntrypoints: z
      .object({
        llms: z.string().optional(),
        llmsFull: z.string().optional(),
        openapi: z.string().optional(),
        mcp: z.string().optional(),
        agentSkills: z.string().optional(),
      })
      .optional(),
  })
  .meta({ id: 'SiteMeta' });

/** Who stands behind the brand. */
export const companyInfo = z
  .object({
    name: z.string(),
    address: z.string().optional(),
    register: z.string().optional(),
    trademark: z.string().optional(),
    email: z.string().optional(),
    website: z.url().optional(),
  })
  .meta({ id: 'CompanyInfo' });
