import { z } from 'zod';

const block = z.looseObject({ type: z.string() });
const text = z.looseObject({ type: z.literal('text'), text: z.string() });

const turn = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(block)]),
});

const tool = z.looseObject({
  name: z.string().optional(),
  type: z.string().nullish(),
  description: z.string().nullish(),
  input_schema: z.looseObject({}).optional(),
});

const format = z.looseObject({ type: z.string(), schema: z.looseObject({}).optional() });

/** What a prompt is made of: the same for an answer and for a count of its tokens. */
const prompt = z.looseObject({
  model: z.string().min(1),
  messages: z.array(turn).min(1),
  system: z.union([z.string(), z.array(text)]).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .looseObject({ type: z.string(), name: z.string().optional(), disable_parallel_tool_use: z.boolean().nullish() })
    .nullish(),
  thinking: z.looseObject({ type: z.string(), budget_tokens: z.int().positive().nullish() }).nullish(),
  output_config: z.looseObject({ effort: z.string().nullish(), format: format.nullish() }).nullish(),
  output_format: format.nullish().describe('Older place of output_config.format'),
});

/**
 * What is checked of Anthropic's POST /v1/messages. Fields that are not named here reach upstreams of Anthropic as they
 * came and are left out for others.
 */
export const messagesRequest = prompt
  .extend({
    max_tokens: z.int().nonnegative().describe('0 only prepares the prompt cache of an upstream of Anthropic'),
    stream: z.boolean().nullish(),
    stop_sequences: z.array(z.string()).nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    top_k: z.int().nullish(),
    metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  })
  .meta({ id: 'MessagesRequest', description: 'A request as clients of Anthropic’s Messages API send it.' });

export type MessagesRequest = z.output<typeof messagesRequest>;

export const countTokensRequest = prompt.meta({
  id: 'CountTokensRequest',
  description: 'A Messages request of which only the prompt is counted.',
});

export type CountTokensRequest = z.output<typeof countTokensRequest>;

export const countTokensResponse = z
  .looseObject({ input_tokens: z.int().nonnegative() })
  .meta({ id: 'CountTokensResponse' });

const usage = z.looseObject({
  input_tokens: z.int().describe('Prompt tokens that were neither read from nor written to a cache'),
  cache_creation_input_tokens: z.int().nullish(),
  cache_read_input_tokens: z.int().nullish(),
  output_tokens: z.int(),
});

export const message = z
  .looseObject({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string(),
    content: z.array(block),
    stop_reason: z.string().nullable(),
    stop_sequence: z.string().nullable(),
    usage,
  })
  .meta({ id: 'Message', description: 'A whole answer of the Messages API.' });

export const anthropicError = z
  .object({
    type: z.literal('error'),
    error: z.object({
      type: z.enum([
        'invalid_request_error',
        'authentication_error',
        'billing_error',
        'permission_error',
        'not_found_error',
        'request_too_large',
        'rate_limit_error',
        'timeout_error',
        'api_error',
        'overloaded_error',
      ]),
      message: z.string(),
    }),
    request_id: z.string().describe('The same as in the header request-id'),
  })
  .meta({ id: 'AnthropicError' });
