import type { Capability, Feature, ModelConfig, PlanConfig, Settings } from '../config/schema.ts';
import type { Limit } from '../limits/limit.ts';
import { limitsWithOverage, withKeyLimits } from '../limits/plan-limits.ts';
import type { Principal } from '../keys/key.ts';

export interface ModelEntry {
  readonly name: string;
  readonly config: ModelConfig;
  /** Integer price of one token in 1e-9 units of the currency. */
  readonly inputNanosPerToken: number;
  readonly cachedInputNanosPerToken: number;
  readonly outputNanosPerToken: number;
  readonly currency: string;
}

/** What may be called, by name; built once from the settings. */
export interface Catalog {
  model(name: string): ModelEntry | undefined;
  readonly models: readonly ModelEntry[];
  modelsWith(capability: Capability): readonly string[];
  plan(name: string): PlanConfig | undefined;
  /** Names of the plans that include it. */
  plansWith(feature: Feature): readonly string[];
  /** The limits that count a principal; the same array for the same principal. */
  limitsOf(principal: Principal): readonly Limit[];
}

/** A price per million tokens is a whole number of nanos per token down to 0.001 of the currency. */
function nanosPerToken(perMillion: number): number {
  return Math.round(perMillion * 1_000);
}

function entryOf(name: string, config: ModelConfig): ModelEntry {
  const { price } = config;
  return {
    name,
    config,
    inputNanosPerToken: nanosPerToken(price?.input_per_million ?? 0),
    cachedInputNanosPerToken: nanosPerToken(price?.cached_input_per_million ?? price?.input_per_million ?? 0),
    outputNanosPerToken: nanosPerToken(price?.output_per_million ?? 0),
    currency: price?.currency ?? 'EUR',
  };
}

export function createCatalog(settings: Settings): Catalog {
  const models = Object.entries(settings.models).map(([name, config]) => entryOf(name, config));
  const byName = new Map(models.map((entry) => [entry.name, entry]));
  const plans = new Map(Object.entries(settings.plans));
  const limits = new WeakMap<Principal, readonly Limit[]>();
  return {
    model: (name) => byName.get(name),
    models,
    modelsWith: (capability) =>
      models.filter((entry) => entry.config.capabilities.includes(capability)).map((entry) => entry.name),
    plan: (name) => plans.get(name),
    plansWith: (feature) =>
      [...plans].filter(([, { features }]) => features?.includes(feature) ?? true).map(([name]) => name),
    limitsOf: (principal) => {
      if (principal.limits !== undefined) return principal.limits;
      const known = limits.get(principal);
      if (known !== undefined) return known;
      const plan = plans.get(principal.plan);
      const ofPlan =
        plan === undefined
          ? []
          : limitsWithOverage(
              plan,
              plan.limits_per === 'key' ? principal.keyId : principal.tenantId,
              principal.overage,
            );
      const fresh = withKeyLimits(ofPlan, principal.keyLimits, principal.keyId);
      limits.set(principal, fresh);
      return fresh;
    },
  };
}
