import { hash } from 'node:crypto';
import { stripeErrorOf } from './stripe-client.ts';

/**
 * The same for the same order: Stripe carries it out once. Other data under a known key would be refused, so they make
 * another key.
 */
export function idempotencyKeyOf(what: string, parameters: object): string {
  return `turnpike-${what}-${hash('sha256', JSON.stringify(parameters)).slice(0, 20)}`;
}

/** Has Stripe kept an error under the key, which it would give again for a day? Not where no answer came, or none yet. */
export function isKeySpent(error: unknown): boolean {
  const status = stripeErrorOf(error)?.statusCode;
  return status !== undefined && status !== 409 && status !== 429;
}
