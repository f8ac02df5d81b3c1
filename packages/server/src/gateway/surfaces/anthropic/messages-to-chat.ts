import type { CountTokensRequest, MessagesRequest } from '@turnpike/contract/anthropic-messages';
import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { AppError } from '../../../errors.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { toolFields } from './tools-to-chat.ts';
import { onlyNative, TranslationGap } from './translation-gap.ts';
import { messagesOfTurn } from './turns-to-messages.ts';

export interface ChatTranslation {
  /** OpenAI's chat body, without what it has no words for. */
  readonly body: ChatCompletionRequest;
  /** The first thing that was left out though it matters: `body` must not be sent instead of the request. */
  readonly gap: AppError | undefined;
}

export interface ModelTraits {
  /** The model thinks, and knows the field for how much; others refuse it. */
  readonly reasoning: boolean;
}

function systemText(system: NonNullable<CountTokensRequest['system']>): string {
  return typeof system === 'string' ? system : system.map(({ text }) => text).join('\n\n');
}

/** Budgets are numbers at Anthropic and words at OpenAI; the borders are the smallest budget of Anthropic's times 4 and 16. */
function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens < 4_096) return 'low';
  return budgetTokens < 16_384 ? 'medium' : 'high';
}

/** OpenAI's effort for Anthropic's effort or thinking budget; undefined: the model decides. */
function reasoningEffort({ thinking, output_config: output }: CountTokensRequest): string | undefined {
  const effort = output?.effort ?? undefined;
  // Above `high` the vendors' scales part.
  if (effort !== undefined) return effort === 'low' || effort === 'medium' ? effort : 'high';
  const budget = thinking?.type === 'enabled' ? (thinking.budget_tokens ?? undefined) : undefined;
  return budget === undefined ? undefined : effortOfBudget(budget);
}

function responseFormat(request: CountTokensRequest, gap: TranslationGap): JsonObject | undefined {
  const [at, format] =
    request.output_config?.format === undefined || request.output_config.format === null
      ? ['output_format', request.output_format]
      : ['output_config.format', request.output_config.format];
  if (format === undefined || format === null) return undefined;
  const { type, schema } = format;
  if (type !== 'json_schema') {
    gap.note(`${at}.type`, onlyNative(`A format other than json_schema (${JSON.stringify(type)})`));
    return undefined;
  }
  if (schema === undefined) gap.note(`${at}.schema`, 'a JSON schema is needed.');
  return { type, json_schema: { name: 'answer', strict: true, schema: schema ?? {} } };
}

/** Leaves out what is absent or null: OpenAI-compatible servers differ in what they make of null. */
function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function samplingFields(request: Partial<MessagesRequest>): JsonObject {
  const stop = request.stop_sequences ?? [];
  return present({
    max_tokens: request.max_tokens,
    stream: request.stream,
    temperature: request.temperature,
    top_p: request.top_p,
    top_k: request.top_k,
    stop: stop.length === 0 ? undefined : stop,
    user: request.metadata?.user_id,
  });
}

/**
 * An Anthropic Messages request as OpenAI's chat request. Pure. Fields that mean nothing elsewhere (cache_control,
 * service_tier, container …) are left out; what cannot be left out without changing the meaning is told in `gap`.
 * @see https://platform.claude.com/docs/en/api/messages
 */
export function messagesToChat(
  request: CountTokensRequest & Partial<MessagesRequest>,
  traits: ModelTraits,
): ChatTranslation {
  const gap = new TranslationGap();
  const { system } = request;
  if (request.max_tokens === 0) gap.note('max_tokens', onlyNative('0 (prepare the prompt cache and answer nothing)'));
  const messages = request.messages.flatMap((turn, index) => messagesOfTurn(turn, `messages.${index}`, gap));
  if (system !== undefined && system !== null && system.length > 0)
    messages.unshift({ role: 'system', content: systemText(system) });
  const body: ChatCompletionRequest = {
    model: request.model,
    messages,
    ...samplingFields(request),
    ...toolFields(request, gap),
    ...present({
      reasoning_effort: traits.reasoning ? reasoningEffort(request) : undefined,
      response_format: responseFormat(request, gap),
    }),
  };
  return { body, gap: gap.error };
}
