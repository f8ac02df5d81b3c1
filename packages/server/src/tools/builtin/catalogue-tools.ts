import { companyInfo } from '@turnpike/contract/hub-catalogues';
import { z } from 'zod';
import type { Catalogues } from '../../catalogues/catalogues.ts';
import type { Capability, ModelConfig, PlanConfig } from '../../config/schema.ts';
import { AppError } from '../../errors.ts';
import type { Tool } from '../tool.ts';
import { typedTool } from '../typed-tool.ts';

export interface CatalogueToolsOptions {
  readonly brand: { readonly name: string; readonly description: string };
  readonly publicUrl: string;
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly plans: Readonly<Record<string, PlanConfig>>;
  readonly catalogues: Catalogues;
}

const capabilities = [
  ...(['chat', 'tools', 'json', 'vision'] as const),
  ...(['embeddings', 'reasoning', 'logprobs', 'moderation'] as const),
] as const satisfies readonly Capability[];

const price = z.object({
  input_per_million: z.number(),
  output_per_million: z.number(),
  currency: z.string(),
});

function listModels({ models }: CatalogueToolsOptions): Tool {
  return typedTool({
    name: 'list_models',
    title: 'Models',
    description:
      'Lists the AI models that can be called here with their context size, capabilities and price for a million tokens. Use it to choose a model.',
    input: z.strictObject({
      capability: z.enum(capabilities).optional().describe('Only models that can do this'),
    }),
    output: z.object({
      models: z.array(
        z.object({
          id: z.string(),
          description: z.string().nullable(),
          capabilities: z.array(z.string()),
          context_tokens: z.int(),
          max_output_tokens: z.int(),
          price: price.nullable(),
        }),
      ),
    }),
    handle: ({ capability }) => ({
      models: Object.entries(models)
        .filter(([, config]) => capability === undefined || config.capabilities.includes(capability))
        .map(([id, config]) => ({
          id,
          description: config.description ?? null,
          capabilities: [...config.capabilities],
          context_tokens: config.context_tokens,
          max_output_tokens: config.max_output_tokens,
          price: config.price === undefined ? null : pick(config.price),
        })),
    }),
  });
}

function pick({ input_per_million, output_per_million, currency }: NonNullable<ModelConfig['price']>) {
  return { input_per_million, output_per_million, currency };
}

function planRows({ plans }: CatalogueToolsOptions) {
  return Object.entries(plans).map(([id, plan]) => ({
    id,
    title: plan.title ?? id,
    requests_per_minute: plan.requests_per_minute ?? null,
    tokens_per_minute: plan.tokens_per_minute ?? null,
    tokens_per_day: plan.tokens_per_day ?? null,
    tokens_per_month: plan.tokens_per_month ?? null,
    trial_days: plan.trial_days ?? null,
  }));
}

const limit = z.int().nullable();

function getPricing(options: CatalogueToolsOptions): Tool {
  const { catalogues } = options;
  const offer = z.object({ id: z.string(), name: z.string(), price: z.number(), currency: z.string() }).loose();
  return typedTool({
    name: 'get_pricing',
    title: 'Plans and prices',
    description:
      'Tells the plans of the API with their limits and trial, and prices of consulting packages, trainings and hardware. Use it when somebody asks what something costs or which plan fits.',
    input: z.strictObject({
      category: z
        .enum(['plans', 'consulting', 'training', 'hardware', 'all'])
        .default('all')
        .describe('What is asked for'),
    }),
    output: z.object({
      plans: z
        .array(
          z.object({
            id: z.string(),
            title: z.string(),
            requests_per_minute: limit,
            tokens_per_minute: limit,
            tokens_per_day: limit,
            tokens_per_month: limit,
            trial_days: limit,
          }),
        )
        .optional(),
      consulting: z.array(offer).optional(),
      training: z.array(offer).optional(),
      hardware: z.array(offer).optional(),
    }),
    handle: ({ category }) => {
      const wants = (name: string) => category === 'all' || category === name;
      return {
        ...(wants('plans') ? { plans: planRows(options) } : {}),
        ...(wants('consulting') ? { consulting: catalogues.consulting } : {}),
        ...(wants('training') ? { training: catalogues.training } : {}),
        ...(wants('hardware') ? { hardware: catalogues.hardware } : {}),
      };
    },
  });
}

function getCompanyInfo({ brand, publicUrl, catalogues }: CatalogueToolsOptions): Tool {
  return typedTool({
    name: 'get_company_info',
    title: 'The company',
    description:
      'Tells who runs this platform: company, address, register entry, contact, languages, and where to book a call. Use it for imprint and contact questions.',
    input: z.strictObject({}),
    output: z.object({
      brand: z.string(),
      description: z.string(),
      platform: z.url(),
      tagline: z.string().optional(),
      languages: z.array(z.string()).optional(),
      company: companyInfo,
      discovery_call: z.looseObject({ bookingUrl: z.url() }).optional(),
    }),
    handle: () => {
      const { company, site, discovery_call: call } = catalogues;
      if (company === undefined) throw new AppError('RESOURCE_NOT_FOUND', 'No company is stated for this platform.');
      return {
        ...{ brand: brand.name, description: brand.description, platform: publicUrl, company },
        ...(site.tagline === undefined ? {} : { tagline: site.tagline }),
        ...(site.languages === undefined ? {} : { languages: site.languages }),
        ...(call === undefined ? {} : { discovery_call: call }),
      };
    },
  });
}

/** What the preset's content and the configuration say, as tools. */
export function catalogueTools(options: CatalogueToolsOptions): Tool[] {
  return [listModels(options), getPricing(options), getCompanyInfo(options)];
}
