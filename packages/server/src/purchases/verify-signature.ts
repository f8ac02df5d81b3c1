import type Stripe from 'stripe';
import { AppError } from '../errors.ts';
import type { StripeEvent } from './stripe-event.ts';

const toleranceSeconds = 300;

let library: Promise<Stripe> | undefined;

/** Loaded with the first event: most processes never see one. */
function stripe(): Promise<Stripe> {
  library ??= import('stripe').then(({ default: Client }) => new Client('unused'));
  return library;
}

function invalid(message: string): AppError {
  return new AppError('INVALID_SIGNATURE', message, { param: 'Stripe-Signature' });
}

/** The moment the sender claims to have signed at, in seconds. */
function signedAt(header: string): number {
  return Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(header)?.[1] ?? NaN);
}

/**
 * Checks that an event was signed with one of the secrets (two while one is replaced by another), within five minutes.
 * @param payload the bytes as they came: another spelling of the same JSON has another signature
 * @throws AppError INVALID_SIGNATURE; INVALID_REQUEST: signed, but no event
 */
export async function verifyStripeEvent(options: {
  readonly payload: Buffer;
  readonly header: string | undefined;
  readonly secrets: readonly string[];
  readonly nowMs: number;
}): Promise<StripeEvent> {
  const { payload, header, secrets, nowMs } = options;
  if (header === undefined) throw invalid('Stripe-Signature: is missing.');
  const { webhooks } = await stripe();
  const isAhead = signedAt(header) * 1_000 - nowMs > toleranceSeconds * 1_000;
  const secret = secrets.find((candidate) => {
    try {
      return webhooks.signature?.verifyHeader(payload, header, candidate, toleranceSeconds, undefined, nowMs) === true;
    } catch {
      return false;
    }
  });
  if (secret === undefined || isAhead)
    throw invalid('Stripe-Signature: does not fit the body, the secret or the time of this server.');
  return readEvent(payload);
}

function readEvent(payload: Buffer): StripeEvent {
  let given: Readonly<Record<string, unknown>>;
  try {
    given = JSON.parse(payload.toString('utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    throw new AppError('INVALID_REQUEST', 'body: is signed but no JSON.', { param: 'body' });
  }
  const { id, type, created, livemode, data } = given;
  const object = (data as { object?: unknown } | null | undefined)?.object;
  const isEvent = typeof id === 'string' && typeof type === 'string' && Number.isSafeInteger(created);
  if (!isEvent || typeof object !== 'object' || object === null)
    throw new AppError('INVALID_REQUEST', 'body: is signed but no event of Stripe.', { param: 'body' });
  return {
    id: id.slice(0, 255),
    type: type.slice(0, 255),
    created: Number(created),
    livemode: livemode === true,
    object: object as StripeEvent['object'],
  };
}
