import { z } from 'zod';
import { billingSection, planOverageSchema, planPriceSchema } from './billing-section.ts';
import { duration, nameSchema as name, positiveInteger } from './schema-basics.ts';
import {
  routingSection,
  filesSection,
  batchesSection,
  responsesSection,
  accountsSection,
  hubSection,
  responseCacheSection,
  webhooksSection,
  alertsSection,
} from './sections.ts';
import { toolsSection } from './tools-section.ts';

const keyPrefix = z
  .string()
  .regex(/^[a-z][a-z0-9]*[-_]([a-z0-9]+[-_])?$/)
  .describe('one or two parts of lower-case letters and digits, each ending in - or _, such as sk_live_');

const capabilitySchema = z.enum([
  'chat',
  'tools',
  'json',
  'vision',
  'embeddings',
  'reasoning',
  'logprobs',
  'moderation',
]);

export const upstreamSchema = z.strictObject({
  kind: z.enum(['openai', 'anthropic', 'gemini', 'builtin']),
  base_url: z
    .url({ protocol: /^https?$/ })
    .overwrite((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe(
      'Base URL up to and including the version (/v1, /v1beta); required for kind openai, else the vendor’s own address',
    ),
  api_key: z.string().optional().describe('The operator’s key; usually ${NAME} of an environment variable'),
  auth: z
    .enum(['bearer', 'api-key'])
    .default('bearer')
    .describe('kind openai: how the key is sent, Authorization: Bearer or the header api-key (Azure OpenAI)'),
  query: z
    .record(z.string(), z.string())
    .default({})
    .describe('Query parameters added to every call, such as api-version of Azure OpenAI'),
  max_tokens_field: z
    .enum(['as-sent', 'max_tokens', 'max_completion_tokens'])
    .default('as-sent')
    .describe('kind openai: the one field for the largest answer that this server knows'),
  region: z.string().optional().describe('Where the upstream runs, e.g. eu'),
  headers: z.record(z.string(), z.string()).default({}).describe('Further headers sent with every call'),
  connections: positiveInteger.default(256).describe('Open connections to this upstream at most'),
  max_concurrency: positiveInteger
    .optional()
    .describe('Calls in flight to one target of this upstream at most, per process; absent: no limit'),
  queue_length: z
    .int()
    .nonnegative()
    .default(32)
    .describe('Calls that may wait for a place when max_concurrency is reached; more are refused with 503'),
  queue_timeout_ms: positiveInteger.default(2_000).describe('How long a call waits for a place'),
});

/** What a plan can leave out. */
export const featureSchema = z.enum([
  'embeddings',
  'files',
  'batches',
  'responses',
  'messages',
  'completions',
  'moderations',
  'byok',
  'response_cache',
]);

const targetSchema = z.strictObject({
  upstream: name,
  model: z.string().min(1),
  weight: z.number().positive().optional(),
});

const priceSchema = z.strictObject({
  input_per_million: z.number().nonnegative(),
  output_per_million: z.number().nonnegative(),
  cached_input_per_million: z.number().nonnegative().optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe('a currency code of three capital letters, such as EUR'),
});

export const modelSchema = z.strictObject({
  targets: z.array(targetSchema).min(1),
  description: z.string().optional(),
  owned_by: z.string().optional(),
  context_tokens: positiveInteger,
  max_output_tokens: positiveInteger,
  capabilities: z.array(capabilitySchema).min(1),
  price: priceSchema.optional(),
  byok: z
    .boolean()
    .default(false)
    .describe('Called with the tenant’s own key for the upstream of its target; plan tokens are not counted'),
});

/** What is known about a model before it is offered: used when discovery finds its name at an upstream. */
export const knownModelSchema = modelSchema.omit({ targets: true, owned_by: true }).extend({
  upstream: name
    .optional()
    .describe('The discovered upstream that has it; offered from there even if the list of models comes too late'),
});

export const planSchema = z.strictObject({
  title: z.string().optional(),
  requests_per_minute: positiveInteger.optional(),
  tokens_per_minute: positiveInteger.optional(),
  tokens_per_day: positiveInteger.optional(),
  tokens_per_month: positiveInteger.optional(),
  limits_per: z
    .enum(['key', 'tenant'])
    .default('key')
    .describe('Whether each key has the limits to itself or all keys of a tenant share them'),
  models: z.array(name).optional().describe('The models the plan may call; absent: all'),
  features: z.array(featureSchema).optional().describe('What the plan may use beyond its models; absent: everything'),
  trial_days: positiveInteger.optional(),
  stripe_prices: z
    .array(z.string())
    .optional()
    .describe('Ids of Stripe prices whose subscription gives this plan; the first one is what checkout sells'),
  description: z.string().optional().describe('A sentence on who it is for'),
  highlights: z.array(z.string().min(1)).optional().describe('What speaks for it, each in a few words'),
  public: z.boolean().optional().describe('false: not offered, only assigned by hand'),
  price: planPriceSchema.optional().describe('What it costs; absent: nothing is said of it'),
  overage: planOverageSchema
    .optional()
    .describe('Whoever pays for the plan may go beyond tokens_per_month, which is billed by a meter of Stripe’s'),
});

const brandSchema = z.strictObject({
  name: z.string().min(1),
  key_prefix: keyPrefix,
  test_key_prefix: keyPrefix,
  mail_from: z
    .string()
    .min(3)
    .optional()
    .describe('From address of mails; default: no-reply@ the host of the public URL'),
  service_id: z.string().min(1),
  description: z.string().default(''),
  documentation_url: z
    .string()
    .optional()
    .describe('Where error codes are documented; default: the pages of this server'),
});

/** What a preset and TURNPIKE_CONFIG may say. Property names are those of the yaml, units last. */
export const settingsSchema = z
  .strictObject({
    brand: brandSchema,
    default_plan: name,
    upstreams: z.record(name, upstreamSchema),
    models: z.record(name, modelSchema),
    plans: z.record(name, planSchema),
    known_models: z
      .record(name, knownModelSchema)
      .default({})
      .describe('Facts about models that discovery may find, by name'),
    discovery: z
      .strictObject({
        local: z
          .boolean()
          .default(true)
          .describe('Offer the models of a local model server (Ollama, LM Studio, vLLM) that answers at start'),
        providers: z
          .boolean()
          .default(true)
          .describe('Offer the models of a provider whose key is in the environment (MISTRAL_API_KEY, OPENAI_API_KEY)'),
      })
      .prefault({}),
    limits: z
      .strictObject({
        store_timeout_ms: duration.default(250).describe('How long a request waits for the limit store'),
        when_store_is_down: z
          .enum(['deny', 'local'])
          .default('deny')
          .describe('deny: 503; local: this process counts by itself until the store is back'),
      })
      .prefault({}),
    relay: z
      .strictObject({
        connect_timeout_ms: duration.default(5_000),
        first_byte_timeout_ms: duration
          .default(120_000)
          .describe('From sending the request to the first byte of the answer'),
        idle_timeout_ms: duration.default(60_000).describe('Longest silence of an upstream inside a stream'),
        heartbeat_ms: duration.default(15_000).describe('A comment is sent to the client after so much silence'),
        client_stall_timeout_ms: duration
          .default(60_000)
          .describe('A client that reads nothing for so long is cut off'),
      })
      .prefault({}),
    http: z
      .strictObject({
        body_limit_bytes: positiveInteger.default(20 * 1024 * 1024),
        max_json_depth: positiveInteger.default(64),
        headers_timeout_ms: duration.default(10_000),
        request_timeout_ms: duration
          .default(60_000)
          .describe('A request whose body has not arrived by then is cut off'),
      })
      .prefault({}),
    keys: z
      .strictObject({
        rotation_overlap_seconds: z.int().nonnegative().default(86_400),
        database_outage_grace_seconds: z
          .int()
          .nonnegative()
          .default(60)
          .describe('How long keys already known to a process keep working while the database is gone'),
      })
      .prefault({}),
    usage: z
      .strictObject({
        retention_days: positiveInteger
          .default(90)
          .describe('Raw usage events older than this are dropped; rollups stay'),
      })
      .prefault({}),
    versions: z
      .strictObject({
        deprecation_header: z
          .enum(['rfc9745', 'http-date'])
          .default('rfc9745')
          .describe('Form of the Deprecation header: @seconds, or the HTTP date older clients parse'),
        deprecated_endpoints: z
          .array(
            z.strictObject({
              path: z.string().startsWith('/').describe('As in the OpenAPI document, e.g. /v1/models/{id}'),
              deprecated_at: z.iso.date(),
              successor: z.string().startsWith('/').describe('Path to use instead'),
            }),
          )
          .default([])
          .describe('Endpoints whose twelve months have begun'),
      })
      .prefault({}),
    routing: routingSection,
    files: filesSection,
    batches: batchesSection,
    responses: responsesSection,
    accounts: accountsSection,
    billing: billingSection,
    hub: hubSection,
    tools: toolsSection,
    webhooks: webhooksSection,
    alerts: alertsSection,
    response_cache: responseCacheSection,
    idempotency: z
      .strictObject({
        max_stored_bytes: positiveInteger
          .default(4 * 1024 * 1024)
          .describe('Answers larger than this are not kept for replay'),
      })
      .prefault({}),
    streams: z
      .strictObject({
        max_recorded_bytes: positiveInteger
          .default(32 * 1024 * 1024)
          .describe('A recorded stream that grows beyond this is stopped'),
        max_detached_ms: duration
          .default(10 * 60_000)
          .describe('A recorded stream goes on for so long without a reader'),
        max_detached_per_tenant: positiveInteger
          .default(20)
          .describe('So many of a tenant’s streams go on without a reader at once'),
      })
      .prefault({}),
    shutdown: z
      .strictObject({
        drain_ms: duration.default(30_000).describe('How long running requests may finish after SIGTERM'),
      })
      .prefault({}),
  })
  .superRefine((settings, context) => {
    for (const { path, input, message } of contradictions(settings)) {
      context.addIssue({ code: 'custom', path, input, message });
    }
  });

interface Contradiction {
  readonly path: (string | number)[];
  readonly input: unknown;
  /** What is allowed instead: it ends a sentence `found …; allowed: …`. */
  readonly message: string;
}

interface Named {
  readonly brand: z.output<typeof brandSchema>;
  readonly default_plan: string;
  readonly upstreams: Readonly<Record<string, z.output<typeof upstreamSchema>>>;
  readonly models: Readonly<Record<string, z.output<typeof modelSchema>>>;
  readonly plans: Readonly<Record<string, z.output<typeof planSchema>>>;
  readonly usage: { readonly retention_days: number };
}

/** So long events are needed to bill what was used beyond a plan: the month, and what comes late. */
const overageRetentionDays = 40;

function* planContradictions(plans: Named['plans'], retentionDays: number): Generator<Contradiction> {
  const sold = new Map<string, string>();
  for (const [name, plan] of Object.entries(plans)) {
    if (plan.overage !== undefined && plan.tokens_per_month === undefined) {
      const message = 'the tokens that the price of the plan includes (required with overage)';
      yield { path: ['plans', name, 'tokens_per_month'], input: undefined, message };
    }
    if (plan.overage !== undefined && retentionDays < overageRetentionDays) {
      const message = `at least ${overageRetentionDays}, because ${name} has an overage to be billed`;
      yield { path: ['usage', 'retention_days'], input: retentionDays, message };
    }
    for (const [index, price] of (plan.stripe_prices ?? []).entries()) {
      const other = sold.get(price);
      const message = `a price of its own: ${price} gives the plan ${other ?? name} already`;
      if (other !== undefined) yield { path: ['plans', name, 'stripe_prices', index], input: price, message };
      sold.set(price, name);
    }
  }
}

/** What each part allows but the whole does not. */
function contradictions({ brand, default_plan: defaultPlan, upstreams, models, plans, usage }: Named): Contradiction[] {
  const found: Contradiction[] = [...planContradictions(plans, usage.retention_days)];
  for (const [modelName, model] of Object.entries(models)) {
    for (const [index, { upstream }] of model.targets.entries()) {
      if (Object.hasOwn(upstreams, upstream)) continue;
      const message = `the name of an upstream: ${Object.keys(upstreams).join(', ')}`;
      found.push({ path: ['models', modelName, 'targets', index, 'upstream'], input: upstream, message });
    }
  }
  for (const [upstreamName, { kind, base_url: baseUrl }] of Object.entries(upstreams)) {
    if (kind !== 'openai' || baseUrl !== undefined) continue;
    const message = 'an http or https URL up to and including /v1 (required for kind openai)';
    found.push({ path: ['upstreams', upstreamName, 'base_url'], input: undefined, message });
  }
  if (!Object.hasOwn(plans, defaultPlan)) {
    const message = `the name of a plan: ${Object.keys(plans).join(', ')}`;
    found.push({ path: ['default_plan'], input: defaultPlan, message });
  }
  if (brand.key_prefix === brand.test_key_prefix) {
    const message = 'a prefix that differs from brand.key_prefix';
    found.push({ path: ['brand', 'test_key_prefix'], input: brand.test_key_prefix, message });
  }
  return found;
}

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
export type UpstreamConfig = z.output<typeof upstreamSchema>;
export type ModelConfig = z.output<typeof modelSchema>;
export type PlanConfig = z.output<typeof planSchema>;
export type KnownModelConfig = z.output<typeof knownModelSchema>;
export type Capability = z.output<typeof capabilitySchema>;
export type Feature = z.output<typeof featureSchema>;

/** Everything the process was told, frozen. Built only by config/load.ts. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  /** Of Stripe's events; none: they are refused. */
  readonly stripeWebhookSecrets: readonly string[];
  /** undefined: plans are assigned by hand. */
  readonly stripeApiKey: string | undefined;
  readonly preset: string;
  /** Origin without a trailing slash, e.g. `http://127.0.0.1:8420`. */
  readonly publicUrl: string;
  readonly adminToken: string;
  /** 32 bytes; encrypts what is stored secret. */
  readonly masterKey: Buffer;
  readonly trustedProxies: readonly string[];
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly settings: Settings;
}
