/** What of a Stripe event is read; all else is kept as it came. */
export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  /** Seconds since the Unix epoch. */
  readonly created: number;
  readonly livemode: boolean;
  readonly object: Readonly<Record<string, unknown>>;
}

export interface PurchaseState {
  readonly id: string;
  readonly kind: 'checkout' | 'invoice' | 'refund';
  readonly status: string;
  /** Place of the state in the object's life: the highest told so far holds. */
  readonly rank: number;
  readonly tenantId: string | null;
  readonly customerId: string | null;
  /** In the currency's smallest unit. */
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
}

export interface SubscriptionState {
  readonly id: string;
  readonly customerId: string;
  readonly tenantId: string | null;
  readonly status: string;
  /** Of two events of one second: which is the later. */
  readonly rank: number;
  readonly planName: string | null;
  readonly priceId: string | null;
}

/** What an event says. */
export type Told =
  | { readonly kind: 'purchase'; readonly purchase: PurchaseState }
  | { readonly kind: 'subscription'; readonly subscription: SubscriptionState }
  | { readonly kind: 'kept' };

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Stripe gives an object's id, or the object where it was expanded. */
function idOf(value: unknown): string | null {
  return text(value) ?? text((value as { id?: unknown } | null | undefined)?.id);
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

function metadata(object: StripeEvent['object'], name: string): string | null {
  return text((object['metadata'] as Readonly<Record<string, unknown>> | null | undefined)?.[name]);
}

function checkout({ type, object }: StripeEvent): PurchaseState | undefined {
  const isPaid = object['payment_status'] === 'paid' || object['payment_status'] === 'no_payment_required';
  const states: Readonly<Record<string, readonly [string, number]>> = {
    'checkout.session.completed': isPaid ? ['paid', 4] : ['unpaid', 1],
    'checkout.session.async_payment_failed': ['failed', 3],
    'checkout.session.async_payment_succeeded': ['paid', 4],
    'checkout.session.expired': ['expired', 2],
  };
  const [status, rank] = states[type] ?? [];
  const id = text(object['id']);
  if (status === undefined || rank === undefined || id === null) return undefined;
  return {
    ...{ id, kind: 'checkout', status, rank },
    tenantId: metadata(object, 'tenant_id') ?? text(object['client_reference_id']),
    customerId: idOf(object['customer']),
    amount: number(object['amount_total']),
    currency: text(object['currency'])?.toUpperCase() ?? 'EUR',
    description: metadata(object, 'description') ?? text(object['mode']),
  };
}

function invoice({ type, object }: StripeEvent): PurchaseState | undefined {
  const states: Readonly<Record<string, readonly [string, number]>> = {
    'invoice.payment_failed': ['failed', 1],
    'invoice.voided': ['voided', 2],
    'invoice.paid': ['paid', 3],
  };
  const [status, rank] = states[type] ?? [];
  const id = text(object['id']);
  if (status === undefined || rank === undefined || id === null) return undefined;
  return {
    ...{ id, kind: 'invoice', status, rank },
    tenantId: metadata(object, 'tenant_id'),
    customerId: idOf(object['customer']),
    amount: number(object['total'] ?? object['amount_due']),
    currency: text(object['currency'])?.toUpperCase() ?? 'EUR',
    description: text(object['number']),
  };
}

function refund({ type, object }: StripeEvent): PurchaseState | undefined {
  const id = text(object['id']);
  if (type !== 'charge.refunded' || id === null) return undefined;
  const isWhole = object['refunded'] === true;
  return {
    ...{ id, kind: 'refund', status: isWhole ? 'refunded' : 'partly refunded', rank: isWhole ? 2 : 1 },
    tenantId: metadata(object, 'tenant_id'),
    customerId: idOf(object['customer']),
    amount: number(object['amount_refunded']),
    currency: text(object['currency'])?.toUpperCase() ?? 'EUR',
    description: text(object['description']),
  };
}

const subscriptionRanks: Readonly<Record<string, number>> = {
  'customer.subscription.created': 0,
  'customer.subscription.updated': 1,
  'customer.subscription.paused': 1,
  'customer.subscription.resumed': 1,
  'customer.subscription.trial_will_end': 1,
  'customer.subscription.deleted': 2,
};

function subscription({ type, object }: StripeEvent): SubscriptionState | undefined {
  const rank = subscriptionRanks[type];
  const [id, customerId] = [text(object['id']), idOf(object['customer'])];
  if (rank === undefined || id === null || customerId === null) return undefined;
  const items = (object['items'] as { data?: readonly { price?: unknown }[] } | undefined)?.data ?? [];
  return {
    ...{ id, customerId, rank },
    tenantId: metadata(object, 'tenant_id'),
    status: type === 'customer.subscription.deleted' ? 'canceled' : (text(object['status']) ?? 'incomplete'),
    planName: metadata(object, 'plan'),
    priceId: idOf(items[0]?.price),
  };
}

/** Reads an event; what is of no use here is kept all the same. */
export function readStripeEvent(event: StripeEvent): Told {
  const purchase = checkout(event) ?? invoice(event) ?? refund(event);
  if (purchase !== undefined) return { kind: 'purchase', purchase };
  const told = subscription(event);
  return told === undefined ? { kind: 'kept' } : { kind: 'subscription', subscription: told };
}

/** What a subscription means for the plan: its own while it runs or is late, none once it has ended. */
export function planStanding(status: string): 'own' | 'ended' | 'undecided' {
  if (status === 'active' || status === 'trialing' || status === 'past_due') return 'own';
  if (['canceled', 'unpaid', 'incomplete_expired', 'paused'].includes(status)) return 'ended';
  return 'undecided';
}
