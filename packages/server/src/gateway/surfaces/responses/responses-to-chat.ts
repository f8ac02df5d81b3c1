import type { ResponsesRequest } from '@turnpike/contract/openai-responses';
import type { JsonObject } from '../../../providers/provider.ts';
import { inputToMessages, type InputItem } from './input-to-messages.ts';
import { refusal } from './refuse.ts';
import { toolsToChat } from './tools-to-chat.ts';

/** Fields that would change the answer, and that only the vendor's own servers know. */
const refusedFields: Readonly<Record<string, string>> = {
  conversation: 'stored conversations are not supported; go on from a response with previous_response_id.',
  prompt: 'prompt templates are not supported; send their text in instructions and input.',
  context_management: 'the context is not compacted here; shorten input yourself.',
  moderation: 'is not supported; call /v1/moderations.',
  image: 'images are not generated here.',
};

/** @throws AppError INVALID_REQUEST for what cannot be done */
export function refuseUnsupported(request: ResponsesRequest): void {
  if (request.background === true)
    throw refusal('background', 'answers are not made in the background; leave it out and use stream: true.');
  for (const [field, why] of Object.entries(refusedFields)) {
    const value = request[field];
    if (value !== undefined && value !== null) throw refusal(field, why);
  }
}

function responseFormat({ text }: ResponsesRequest): JsonObject {
  const format = text?.format;
  if (format === undefined || format === null || format.type === 'text') return {};
  if (format.type === 'json_object') return { response_format: { type: 'json_object' } };
  const { name, schema, description, strict } = format;
  if (name === undefined) throw refusal('text.format.name', 'required for json_schema.');
  if (schema === undefined) throw refusal('text.format.schema', 'required for json_schema.');
  const described = {
    name,
    schema,
    ...(description === undefined || description === null ? {} : { description }),
    ...(strict === undefined || strict === null ? {} : { strict }),
  };
  return { response_format: { type: 'json_schema', json_schema: described } };
}

/** Log probabilities are asked for in two ways; chat has one. */
function logprobs({ include, top_logprobs: top }: ResponsesRequest): JsonObject {
  const isAsked = include?.includes('message.output_text.logprobs') === true || (top ?? 0) > 0;
  return isAsked ? { logprobs: true, ...(typeof top === 'number' && top > 0 ? { top_logprobs: top } : {}) } : {};
}

/** Chat field by the value the caller gave for its counterpart; absent where the caller gave none. */
function sameMeaning(request: ResponsesRequest): JsonObject {
  const pairs: readonly (readonly [string, unknown])[] = [
    ['max_completion_tokens', request.max_output_tokens],
    ['temperature', request.temperature],
    ['top_p', request.top_p],
    ['reasoning_effort', request.reasoning?.effort],
    ['verbosity', request.text?.verbosity],
    ['user', request.user],
    ['safety_identifier', request.safety_identifier],
    ['prompt_cache_key', request.prompt_cache_key],
    ['service_tier', request.service_tier],
  ];
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined && value !== null));
}

/**
 * A Responses request as a chat request. Pure.
 *
 * `metadata`, `store`, `include` and `truncation` stay here: the first three concern what we keep and show, and nothing
 * is ever cut from a conversation: one that is too long is refused.
 * @param items the whole conversation: what the previous response stands for, then this request's input
 * @throws AppError INVALID_REQUEST naming the field as the caller wrote it
 */
export function responsesToChat(request: ResponsesRequest, items: readonly InputItem[]): JsonObject {
  const messages = inputToMessages(request.instructions ?? undefined, items);
  if (items.length === 0 || messages.length === 0) throw refusal('input', 'required: a text, or a list of items.');
  return {
    model: request.model,
    messages,
    ...(request.stream === true ? { stream: true } : {}),
    ...sameMeaning(request),
    ...toolsToChat(request),
    ...responseFormat(request),
    ...logprobs(request),
  };
}
