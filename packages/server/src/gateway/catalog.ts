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

/** The plans as they are now. @see PlanBook */
export interface Plans {
  get(name: string): PlanConfig | undefined;
  entries(): Iterable<readonly [string, PlanConfig]>;
  readonly version: number;
}

function plansOf(settings: Settings): Plans {
  const plans = new Map(Object.entries(settings.plans));
  return { get: (name) => plans.get(name), entries: () => plans.entries(), version: 0 };
}

/** With a credit the month holds more. */
function withCredit(limits: readonly Limit[], { credit }: Principal, nowMs: number): readonly Limit[] {
  if (credit === undefined || nowMs >= credit.untilMs) return limits;
  return limits.map((limit) =>
    limit.counts === 'tokens' && limit.window === 'month' ? { ...limit, quota: limit.quota + credit.tokens } : limit,
  );
}

interface KnownLimits {
  readonly limits: readonly Limit[];
  readonly planVersion: number;
  /** From then on a credit no longer counts. */
  readonly untilMs: number;
}

/** @param plans as staff may change them; default: those of the settings */
export function createCatalog(
  settings: Settings,
  plans: Plans = plansOf(settings),
  now: () => number = Date.now,
): Catalog {
  const models = Object.entries(settings.models).map(([name, config]) => entryOf(name, config));
  const byName = new Map(models.map((entry) => [entry.name, entry]));
  const known = new WeakMap<Principal, KnownLimits>();
  return {
    model: (name) => byName.get(name),
    models,
    modelsWith: (capability) =>
      models.filter((entry) => entry.config.capabilities.includes(capability)).map((entry) => entry.name),
    plan: (name) => plans.get(name),
    plansWith: (feature) =>
      [...plans.entries()].filter(([, { features }]) => features?.includes(feature) ?? true).map(([name]) => name),
    limitsOf: (principal) => {
      if (principal.limits !== undefined) return principal.limits;
      const before = known.get(principal);
      const { credit } = principal;
      if (before?.planVersion === plans.version && (credit === undefined || now() < before.untilMs))
        return before.limits;
      const plan = plans.get(principal.plan);
      const ofPlan =
        plan === undefined
          ? []
          : limitsWithOverage(
              plan,
              plan.limits_per === 'key' ? principal.keyId : principal.tenantId,
              principal.overage,
            );
      const nowMs = now();
      const credited = withCredit(ofPlan, principal, nowMs);
      const fresh = withKeyLimits(credited, principal.keyLimits, principal.keyId);
      const untilMs = credit === undefined || credit.untilMs <= nowMs ? Number.POSITIVE_INFINITY : credit.untilMs;
      known.set(principal, { limits: fresh, planVersion: plans.version, untilMs });
      return fresh;
    },
  };
}
