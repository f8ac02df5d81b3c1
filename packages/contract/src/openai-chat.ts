import { z } from 'zod';

const contentPart = z.looseObject({ type: z.string() });

const message = z.looseObject({
  role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(contentPart), z.null()]).optional(),
});

const tokenCount = z.int().positive();

/**
 * What is checked of a chat request before it goes to a model (OpenAI's POST /chat/completions). Fields that are not
 * named here pass through untouched; that is why the object is loose and the parsed copy is not what is sent on.
 */
export const chatCompletionRequest = z
  .looseObject({
    model: z.string().min(1),
    messages: z.array(message).min(1),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    max_tokens: tokenCount.nullish(),
    max_completion_tokens: tokenCount.nullish(),
    n: z.int().min(1).max(128).nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    stop: z.union([z.string(), z.array(z.string())]).nullish(),
    seed: z.int().nullish(),
    tools: z.array(z.looseObject({ type: z.string() })).nullish(),
    response_format: z.looseObject({ type: z.string() }).nullish(),
    logprobs: z.boolean().nullish(),
    user: z.string().nullish(),
  })
  .meta({
    id: 'ChatCompletionsRequest',
    description: 'A chat request as OpenAI clients send it. Further fields pass through to the model.',
  });

export type ChatCompletionRequest = z.output<typeof chatCompletionRequest>;

export const usageObject = z
  .looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })
  .meta({ id: 'TokenUsage' });

export const chatCompletion = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), finish_reason: z.string().nullable() })),
    usage: usageObject,
  })
  .meta({ id: 'ChatCompletion' });

export const modelObject = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().describe('Unix seconds'),
    owned_by: z.string(),
    context_tokens: z.int().describe('Largest sum of prompt and answer'),
    max_output_tokens: z.int(),
    capabilities: z.array(z.string()),
  })
  .meta({ id: 'Model' });

export const modelList = z.object({ object: z.literal('list'), data: z.array(modelObject) }).meta({ id: 'ModelList' });
