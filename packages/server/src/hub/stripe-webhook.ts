import { webhookReceipt } from '@turnpike/contract/purchases';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError, toAppError } from '../errors.ts';
import { rawRoute, type RawRoute } from '../http/api-route.ts';
import { sendJson } from '../http/send-json.ts';
import type { Logger } from '../logger.ts';
import type { PurchaseStore } from '../purchases/store.ts';
import { verifyStripeEvent } from '../purchases/verify-signature.ts';

export interface StripeWebhookOptions {
  readonly purchases: PurchaseStore;
  /** None: events are refused until the operator sets STRIPE_WEBHOOK_SECRET. */
  readonly secrets: readonly string[];
  /** Only events of this kind of account are taken; undefined: of both. */
  readonly livemode: boolean | undefined;
  readonly onTenantChanged: (tenantId: string) => void;
  /** What follows from an event is looked after behind the answer. */
  readonly onTaken: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const largestEventBytes = 1024 * 1024;

/** @returns whether the event was known already */
async function receive(options: StripeWebhookOptions, request: FastifyRequest): Promise<boolean> {
  const { purchases, secrets, livemode, clock, logger, onTenantChanged, onTaken } = options;
  if (secrets.length === 0)
    throw new AppError(
      'WEBHOOK_NOT_CONFIGURED',
      'Events of Stripe are not taken here yet: the operator has to set STRIPE_WEBHOOK_SECRET.',
    );
  const { body: payload } = request;
  if (!Buffer.isBuffer(payload)) throw new AppError('INVALID_REQUEST', 'body: is missing.', { param: 'body' });
  if (payload.length > largestEventBytes)
    throw new AppError('PAYLOAD_TOO_LARGE', `An event may have at most ${largestEventBytes} bytes.`);
  const header = request.headers['stripe-signature'];
  const signature = Array.isArray(header) ? header.join(',') : header;
  const event = await verifyStripeEvent({ payload, header: signature, secrets, nowMs: clock.now() });
  if (livemode !== undefined && event.livemode !== livemode)
    throw new AppError('INVALID_REQUEST', `livemode: only events with ${String(livemode)} are taken here.`, {
      param: 'livemode',
    });
  const { isDuplicate, outcome, changedTenants } = await purchases.record(event, payload);
  for (const tenantId of changedTenants) onTenantChanged(tenantId);
  if (!isDuplicate && outcome !== 'kept') onTaken();
  logger.info(
    { event: event.id, type: event.type, outcome, isDuplicate, changedTenants },
    'an event of Stripe was taken',
  );
  return isDuplicate;
}

async function handle(options: StripeWebhookOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    const duplicate = await receive(options, request);
    sendJson(reply, 200, { 'x-request-id': request.id }, { received: true, duplicate });
  } catch (error) {
    const { code } = toAppError(error);
    options.logger.warn(
      { requestId: request.id, address: request.clientAddress, code },
      'an event of Stripe was refused',
    );
    throw error;
  }
}

/** POST /webhook/stripe-log.php: events of Stripe, signed, each taken once (S1). */
export function stripeWebhookRoute(options: StripeWebhookOptions): RawRoute {
  return rawRoute({
    method: 'POST',
    path: '/webhook/stripe-log.php',
    operationId: 'receiveStripeEvent',
    summary: 'Take an event of Stripe',
    description: 'Signed over the raw body by the header Stripe-Signature. An event that was taken before is harmless.',
    tag: 'webhooks',
    security: 'none',
    unversioned: true,
    takesRawBody: true,
    body: z.looseObject({ id: z.string(), type: z.string() }).meta({ id: 'StripeEvent' }),
    errors: { 503: 'No signing secret is set yet, or the database is away: Stripe delivers again' },
    responses: { 200: { description: 'The event was taken', schema: webhookReceipt } },
    handle: (request, reply) => handle(options, request, reply),
  });
}
