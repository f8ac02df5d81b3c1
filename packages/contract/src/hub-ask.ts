import { z } from 'zod';

/** One turn of a conversation with the hub. */
export const hubMessage = z
  .object({ role: z.enum(['system', 'user', 'assistant']), content: z.string().max(4000) })
  .meta({ id: 'ChatMessage' });

const flag = z.union([z.boolean(), z.number(), z.string()]);

/**
 * What `ask` understands: the flat question (S1), NLWeb's older parameters and NLWeb 0.55's nested form. What it does not
 * know is passed over, as NLWeb asks.
 */
export const askRequest = z
  .looseObject({
    query: z
      .union([
        z.string().trim().min(1).max(4000),
        z.looseObject({ text: z.string().trim().min(1).max(4000), site: z.string().optional() }),
      ])
      .describe('The question: a text, or NLWeb 0.55’s {text, site}'),
    site: z.string().max(2000).optional().describe('Where to look; this server has one site'),
    lang: z.enum(['de', 'en']).nullish(),
    prev: z
      .union([z.string().max(8000), z.array(z.union([z.string().max(4000), hubMessage])).max(8)])
      .optional()
      .describe('Earlier questions, or turns of the conversation'),
    context: z.looseObject({ prev: z.array(z.unknown()).max(8).optional() }).optional(),
    streaming: flag.optional(),
    prefer: z.looseObject({ streaming: z.boolean().optional() }).optional(),
    query_id: z.string().max(200).optional(),
  })
  .meta({ id: 'AskRequest' });

export type AskRequest = z.output<typeof askRequest>;

export const askResult = z
  .looseObject({
    url: z.string(),
    name: z.string(),
    site: z.string(),
    score: z.number().describe('0 to 100'),
    description: z.string(),
  })
  .meta({ id: 'AskResult' });

export const askResponse = z
  .object({
    _meta: z.looseObject({
      response_type: z.enum(['answer', 'error', 'capabilities']),
      version: z.string(),
      source: z.string().optional().describe('faq:* | tool:* | llm:* | demo'),
    }),
    answer: z.string(),
    citations: z.array(z.url()).optional(),
    follow_up: z.array(z.string()).optional(),
    results: z.array(askResult).optional(),
    query_id: z.string().optional(),
  })
  .meta({ id: 'AskResponse' });

export const askCapabilities = z.looseObject({ _meta: z.looseObject({ response_type: z.literal('capabilities') }) });
