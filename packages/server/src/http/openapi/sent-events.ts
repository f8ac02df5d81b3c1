import type { z } from 'zod';
import { exampleOf } from './example.ts';
import type { JsonSchema, SchemaComponents } from './schema-components.ts';

/** An event that this server sends to addresses its users name. */
export interface SentEvent {
  /** As in its `type`, which is its name in the document too. */
  readonly type: string;
  readonly description: string;
  readonly schema: z.ZodType;
}

const signatureHeaders = {
  'webhook-id': 'The same for every attempt: remember it, and take each event once',
  'webhook-timestamp': 'When this attempt was signed: seconds since 1970',
  'webhook-signature': 'v1, and the base64 of an HMAC-SHA256 over id.timestamp.body; several with spaces between them',
};

function operationId(type: string): string {
  return `on${type.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}

/**
 * Events as webhooks of OpenAPI 3.1: what a receiver is sent, signed after Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export function sentEvents(components: SchemaComponents, events: readonly SentEvent[]): JsonSchema {
  const parameters = Object.entries(signatureHeaders).map(([name, description]) => ({
    ...{ name, in: 'header', required: true, description },
    schema: { type: 'string' },
  }));
  const webhooks = events.map(({ type, description, schema }) => {
    const json = components.add(schema, 'output');
    const post = {
      operationId: operationId(type),
      summary: description,
      description: 'Sent to webhooks of POST /account/v1/webhooks that asked for it.',
      tags: ['events'],
      security: [{}],
      parameters,
      requestBody: {
        required: true,
        content: { 'application/json': { schema: json, example: exampleOf(json, components) } },
      },
      responses: {
        '2XX': { description: 'Taken' },
        410: { description: 'Not wanted any more: the webhook is disabled' },
        default: { description: 'Not taken: sent again later' },
      },
    };
    return [type, { post }] as const;
  });
  return Object.fromEntries(webhooks);
}
