import type { PlanConfig } from '../config/schema.ts';

/** The plans as they are now: staff may change them. */
export interface CurrentPlans {
  get(name: string): PlanConfig | undefined;
  entries(): Iterable<readonly [string, PlanConfig]>;
}

/** What the vendor says about money. */
export interface BillingRules {
  readonly plans: CurrentPlans;
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
    readonly default_plan: string;
    readonly billing: { readonly past_due_grace_days: number };
  },
  plans: CurrentPlans,
  asksStripe: boolean,
): BillingRules {
  return {
    ...{ plans, asksStripe },
    planAfterEnd: settings.default_plan,
    graceDays: settings.billing.past_due_grace_days,
    isPlan: (name) => plans.get(name) !== undefined,
    planOfPrice: (price) => {
      for (const [name, plan] of plans.entries()) if (plan.stripe_prices?.includes(price) === true) return name;
      return undefined;
    },
  };
}
