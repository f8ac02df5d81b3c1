import { z } from 'zod';
import { pageQuery } from './pagination.ts';

const instant = z.string().describe('RFC 3339');

/** What an endpoint can be told of. `webhook.test` is sent on demand, whatever an endpoint asked for. */
export const eventDescriptions = {
  'job.succeeded': 'A job of POST /api/jobs is done',
  'job.failed': 'A job could not be carried out',
  'job.cancelled': 'A job was cancelled',
  'batch.completed': 'A batch is over and its files can be read',
  'batch.failed': 'The input of a batch is not valid',
  'batch.expired': 'A batch was not done within its time; what was done can be read',
  'batch.cancelled': 'A batch was cancelled; what was done can be read',
  'key.created': 'An API key was created',
  'key.rotated': 'An API key was given a new secret',
  'key.revoked': 'An API key was revoked',
  'limit.reached': 'A part of a day’s or month’s tokens is used up',
  'member.added': 'Somebody joined the organisation',
  'member.removed': 'Somebody left the organisation, or was removed',
  'subscription.changed': 'The organisation has another plan',
} as const;

export type SubscribedEventType = keyof typeof eventDescriptions;

const subscribedType = z.enum(Object.keys(eventDescriptions) as [SubscribedEventType, ...SubscribedEventType[]]);

export const webhookEventType = z
  .object({ type: subscribedType, description: z.string() })
  .meta({ id: 'WebhookEventType' });

const url = z
  .string()
  .trim()
  .min(1)
  .max(2_048)
  .describe('Where events are sent by POST: an https address on the public internet')
  .meta({ examples: ['https://example.com/webhooks'] });
const description = z.string().trim().max(200);
const eventTypes = z
  .array(subscribedType)
  .min(1)
  .max(50)
  .nullable()
  .describe('What the endpoint is told of; null: everything, also what is added later');

export const createWebhookRequest = z
  .strictObject({ url, description: description.optional(), event_types: eventTypes.optional() })
  .meta({ id: 'CreateWebhookRequest' });

export const updateWebhookRequest = z
  .strictObject({
    url: url.optional(),
    description: description.optional(),
    event_types: eventTypes.optional(),
    enabled: z.boolean().optional().describe('What waits for a disabled endpoint is sent once it is enabled again'),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one of url, description, event_types, enabled')
  .meta({ id: 'UpdateWebhookRequest' });

export const rotateWebhookRequest = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(7 * 86_400)
      .default(86_400)
      .describe('For so long deliveries are signed with the old secret too'),
  })
  .meta({ id: 'RotateWebhookRequest' });

export const webhookEndpoint = z
  .object({
    id: z.string().meta({ examples: ['whe_01JD8Q3V7M2K9T4R6W1X5Y0Z3A'] }),
    url: z.string(),
    description: z.string(),
    event_types: z.array(subscribedType).nullable().describe('null: everything'),
    enabled: z.boolean(),
    disabled_reason: z
      .enum(['gone', 'failing'])
      .nullable()
      .describe('Why it was disabled by the platform: it answered 410, or nothing had reached it for days'),
    last_success_at: instant.nullable(),
    old_secret_expires_at: instant.nullable().describe('Until then deliveries are signed with the old secret too'),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'WebhookEndpoint' });

export const createdWebhook = webhookEndpoint
  .extend({ secret: z.string().describe('Signs what is sent: whsec_ and base64. Shown only here.') })
  .meta({ id: 'CreatedWebhook' });

const deliveryStatus = z.enum(['pending', 'delivered', 'failed']);

export const webhookDelivery = z
  .object({
    id: z.string(),
    endpoint_id: z.string(),
    event_id: z.string().describe('The header webhook-id: the same for every attempt'),
    event_type: z.string().meta({ examples: ['job.succeeded'] }),
    status: deliveryStatus,
    attempts: z.int().describe('How often it was tried'),
    response_status: z.int().nullable().describe('Of the last attempt; null: there was no answer'),
    next_attempt_at: instant.nullable().describe('null: it is over'),
    created_at: instant,
    ended_at: instant.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });

export const webhookDeliveryDetail = webhookDelivery
  .extend({
    payload: z.looseObject({ type: z.string(), timestamp: instant, data: z.looseObject({}) }).describe('What is sent'),
    attempt_log: z.array(
      z.object({
        number: z.int(),
        started_at: instant,
        duration_ms: z.int(),
        response_status: z.int().nullable(),
        response_body: z.string().nullable().describe('The first 1024 bytes'),
        error: z.string().nullable().describe('Why it counts as failed; null: it was delivered'),
      }),
    ),
  })
  .meta({ id: 'WebhookDeliveryDetail' });

export const webhookDeliveriesQuery = z.strictObject({ status: deliveryStatus.optional(), ...pageQuery });
