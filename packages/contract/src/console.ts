import { z } from 'zod';

/** What the console is told before anybody has signed in. */
export const consoleConfig = z.object({
  brand: z.object({ name: z.string(), description: z.string() }),
  public_url: z.string().describe('The only origin whose pages may sign in'),
  default_language: z.enum(['en', 'de']),
  sign_in_methods: z.array(z.enum(['password', 'passkey'])),
  billing: z.enum(['stripe', 'none']).describe('none: the vendor assigns plans by hand'),
  links: z.object({
    documentation: z.string(),
    quickstart: z.string(),
    errors: z.string(),
    status: z.string(),
    terms: z.string().nullable(),
    privacy: z.string().nullable(),
    imprint: z.string().nullable(),
  }),
  regions: z.array(z.string()).readonly().describe('Where models are run, as far as it is said'),
  default_plan: z.string(),
  plans: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      requests_per_minute: z.int().nullable(),
      tokens_per_minute: z.int().nullable(),
      tokens_per_day: z.int().nullable(),
      tokens_per_month: z.int().nullable(),
      models: z.array(z.string()).nullable().describe('null: all'),
      features: z.array(z.string()).nullable().describe('null: all'),
      trial_days: z.int().nullable(),
    }),
  ),
  models: z.array(
    z.object({
      id: z.string(),
      description: z.string().nullable(),
      capabilities: z.array(z.string()),
      context_tokens: z.int(),
      max_output_tokens: z.int(),
    }),
  ),
  api_versions: z.array(z.object({ name: z.string(), phase: z.string() })),
});

export type ConsoleConfig = z.output<typeof consoleConfig>;
