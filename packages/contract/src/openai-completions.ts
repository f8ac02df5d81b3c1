import { z } from 'zod';
import { usageObject } from './openai-chat.ts';

/** OpenAI's old POST /completions. Further fields pass through to the model. */
export const completionRequest = z
  .looseObject({
    model: z.string().min(1),
    prompt: z.union([z.string(), z.array(z.union([z.string(), z.int(), z.array(z.int())]))]),
    max_tokens: z.int().positive().nullish(),
    n: z.int().min(1).max(128).nullish(),
    best_of: z.int().min(1).nullish(),
    echo: z.boolean().nullish(),
    suffix: z.string().nullish(),
    logprobs: z.int().min(0).max(5).nullish(),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    stop: z.union([z.string(), z.array(z.string())]).nullish(),
  })
  .meta({ id: 'CompletionRequest' });

export type CompletionRequest = z.output<typeof completionRequest>;

export const completionResponse = z
  .looseObject({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), text: z.string(), finish_reason: z.string().nullable() })),
    usage: usageObject,
  })
  .meta({ id: 'CompletionResponse' });
