import { idOf, metadataOf, readSubscription, textOf, type SubscriptionState } from '../billing/subscription.ts';

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

/** What an event says. */
export type Told =
  | { readonly kind: 'purchase'; readonly purchase: PurchaseState }
  | { readonly kind: 'subscription'; readonly subscription: SubscriptionState }
  | { readonly kind: 'kept' };

function number(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
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
  const id = textOf(object['id']);
  if (status === undefined || rank === undefined || id === null) return undefined;
  return {
    ...{ id, kind: 'checkout', status, rank },
    tenantId: metadataOf(object, 'tenant_id') ?? textOf(object['client_reference_id']),
    customerId: idOf(object['customer']),
    amount: number(object['amount_total']),
    currency: textOf(object['currency'])?.toUpperCase() ?? 'EUR',
    description: metadataOf(object, 'description') ?? textOf(object['mode']),
  };
}

function invoice({ type, object }: StripeEvent): PurchaseState | undefined {
  const states: Readonly<Record<string, readonly [string, number]>> = {
    'invoice.payment_failed': ['failed', 1],
    'invoice.voided': ['voided', 2],
    'invoice.paid': ['paid', 3],
  };
  const [status, rank] = states[type] ?? [];
  const id = textOf(object['id']);
  if (status === undefined || rank === undefined || id === null) return undefined;
  return {
    ...{ id, kind: 'invoice', status, rank },
    tenantId: metadataOf(object, 'tenant_id'),
    customerId: idOf(object['customer']),
    amount: number(object['total'] ?? object['amount_due']),
    currency: textOf(object['currency'])?.toUpperCase() ?? 'EUR',
    description: textOf(object['number']),
  };
}

function refund({ type, object }: StripeEvent): PurchaseState | undefined {
  const id = textOf(object['id']);
  if (type !== 'charge.refunded' || id === null) return undefined;
  const isWhole = object['refunded'] === true;
  return {
    ...{ id, kind: 'refund', status: isWhole ? 'refunded' : 'partly refunded', rank: isWhole ? 2 : 1 },
    tenantId: metadataOf(object, 'tenant_id'),
    customerId: idOf(object['customer']),
    amount: number(object['amount_refunded']),
    currency: textOf(object['currency'])?.toUpperCase() ?? 'EUR',
    description: textOf(object['description']),
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
  if (rank === undefined) return undefined;
  return readSubscription(object, type === 'customer.subscription.deleted' ? { rank, status: 'canceled' } : { rank });
}

/** The subscription that an invoice or a checkout is about; null: none. */
export function subscriptionOf({ object }: StripeEvent): string | null {
  const parent = object['parent'] as { subscription_details?: { subscription?: unknown } | null } | null | undefined;
  return idOf(parent?.subscription_details?.subscription) ?? idOf(object['subscription']);
}

/** Reads an event; what is of no use here is kept all the same. */
export function readStripeEvent(event: StripeEvent): Told {
  const purchase = checkout(event) ?? invoice(event) ?? refund(event);
  if (purchase !== undefined) return { kind: 'purchase', purchase };
  const told = subscription(event);
  return told === undefined ? { kind: 'kept' } : { kind: 'subscription', subscription: told };
}
