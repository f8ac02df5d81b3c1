import { z } from 'zod';

const instant = z.string().describe('RFC 3339');
const nullableText = z.string().nullable();

const job = z.object({
  job_id: z.string(),
  type: z.string().describe('What was ordered'),
  status: z.enum(['succeeded', 'failed', 'cancelled']),
  key_id: nullableText.describe('Whose key, or which person, ordered it'),
  created_at: instant,
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

const batch = z.object({
  batch_id: z.string(),
  status: z.enum(['completed', 'failed', 'expired', 'cancelled']),
  endpoint: z.string(),
  metadata: z.record(z.string(), z.string()).nullable(),
  request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
  output_file_id: nullableText,
  error_file_id: nullableText,
});

const key = z.object({
  key_id: z.string(),
  name: z.string(),
  mode: z.enum(['live', 'test']),
  hint: z.string().describe('Beginning and end of the newest secret'),
});

const limit = z.object({
  limit: z.string().describe('As the rate limit headers name it'),
  counts: z.enum(['requests', 'tokens']),
  window: z.string(),
  threshold: z.int().describe('Percent that are reached'),
  used: z.number(),
  quota: z.number(),
  key_id: nullableText.describe('null: the limit is of the organisation'),
  window_start: instant,
  resets_at: instant,
});

const member = z.object({ member_id: z.string(), user_id: z.string(), email: z.string(), role: z.string() });

/** What an event's `data` holds, by its type. Fields may be added. */
const eventData = {
  'job.succeeded': job,
  'job.failed': job,
  'job.cancelled': job,
  'batch.completed': batch,
  'batch.failed': batch,
  'batch.expired': batch,
  'batch.cancelled': batch,
  'key.created': key,
  'key.rotated': key,
  'key.revoked': key,
  'limit.reached': limit,
  'member.added': member,
  'member.removed': member,
  'subscription.changed': z.object({ plan: z.string(), previous_plan: z.string() }),
  'webhook.test': z.object({ webhook_id: z.string(), message: z.string() }),
} as const;

export type EventType = keyof typeof eventData;
export const eventTypes = Object.keys(eventData) as readonly EventType[];
export type EventData<Type extends EventType> = z.input<(typeof eventData)[Type]>;

/** An event as it is sent. */
export function eventEnvelope(type: EventType): z.ZodType {
  const name = type.replaceAll(/(^|[._])([a-z])/g, (_, _dot: string, letter: string) => letter.toUpperCase());
  return z.object({ type: z.literal(type), timestamp: instant, data: eventData[type] }).meta({ id: `${name}Event` });
}
