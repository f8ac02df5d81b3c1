import { z } from 'zod';

/** One part of a message's or a function output's content; which fields it needs, its type decides. */
export const contentPart = z.looseObject({ type: z.string() });

const content = z.union([z.string(), z.array(contentPart)]);

export const textPart = z.looseObject({ type: z.string(), text: z.string() });

export const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });

export const imagePart = z.looseObject({
  type: z.literal('input_image'),
  image_url: z.string().nullish().describe('an http or https URL, or a data URL'),
  file_id: z.string().nullish(),
  detail: z.string().nullish(),
});

export const messageItem = z.looseObject({
  type: z.literal('message').nullish(),
  id: z.string().nullish(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content,
});

export const functionCallItem = z.looseObject({
  type: z.literal('function_call'),
  id: z.string().nullish(),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
});

export const functionCallOutputItem = z.looseObject({
  type: z.literal('function_call_output'),
  id: z.string().nullish(),
  call_id: z.string().min(1),
  output: content,
});

export const itemReference = z.looseObject({ type: z.literal('item_reference').nullish(), id: z.string().min(1) });

export const functionTool = z.looseObject({
  type: z.literal('function'),
  name: z.string().min(1),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

const textFormat = z.looseObject({
  type: z.enum(['text', 'json_object', 'json_schema']),
  name: z.string().optional(),
  description: z.string().nullish(),
  schema: z.record(z.string(), z.unknown()).optional(),
  strict: z.boolean().nullish(),
});

/**
 * OpenAI's POST /responses as far as it is understood here. The object is loose: what has no meaning for a chat model
 * passes without harm, and what would change the answer but cannot be done is refused by name after this check.
 */
export const responsesRequest = z
  .looseObject({
    model: z.string().min(1),
    input: z.union([z.string(), z.array(z.looseObject({ type: z.string().nullish() }))]).nullish(),
    instructions: z.string().nullish(),
    previous_response_id: z.string().min(1).nullish(),
    store: z.boolean().nullish().describe('Absent: true. A stored response can be read, deleted and gone on from'),
    stream: z.boolean().nullish(),
    background: z.boolean().nullish(),
    tools: z.array(z.looseObject({ type: z.string() })).nullish(),
    tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    max_tool_calls: z.int().positive().nullish(),
    text: z.looseObject({ format: textFormat.nullish(), verbosity: z.string().nullish() }).nullish(),
    reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
    max_output_tokens: z.int().positive().nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    truncation: z.enum(['auto', 'disabled']).nullish(),
    include: z.array(z.string()).nullish(),
    metadata: z.record(z.string(), z.string()).nullish(),
    user: z.string().nullish(),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
    service_tier: z.string().nullish(),
  })
  .meta({ id: 'ResponsesRequest', description: 'A request as OpenAI clients send it to the Responses API.' });

export type ResponsesRequest = z.output<typeof responsesRequest>;

export const responseUsage = z
  .object({
    input_tokens: z.int(),
    input_tokens_details: z.object({ cached_tokens: z.int() }),
    output_tokens: z.int(),
    output_tokens_details: z.object({ reasoning_tokens: z.int() }),
    total_tokens: z.int(),
  })
  .meta({ id: 'ResponseUsage' });

export const response = z
  .looseObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.int().describe('Unix seconds'),
    status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
    model: z.string(),
    output: z.array(z.looseObject({ id: z.string(), type: z.enum(['message', 'function_call', 'reasoning']) })),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    incomplete_details: z.object({ reason: z.enum(['max_output_tokens', 'content_filter']) }).nullable(),
    usage: responseUsage.nullable(),
  })
  .meta({ id: 'Response', description: 'An answer of the Responses API.' });

export const responseDeleted = z
  .object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) })
  .meta({ id: 'ResponseDeleted' });

export const responseInputItems = z
  .object({
    object: z.literal('list'),
    data: z.array(z.looseObject({ id: z.string(), type: z.string() })),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'ResponseInputItems' });

export const responseInputItemsQuery = z.looseObject({
  after: z.string().optional().describe('Id of the item after which the page begins'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('desc').describe('desc: the last item first'),
});
