import { z } from 'zod';

const message = z.looseObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
});

/** SpyCore's chat request (S3). Whether it streams is decided by the path. */
export const spycoreChatRequest = z
  .looseObject({
    model: z.string().min(1),
    messages: z.array(message).min(1),
    temperature: z.number().nullish(),
    max_tokens: z.int().positive().nullish(),
  })
  .meta({ id: 'SpyCoreChatRequest' });

export const spycoreChatResponse = z
  .object({
    id: z.string().describe('chat_ and a ULID'),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({ role: z.literal('assistant'), content: z.string() }),
        finish_reason: z.string(),
      }),
    ),
    usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'SpyCoreChatResponse' });

export const spycoreUsage = z
  .object({
    period: z.string().describe('YYYY-MM, UTC'),
    total_tokens: z.int(),
    by_model: z.record(z.string(), z.object({ prompt: z.int(), completion: z.int() })),
  })
  .meta({ id: 'SpyCoreUsage' });

export const spycoreError = z
  .object({
    error: z.object({
      code: z.enum(['bad_request', 'unauthorized', 'forbidden', 'rate_limit', 'server_error', 'overloaded']),
      message: z.string(),
    }),
  })
  .meta({ id: 'SpyCoreError' });
