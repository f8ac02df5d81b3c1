import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { unsupported } from '../unsupported.ts';
import { toConversation } from './to-messages.ts';
import { toThinking } from './to-thinking.ts';
import { toTools } from './to-tools.ts';

/** Anthropic wants to be told a largest answer. What a caller who names none gets; every model today can answer so much. */
export const defaultMaxTokens = 8_192;

/** Fields that mean the same to Anthropic: for callers who know what they talk to. */
const passedOn = ['top_k', 'cache_control', 'container', 'inference_geo'];

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The largest answer a chat request allows; the stricter of its two fields. */
export function maxTokensOf(body: JsonObject): number | undefined {
  const given = [asNumber(body['max_completion_tokens']), asNumber(body['max_tokens'])];
  const limits = given.filter((value) => value !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function stopSequences(stop: unknown): JsonObject {
  const list = (Array.isArray(stop) ? (stop as unknown[]) : [stop]).filter((entry) => typeof entry === 'string');
  return list.length === 0 ? {} : { stop_sequences: list };
}

/** OpenAI's temperature goes to 2, Anthropic's to 1. */
function sampling(body: JsonObject, isThinking: boolean): JsonObject {
  if (isThinking) return {};
  const temperature = asNumber(body['temperature']);
  const topP = asNumber(body['top_p']);
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(1, temperature) }),
    ...(topP === undefined ? {} : { top_p: topP }),
  };
}

interface OutputFormat {
  readonly format?: JsonObject;
  /** Said to the model where the protocol has no field for it. */
  readonly instruction?: string;
}

function outputFormat(responseFormat: unknown): OutputFormat {
  if (!isJsonObject(responseFormat)) return {};
  const described = responseFormat['json_schema'];
  if (responseFormat['type'] === 'json_schema' && isJsonObject(described) && isJsonObject(described['schema']))
    return { format: { type: 'json_schema', schema: described['schema'] } };
  if (responseFormat['type'] === 'json_object' || responseFormat['type'] === 'json_schema')
    return { instruction: 'Answer with one JSON object and nothing else: no words around it, no code fence.' };
  return {};
}

function metadata(body: JsonObject): JsonObject {
  const user = body['safety_identifier'] ?? body['user'];
  return typeof user === 'string' ? { metadata: { user_id: user } } : {};
}

function refuseWhatIsMissing(body: JsonObject): void {
  if (typeof body['n'] === 'number' && body['n'] > 1)
    throw unsupported('n', 'n must be 1: this model gives one answer at a time.');
  if (isJsonObject(body['audio']))
    throw unsupported('audio', 'This model answers with text: leave out audio and modalities.');
}

/**
 * A chat request as a request of Anthropic's POST /messages. Fields it has no counterpart for and that only shade the
 * answer (seed, penalties, logit_bias) are left out; those that would change what is asked are refused.
 * @param body OpenAI's chat body, `model` the target's own name
 * @param largest tokens the answer may have where the body names none
 * @throws AppError UNSUPPORTED_CAPABILITY naming the field
 */
export function toMessagesRequest(body: JsonObject, stream: boolean, largest = defaultMaxTokens): JsonObject {
  refuseWhatIsMissing(body);
  const model = typeof body['model'] === 'string' ? body['model'] : '';
  const maxTokens = maxTokensOf(body) ?? largest;
  const { system, messages } = toConversation(body['messages']);
  const { format, instruction } = outputFormat(body['response_format']);
  const { output_config: effort, ...thinking } = toThinking(body, model, maxTokens);
  const outputConfig = { ...(isJsonObject(effort) ? effort : {}), ...(format === undefined ? {} : { format }) };
  const instructions = instruction === undefined ? system : [...system, { type: 'text', text: instruction }];
  const isThinking = isJsonObject(thinking['thinking']) && thinking['thinking']['type'] !== 'disabled';
  return {
    model,
    max_tokens: maxTokens,
    messages,
    ...(instructions.length === 0 ? {} : { system: instructions }),
    ...toTools(body),
    ...thinking,
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    ...stopSequences(body['stop']),
    ...sampling(body, isThinking),
    ...metadata(body),
    ...Object.fromEntries(passedOn.filter((name) => name in body).map((name) => [name, body[name]])),
    ...(stream ? { stream } : {}),
  };
}

/** The fields that Anthropic's POST /messages/count_tokens has. */
const counted = ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'cache_control'];

/** What of a Messages request is counted. */
export function toCountRequest(request: JsonObject): JsonObject {
  return Object.fromEntries(counted.filter((name) => name in request).map((name) => [name, request[name]]));
}
