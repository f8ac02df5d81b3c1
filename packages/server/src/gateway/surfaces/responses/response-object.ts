import type { ResponsesRequest } from '@turnpike/contract/openai-responses';
import type { JsonObject } from '../../../providers/provider.ts';
import type { TokenCounts } from '../../../usage/usage-event.ts';
import type { NewItemId } from './normalise-input.ts';
import type { OutputItem } from './output-items.ts';

/** What is fixed of a response before its answer is known. */
export interface ResponseSeed {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly request: ResponsesRequest;
  readonly newItemId: NewItemId;
  readonly nowMs: () => number;
}

export interface ResponseError {
  readonly code: string;
  readonly message: string;
}

/** How far an answer has come. */
export type ResponseState =
  | { readonly status: 'in_progress' }
  | { readonly status: 'completed'; readonly tokens: TokenCounts | undefined }
  | { readonly status: 'incomplete'; readonly tokens: TokenCounts | undefined; readonly reason: IncompleteReason }
  | { readonly status: 'failed'; readonly error: ResponseError };

type IncompleteReason = 'max_output_tokens' | 'content_filter';

/** Why an answer is not whole; undefined when it is. @param finishReason of the chat choice */
function incompleteReason(finishReason: unknown): IncompleteReason | undefined {
  if (finishReason === 'length') return 'max_output_tokens';
  return finishReason === 'content_filter' ? 'content_filter' : undefined;
}

/** Completed, or incomplete for the reason the chat choice gives. */
export function endedState(finishReason: unknown, tokens: TokenCounts | undefined): ResponseState {
  const reason = incompleteReason(finishReason);
  return reason === undefined ? { status: 'completed', tokens } : { status: 'incomplete', tokens, reason };
}

function usageOf(tokens: TokenCounts): JsonObject {
  return {
    input_tokens: tokens.promptTokens,
    input_tokens_details: { cached_tokens: tokens.cachedTokens },
    output_tokens: tokens.completionTokens,
    output_tokens_details: { reasoning_tokens: tokens.reasoningTokens },
    total_tokens: tokens.promptTokens + tokens.completionTokens,
  };
}

function echoedTools(tools: ResponsesRequest['tools']): JsonObject[] {
  return (tools ?? []).map((tool) => ({ description: null, parameters: null, strict: null, ...tool }));
}

/** The request's parameters as OpenAI repeats them in the response; null where the model's own default held. */
function echo(request: ResponsesRequest): JsonObject {
  const { text, reasoning } = request;
  return {
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    metadata: request.metadata ?? {},
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: request.service_tier ?? null,
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: { format: text?.format ?? { type: 'text' }, ...(text?.verbosity ? { verbosity: text.verbosity } : {}) },
    tool_choice: request.tool_choice ?? 'auto',
    tools: echoedTools(request.tools),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? null,
    truncation: request.truncation ?? 'disabled',
    user: request.user ?? null,
  };
}

/** The Response object at a moment of its life. @param model public name */
export function responseObject(
  seed: ResponseSeed,
  model: string,
  output: readonly OutputItem[],
  state: ResponseState,
): JsonObject {
  const tokens = state.status === 'completed' || state.status === 'incomplete' ? state.tokens : undefined;
  return {
    id: seed.id,
    object: 'response',
    created_at: seed.createdAtSeconds,
    status: state.status,
    background: false,
    completed_at: state.status === 'completed' ? Math.floor(seed.nowMs() / 1000) : null,
    error: state.status === 'failed' ? state.error : null,
    incomplete_details: state.status === 'incomplete' ? { reason: state.reason } : null,
    model,
    output,
    usage: tokens === undefined ? null : usageOf(tokens),
    ...echo(seed.request),
  };
}
