import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Stripe from 'stripe';
import { parseForm } from './fake-stripe-form.ts';
import {
  carryOut,
  itemOf,
  Refusal,
  type FakeAccount,
  type FakePrice,
  type StripeObject,
} from './fake-stripe-objects.ts';

interface Fault {
  /** Of `POST /v1/customers`. */
  readonly matches: RegExp;
  /** An error instead of the deed; no answer at all; or the deed, and then the connection breaks. */
  readonly answer: { readonly status: number; readonly code?: string } | 'silence' | 'lost answer';
  /** How many requests it meets. */
  readonly times: number;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

export interface FakeStripe extends FakeAccount {
  readonly url: string;
  readonly apiKey: string;
  readonly webhookSecret: string;
  /** `POST /v1/customers`, in their order. */
  readonly requests: string[];
  fail(fault: Fault): void;
  /** No request meets a fault any more. */
  heal(): void;
  /** The customer pays: the session is complete and there is a subscription. */
  pay(sessionId: string): StripeObject;
  /** Something happens to a subscription. */
  change(subscriptionId: string, change: object): StripeObject;
  /** An event, as it is delivered: its body and its signature. */
  event(
    type: string,
    object: object,
    told?: { readonly id?: string; readonly created?: number; readonly secret?: string },
  ): { readonly payload: string; readonly signature: string };
  close(): Promise<void>;
}

export interface FakeStripeOptions {
  readonly prices?: Readonly<Record<string, FakePrice['usageType']>>;
  readonly meters?: readonly string[];
  readonly now?: () => number;
}

const apiKey = 'sk_test_fake0123456789secret';
const webhookSecret = 'whsec_fake_0123456789abcdef';
const monthSeconds = 30 * 86_400;

function subscribe(account: FakeAccount, session: StripeObject): StripeObject {
  const now = Math.floor(account.now() / 1_000);
  const pending = session['pending'] as { prices: string[]; trialEnd: number | null; metadata: object };
  const period = [now, pending.trialEnd ?? now + monthSeconds] as const;
  const subscription = {
    ...{ id: account.newId('sub'), object: 'subscription', customer: session['customer'], created: now },
    status: pending.trialEnd === null ? 'active' : 'trialing',
    items: { object: 'list', data: pending.prices.map((price) => itemOf(account, price, period)), has_more: false },
    ...{ cancel_at: null, cancel_at_period_end: false, ended_at: null, trial_end: pending.trialEnd },
    ...{ metadata: pending.metadata, latest_invoice: null },
  };
  account.subscriptions.set(subscription.id, subscription);
  Object.assign(session, { status: 'complete', payment_status: 'paid', subscription: subscription.id });
  return subscription;
}

/** Answers that were given under a key, and the data they were given for. */
type Kept = Map<string, { readonly parameters: string; readonly answer: Promise<Answer> }>;

function execute(account: FakeAccount, method: string, url: URL, body: string): Answer {
  try {
    return { status: 200, body: carryOut(account, method, url, parseForm(body)) };
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: error.body };
    throw error;
  }
}

function refused(status: number, type: string, message: string, code?: string): Answer {
  return { status, body: { error: { type, message, ...(code === undefined ? {} : { code }) } } };
}

/** Of requests with one key the first is carried out; others get its answer, or are told that it is still running. */
function once(kept: Kept, key: string, parameters: string, work: () => Answer): Promise<Answer> {
  const known = kept.get(key);
  if (known === undefined) {
    const answer = new Promise<Answer>((resolve) =>
      setImmediate(() => {
        resolve(work());
      }),
    );
    kept.set(key, { parameters, answer });
    return answer;
  }
  if (known.parameters === parameters) return known.answer;
  const message = 'Keys for idempotent requests can only be used with the same parameters they were first used with.';
  return Promise.resolve(refused(400, 'idempotency_error', message));
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_fake' });
  response.end(JSON.stringify(body));
}

function meetFault(faults: { fault: Fault; left: number }[], line: string): Fault['answer'] | undefined {
  const met = faults.find(({ fault, left }) => left > 0 && fault.matches.test(line));
  if (met === undefined) return undefined;
  met.left -= 1;
  return met.fault.answer;
}

interface Inner {
  readonly account: FakeAccount;
  readonly requests: string[];
  readonly faults: { fault: Fault; left: number }[];
  readonly kept: Kept;
}

async function answer({ account, requests, faults, kept }: Inner, request: IncomingMessage, response: ServerResponse) {
  const method = request.method ?? '';
  const url = new URL(request.url ?? '/', 'http://localhost');
  const line = `${method} ${url.pathname}`;
  requests.push(line);
  const body = await text(request);
  if (request.headers.authorization !== `Bearer ${apiKey}`) {
    const given = request.headers.authorization?.slice(7) ?? '';
    send(response, refused(401, 'invalid_request_error', `Invalid API Key provided: ${given}`));
    return;
  }
  const fault = meetFault(faults, line);
  if (fault === 'silence') return;
  if (typeof fault === 'object') {
    send(response, refused(fault.status, 'api_error', 'Sorry.', fault.code));
    return;
  }
  const key = request.headers['idempotency-key'];
  const work = () => execute(account, method, url, body);
  const made = method === 'POST' && typeof key === 'string' ? await once(kept, key, line + body, work) : work();
  if (fault === 'lost answer') request.socket.destroy();
  else send(response, made);
}

function createAccount({ prices = {}, meters = [], now = () => Date.now() }: FakeStripeOptions): FakeAccount {
  let serial = 0;
  // Several may be asked from one database.
  const account = randomBytes(4).toString('hex');
  return {
    prices: new Map(Object.entries(prices).map(([id, usageType]) => [id, { usageType }])),
    ...{ meters, now, customers: new Map(), sessions: new Map(), subscriptions: new Map() },
    ...{ invoices: [], meterEvents: [] },
    newId: (kind) => `${kind}_fake${account}${String((serial += 1)).padStart(6, '0')}`,
  };
}

/**
 * A server that speaks as much of Stripe's API as is used here: form-encoded calls, errors, idempotency keys, events
 * signed by the official library. Every instance begins with an empty account.
 */
export async function startFakeStripe(options: FakeStripeOptions = {}): Promise<FakeStripe> {
  const account = createAccount(options);
  const inner: Inner = { account, requests: [], faults: [], kept: new Map() };
  const { webhooks } = new Stripe(apiKey);
  const server = createServer((request, response) => {
    // A client that leaves in the middle of a body is no fault of this server.
    answer(inner, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const known = (all: ReadonlyMap<string, StripeObject>, id: string): StripeObject => {
    const object = all.get(id);
    if (object === undefined) throw new Error(`the fake Stripe has no ${id}`);
    return object;
  };
  return {
    ...account,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ apiKey, webhookSecret, requests: inner.requests },
    fail: (fault) => void inner.faults.push({ fault, left: fault.times }),
    heal: () => void inner.faults.splice(0),
    pay: (sessionId) => subscribe(account, known(account.sessions, sessionId)),
    change: (id, change) => Object.assign(known(account.subscriptions, id), change),
    event: (type, object, told = {}) => {
      const created = told.created ?? Math.floor(account.now() / 1_000);
      const id = told.id ?? account.newId('evt');
      const payload = JSON.stringify({ id, object: 'event', type, created, livemode: false, data: { object } });
      const timestamp = Math.floor(Date.now() / 1_000);
      const signature = webhooks.generateTestHeaderString({ payload, secret: told.secret ?? webhookSecret, timestamp });
      return { payload, signature };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
