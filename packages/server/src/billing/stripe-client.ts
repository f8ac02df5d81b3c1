import type Stripe from 'stripe';
import { AppError, errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

export type { Stripe };

/** Stripe, with its errors made ours. */
export interface StripeClient {
  /**
   * @throws AppError PAYMENT_PROVIDER_UNAVAILABLE: it is away, or busy, or refuses our key; PAYMENT_PROVIDER_REFUSED: it
   *   does not want what was asked; its own error is the cause
   */
  call<Answer>(work: (stripe: Stripe) => Promise<Answer>): Promise<Answer>;
}

export interface StripeClientOptions {
  readonly apiKey: string;
  /** Origin of the API. */
  readonly apiUrl: string;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

interface Told {
  readonly type: string;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly statusCode: number | undefined;
  readonly requestId: string | undefined;
  readonly message: string;
}

/** What Stripe's own error says; undefined: it is none of Stripe's. */
export function stripeErrorOf(error: unknown): Told | undefined {
  const given = error instanceof AppError ? error.cause : error;
  if (!(given instanceof Error) || !('rawType' in given || given.constructor.name.startsWith('Stripe')))
    return undefined;
  const read = given as Error & Partial<Record<'type' | 'code' | 'param' | 'statusCode' | 'requestId', unknown>>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    type: text(read.type) ?? given.constructor.name,
    code: text(read.code),
    param: text(read.param),
    statusCode: typeof read.statusCode === 'number' ? read.statusCode : undefined,
    requestId: text(read.requestId),
    message: given.message,
  };
}

/** Stripe repeats a part of a key that it does not know. */
function withoutKeys(message: string): string {
  return message.replaceAll(/\b(sk|rk|pk|whsec)_[\w*]+/g, '$1_…');
}

/** What is named in a call is not there, at Stripe. */
export function isMissing(error: unknown, param: string): boolean {
  const told = stripeErrorOf(error);
  return told?.code === 'resource_missing' && (told.param ?? '') === param;
}

function ourError(error: unknown, logger: Logger): AppError {
  if (error instanceof AppError) return error;
  const told = stripeErrorOf(error);
  const message = withoutKeys(told?.message ?? errorMessage(error));
  const { type, code, param, statusCode, requestId } = told ?? {};
  logger.warn({ type, code, param, statusCode, stripeRequest: requestId, reason: message }, 'Stripe refused or failed');
  const refused = statusCode !== undefined && [400, 402, 404].includes(statusCode);
  if (refused)
    return new AppError(
      'PAYMENT_PROVIDER_REFUSED',
      'The payment provider did not accept this. Nothing was changed or charged. Ask the provider of this API.',
      { cause: error },
    );
  return new AppError(
    'PAYMENT_PROVIDER_UNAVAILABLE',
    'The payment provider cannot be reached right now. Nothing is lost: try again in a minute.',
    { cause: error, retryAfterSeconds: 30 },
  );
}

/** Retries with the same idempotency key are the library's. */
const retries = 2;

async function load({ apiKey, apiUrl, timeoutMs }: StripeClientOptions): Promise<Stripe> {
  const { default: Client } = await import('stripe');
  const { protocol, hostname, port } = new URL(apiUrl);
  return new Client(apiKey, {
    host: hostname,
    protocol: protocol === 'http:' ? 'http' : 'https',
    ...(port === '' ? {} : { port }),
    timeout: timeoutMs,
    maxNetworkRetries: retries,
    telemetry: false,
  });
}

/** A client of Stripe; the library is loaded with the first call. */
export function createStripeClient(options: StripeClientOptions): StripeClient {
  let loaded: Promise<Stripe> | undefined;
  return {
    call: async (work) => {
      loaded ??= load(options);
      const stripe = await loaded;
      try {
        return await work(stripe);
      } catch (error) {
        throw ourError(error, options.logger);
      }
    },
  };
}
