import { listAt, objectAt, textAt, type FormObject } from './fake-stripe-form.ts';

export type StripeObject = Record<string, unknown> & { readonly id: string };

export interface FakePrice {
  readonly usageType: 'licensed' | 'metered';
}

export interface MeterEvent {
  readonly eventName: string;
  readonly identifier: string;
  readonly customer: string;
  readonly value: number;
  readonly timestamp: number;
  readonly receivedMs: number;
}

/** What the account has. */
export interface FakeAccount {
  readonly prices: ReadonlyMap<string, FakePrice>;
  /** Event names of its meters. */
  readonly meters: readonly string[];
  readonly customers: Map<string, StripeObject>;
  readonly sessions: Map<string, StripeObject>;
  readonly subscriptions: Map<string, StripeObject>;
  /** The newest first. */
  readonly invoices: StripeObject[];
  readonly meterEvents: MeterEvent[];
  readonly now: () => number;
  readonly newId: (kind: string) => string;
}

/** An error as Stripe has it. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: object;

  constructor(
    status: number,
    error: { readonly type?: string; readonly code?: string; readonly param?: string; readonly message: string },
  ) {
    super(error.message);
    this.status = status;
    this.body = { error: { type: 'invalid_request_error', ...error } };
  }
}

function missing(what: string, id: string, param: string): Refusal {
  const status = param === 'id' || param === 'session' ? 404 : 400;
  return new Refusal(status, { code: 'resource_missing', param, message: `No such ${what}: '${id}'` });
}

function found(
  all: ReadonlyMap<string, StripeObject>,
  what: string,
  id: string | undefined,
  param: string,
): StripeObject {
  const object = all.get(id ?? '');
  if (object === undefined || object['deleted'] === true) throw missing(what, id ?? '', param);
  return object;
}

const daySeconds = 86_400;
const seconds = (account: FakeAccount) => Math.floor(account.now() / 1_000);

function createCustomer(account: FakeAccount, form: FormObject): StripeObject {
  const customer = {
    id: account.newId('cus'),
    object: 'customer',
    created: seconds(account),
    name: textAt(form, 'name') ?? null,
    email: textAt(form, 'email') ?? null,
    metadata: objectAt(form, 'metadata'),
  };
  account.customers.set(customer.id, customer);
  return customer;
}

function checkLineItem(account: FakeAccount, item: FormObject, index: number): string {
  const id = textAt(item, 'price') ?? '';
  const price = account.prices.get(id);
  const param = `line_items[${index}]`;
  if (price === undefined) throw missing('price', id, `${param}[price]`);
  if (price.usageType === 'metered' && textAt(item, 'quantity') !== undefined)
    throw new Refusal(400, {
      param: `${param}[quantity]`,
      message: 'Quantity should not be specified where usage_type is metered.',
    });
  if (price.usageType === 'licensed' && textAt(item, 'quantity') === undefined)
    throw new Refusal(400, { param: `${param}[quantity]`, message: 'Quantity is required.' });
  return id;
}

function createSession(account: FakeAccount, form: FormObject): StripeObject {
  const now = seconds(account);
  const customer = found(account.customers, 'customer', textAt(form, 'customer'), 'customer');
  const prices = listAt(form, 'line_items').map((item, index) => checkLineItem(account, item, index));
  const trialEnd = textAt(form, 'subscription_data', 'trial_end');
  if (trialEnd !== undefined && Number(trialEnd) < now + 2 * daySeconds)
    throw new Refusal(400, {
      param: 'subscription_data[trial_end]',
      message: 'The trial end has to be at least 2 days in the future.',
    });
  const expiresAt = Number(textAt(form, 'expires_at') ?? now + daySeconds);
  if (expiresAt < now + 1_800 || expiresAt > now + daySeconds)
    throw new Refusal(400, {
      param: 'expires_at',
      message: 'expires_at must be between 30 minutes and 24 hours from now.',
    });
  const id = account.newId('cs');
  const session = {
    ...{ id, object: 'checkout.session', created: now, status: 'open', payment_status: 'unpaid' },
    ...{ mode: textAt(form, 'mode'), customer: customer.id, subscription: null, expires_at: expiresAt },
    client_reference_id: textAt(form, 'client_reference_id') ?? null,
    metadata: objectAt(form, 'metadata'),
    url: `https://checkout.stripe.test/c/pay/${id}`,
    ...{ success_url: textAt(form, 'success_url'), cancel_url: textAt(form, 'cancel_url') },
    ...{ amount_total: 4_900, currency: 'eur' },
    // Not of Stripe's shape: what the subscription will be made of.
    pending: {
      prices,
      trialEnd: trialEnd === undefined ? null : Number(trialEnd),
      metadata: objectAt(objectAt(form, 'subscription_data'), 'metadata'),
    },
  };
  account.sessions.set(id, session);
  return session;
}

function expireSession(account: FakeAccount, id: string): StripeObject {
  const session = found(account.sessions, 'checkout.session', id, 'session');
  if (session['status'] !== 'open')
    throw new Refusal(400, { message: 'Only Checkout Sessions with a status in ["open"] can be expired.' });
  session['status'] = 'expired';
  return session;
}

export function itemOf(account: FakeAccount, price: string, period: readonly [number, number]): StripeObject {
  const usageType = account.prices.get(price)?.usageType ?? 'licensed';
  return {
    ...{ id: account.newId('si'), object: 'subscription_item' },
    ...{ current_period_start: period[0], current_period_end: period[1] },
    price: { id: price, object: 'price', recurring: { interval: 'month', usage_type: usageType } },
    ...(usageType === 'licensed' ? { quantity: 1 } : {}),
  };
}

function updateSubscription(account: FakeAccount, id: string, form: FormObject): StripeObject {
  const subscription = found(account.subscriptions, 'subscription', id, 'id');
  if (subscription['status'] === 'canceled')
    throw new Refusal(404, { code: 'resource_missing', param: 'id', message: `No such subscription: '${id}'` });
  const list = subscription['items'] as { data: StripeObject[] };
  const [first] = list.data;
  const period = [Number(first?.['current_period_start']), Number(first?.['current_period_end'])] as const;
  for (const change of listAt(form, 'items')) {
    const [itemId, price] = [textAt(change, 'id'), textAt(change, 'price')];
    if (price !== undefined && !account.prices.has(price)) throw missing('price', price, 'items[0][price]');
    if (textAt(change, 'deleted') === 'true') list.data = list.data.filter((item) => item.id !== itemId);
    else if (itemId === undefined) list.data.push(itemOf(account, price ?? '', period));
    else
      list.data = list.data.map((item) =>
        item.id === itemId ? { ...itemOf(account, price ?? '', period), id: itemId } : item,
      );
  }
  if (textAt(form, 'cancel_at') === '') subscription['cancel_at'] = null;
  const cancels = textAt(form, 'cancel_at_period_end');
  if (cancels !== undefined)
    Object.assign(subscription, {
      cancel_at_period_end: cancels === 'true',
      cancel_at: cancels === 'true' ? period[1] : null,
    });
  return subscription;
}

function listInvoices(account: FakeAccount, query: URLSearchParams): object {
  const customer = found(account.customers, 'customer', query.get('customer') ?? undefined, 'customer').id;
  const own = account.invoices.filter((invoice) => invoice['customer'] === customer);
  const after = query.get('starting_after');
  const start = after === null ? 0 : own.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw missing('invoice', after, 'starting_after');
  const limit = Number(query.get('limit') ?? 10);
  return {
    object: 'list',
    url: '/v1/invoices',
    data: own.slice(start, start + limit),
    has_more: own.length > start + limit,
  };
}

/** Stripe keeps names for a day; what it has counted stays. */
function createMeterEvent(account: FakeAccount, form: FormObject): object {
  const receivedMs = account.now();
  const eventName = textAt(form, 'event_name') ?? '';
  const identifier = textAt(form, 'identifier') ?? account.newId('mev');
  const timestamp = Number(textAt(form, 'timestamp') ?? seconds(account));
  const value = Number(textAt(form, 'payload', 'value'));
  const customer = textAt(form, 'payload', 'stripe_customer_id') ?? '';
  if (!account.meters.includes(eventName))
    throw new Refusal(400, { message: `No active meter found for event name ${eventName}.` });
  if (identifier.length > 100) throw new Refusal(400, { param: 'identifier', message: 'Invalid string: too long.' });
  if (!Number.isSafeInteger(value))
    throw new Refusal(400, { param: 'payload[value]', message: 'Must be a whole number.' });
  const age = seconds(account) - timestamp;
  if (age > 35 * daySeconds || age < -300)
    throw new Refusal(400, { param: 'timestamp', message: 'The timestamp is too far in the past or the future.' });
  const known = account.meterEvents.some(
    (event) => event.identifier === identifier && receivedMs - event.receivedMs < daySeconds * 1_000,
  );
  if (known) throw new Refusal(400, { message: `An event already exists with identifier ${identifier}.` });
  account.meterEvents.push({ eventName, identifier, customer, value, timestamp, receivedMs });
  return {
    object: 'billing.meter_event',
    event_name: eventName,
    identifier,
    timestamp,
    created: seconds(account),
    livemode: false,
    payload: objectAt(form, 'payload'),
  };
}

function listMeters(account: FakeAccount): object {
  const data = account.meters.map((name) => ({
    id: `mtr_${name}`,
    object: 'billing.meter',
    event_name: name,
    status: 'active',
  }));
  return { object: 'list', url: '/v1/billing/meters', data, has_more: false };
}

function summarise(account: FakeAccount, meter: string, query: URLSearchParams): object {
  const [from, to] = [Number(query.get('start_time')), Number(query.get('end_time'))];
  const own = account.meterEvents.filter(
    (event) =>
      `mtr_${event.eventName}` === meter &&
      event.customer === query.get('customer') &&
      event.timestamp >= from &&
      event.timestamp < to,
  );
  const total = own.reduce((sum, { value }) => sum + value, 0);
  const summary = {
    id: 'mtrusg_1',
    object: 'billing.meter_event_summary',
    aggregated_value: total,
    start_time: from,
    end_time: to,
    meter,
  };
  return { object: 'list', url: '', data: [summary], has_more: false };
}

function createPortal(account: FakeAccount, form: FormObject): object {
  const customer = found(account.customers, 'customer', textAt(form, 'customer'), 'customer');
  const id = account.newId('bps');
  return {
    id,
    object: 'billing_portal.session',
    customer: customer.id,
    url: `https://billing.stripe.test/p/session/${id}`,
    return_url: textAt(form, 'return_url'),
  };
}

/** What a call does. @throws Refusal */
export function carryOut(account: FakeAccount, method: string, url: URL, form: FormObject): object {
  const [, , first, second, third, fourth] = url.pathname.split('/');
  const call = `${method} ${[first, second].filter(Boolean).join('/')}`;
  if (call === 'POST customers') return createCustomer(account, form);
  if (call === 'POST checkout/sessions')
    return fourth === 'expire' ? expireSession(account, third ?? '') : createSession(account, form);
  if (call === 'GET checkout/sessions') return found(account.sessions, 'checkout.session', third, 'session');
  if (call === 'POST billing_portal/sessions') return createPortal(account, form);
  if (first === 'subscriptions' && method === 'GET') return found(account.subscriptions, 'subscription', second, 'id');
  if (first === 'subscriptions' && method === 'POST') return updateSubscription(account, second ?? '', form);
  if (call === 'GET invoices') return listInvoices(account, url.searchParams);
  if (call === 'POST billing/meter_events') return createMeterEvent(account, form);
  if (call === 'GET billing/meters' && fourth === 'event_summaries')
    return summarise(account, third ?? '', url.searchParams);
  if (call === 'GET billing/meters') return listMeters(account);
  throw new Refusal(404, { message: `Unrecognized request URL (${method}: ${url.pathname}).` });
}
