import type { PlanConfig } from '../config/schema.ts';

/** What the configuration says about money. */
export interface BillingRules {
  readonly plans: Readonly<Record<string, PlanConfig>>;
  /** The plan of a tenant whose subscription is over. */
  readonly planAfterEnd: string;
  readonly graceDays: number;
  /** Is Stripe asked how things stand, beside what its events tell? */
  readonly asksStripe: boolean;
  readonly isPlan: (name: string) => boolean;
  readonly planOfPrice: (priceId: string) => string | undefined;
}

/** The rules that the settings make. */
export function billingRules(
  settings: {
    readonly plans: Readonly<Record<string, PlanConfig>>;
    readonly default_plan: string;
    readonly billing: { readonly past_due_grace_days: number };
  },
  asksStripe: boolean,
): BillingRules {
  const { plans } = settings;
  const byPrice = new Map(
    Object.entries(plans).flatMap(([name, plan]) => (plan.stripe_prices ?? []).map((price) => [price, name] as const)),
  );
  return {
    ...{ plans, asksStripe },
    planAfterEnd: settings.default_plan,
    graceDays: settings.billing.past_due_grace_days,
    isPlan: (name) => Object.hasOwn(plans, name),
    planOfPrice: (price) => byPrice.get(price),
  };
}
