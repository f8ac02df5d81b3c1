/** What is read of a subscription, from an event or from Stripe's own answer. Instants in seconds, as Stripe has them. */
export interface SubscriptionState {
  readonly id: string;
  readonly customerId: string;
  readonly tenantId: string | null;
  readonly status: string;
  /** Of two states told in one second: which is the later. 2 is the end, after which nothing comes. */
  readonly rank: number;
  readonly planName: string | null;
  readonly priceIds: readonly string[];
  readonly periodStart: number | null;
  readonly periodEnd: number | null;
  readonly trialEnd: number | null;
  /** When it ends, where that is decided already. */
  readonly cancelAt: number | null;
  readonly endedAt: number | null;
}

type StripeObject = Readonly<Record<string, unknown>>;

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Stripe gives an object's id, or the object where it was expanded. */
export function idOf(value: unknown): string | null {
  return textOf(value) ?? textOf((value as { id?: unknown } | null | undefined)?.id);
}

export function metadataOf(object: StripeObject, name: string): string | null {
  return textOf((object['metadata'] as StripeObject | null | undefined)?.[name]);
}

function instantOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** Both ends of the running period: of the items, or of the subscription itself where an old API version is set. */
function periodOf(object: StripeObject, items: readonly StripeObject[]): readonly [number | null, number | null] {
  const ends = (name: string) =>
    [...items.map((item) => instantOf(item[name])), instantOf(object[name])].find((instant) => instant !== null) ??
    null;
  return [ends('current_period_start'), ends('current_period_end')];
}

/**
 * Reads a subscription of Stripe's.
 * @param told `rank` of the telling; `status` where the telling itself says it
 * @returns undefined: it is none
 */
export function readSubscription(
  object: StripeObject,
  told: { readonly rank: number; readonly status?: string },
): SubscriptionState | undefined {
  const [id, customerId] = [textOf(object['id']), idOf(object['customer'])];
  if (id === null || customerId === null) return undefined;
  const items = (object['items'] as { data?: readonly StripeObject[] } | null | undefined)?.data ?? [];
  const [periodStart, periodEnd] = periodOf(object, items);
  const atPeriodEnd = object['cancel_at_period_end'] === true ? periodEnd : null;
  return {
    ...{ id, customerId, periodStart, periodEnd },
    rank: told.rank,
    tenantId: metadataOf(object, 'tenant_id'),
    status: told.status ?? textOf(object['status']) ?? 'incomplete',
    planName: metadataOf(object, 'plan'),
    priceIds: items.map((item) => idOf(item['price'])).filter((price) => price !== null),
    trialEnd: instantOf(object['trial_end']),
    cancelAt: instantOf(object['cancel_at']) ?? atPeriodEnd,
    endedAt: instantOf(object['ended_at']),
  };
}

/** The plan that a subscription is for: its price tells, else what was noted on it. @returns null: none there is */
export function planOf(
  { priceIds, planName }: Pick<SubscriptionState, 'priceIds' | 'planName'>,
  rules: { readonly isPlan: (name: string) => boolean; readonly planOfPrice: (id: string) => string | undefined },
): string | null {
  for (const price of priceIds) {
    const plan = rules.planOfPrice(price);
    if (plan !== undefined && rules.isPlan(plan)) return plan;
  }
  return planName !== null && rules.isPlan(planName) ? planName : null;
}

const dayMs = 86_400_000;

/** When a plan ends whose payment is missing. */
export function graceEnd(pastDueSinceMs: number, graceDays: number): number {
  return pastDueSinceMs + graceDays * dayMs;
}

/** What is kept of a subscription. */
export interface Kept {
  readonly id: string;
  readonly status: string;
  readonly plan: string | null;
  readonly pastDueSinceMs: number | null;
}

/**
 * What a subscription means for the plan: its own while it runs, and while it is late within the grace; none once it has
 * ended, or was late for too long.
 */
export function planStanding(
  { status, pastDueSinceMs }: Pick<Kept, 'status' | 'pastDueSinceMs'>,
  { nowMs, graceDays }: { readonly nowMs: number; readonly graceDays: number },
): 'own' | 'unpaid' | 'ended' | 'undecided' {
  if (status === 'active' || status === 'trialing') return 'own';
  if (status === 'past_due')
    return pastDueSinceMs !== null && nowMs >= graceEnd(pastDueSinceMs, graceDays) ? 'unpaid' : 'own';
  if (status === 'unpaid') return 'unpaid';
  if (['canceled', 'incomplete_expired', 'paused'].includes(status)) return 'ended';
  return 'undecided';
}

/** What all subscriptions of a tenant mean together. */
export type Standing =
  | { readonly kind: 'running'; readonly plan: string; readonly subscription: Kept; readonly paysFully: boolean }
  | { readonly kind: 'unpaid' | 'ended'; readonly subscription: Kept }
  | { readonly kind: 'undecided' };

/**
 * The newest subscription that runs gives the plan; if none does and all are over, there is none.
 * @param kept the newest first
 */
export function standingOf(
  kept: readonly Kept[],
  when: { readonly nowMs: number; readonly graceDays: number },
): Standing {
  const standings = kept.map((each) => planStanding(each, when));
  const running = kept.find((each, index) => standings[index] === 'own' && each.plan !== null);
  if (running?.plan !== undefined && running.plan !== null)
    return { kind: 'running', plan: running.plan, subscription: running, paysFully: running.status === 'active' };
  const [newest] = kept;
  const isOver = standings.every((standing) => standing === 'ended' || standing === 'unpaid');
  if (newest === undefined || !isOver) return { kind: 'undecided' };
  return { kind: standings.includes('unpaid') ? 'unpaid' : 'ended', subscription: newest };
}
