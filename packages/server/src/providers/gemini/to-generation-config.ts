import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { toThinking } from './to-thinking.ts';

const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The largest answer a chat request allows; the stricter of its two fields. */
function maxTokensOf(body: JsonObject): number | undefined {
  const given = [asNumber(body['max_completion_tokens']), asNumber(body['max_tokens'])];
  const limits = given.filter((value) => value !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function stopSequences(stop: unknown): unknown[] | undefined {
  const list = (Array.isArray(stop) ? (stop as unknown[]) : [stop]).filter((entry) => typeof entry === 'string');
  return list.length === 0 ? undefined : list;
}

function outputFormat(responseFormat: unknown): JsonObject {
  if (!isJsonObject(responseFormat)) return {};
  const { type, json_schema: described } = responseFormat;
  if (type !== 'json_object' && type !== 'json_schema') return {};
  const schema = isJsonObject(described) ? described['schema'] : undefined;
  return {
    responseMimeType: 'application/json',
    ...(type === 'json_schema' && isJsonObject(schema) ? { responseJsonSchema: schema } : {}),
  };
}

/** Most models refuse penalties altogether; none means the same as zero, which many clients send. */
function penalty(value: unknown): number | undefined {
  const number = asNumber(value);
  return number === 0 ? undefined : number;
}

function modalities(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || !value.includes('image')) return undefined;
  return value.filter((entry) => typeof entry === 'string').map((entry) => entry.toUpperCase());
}

/**
 * What a chat request says of how to answer, as Gemini's `generationConfig`; fields that it does not mention are left
 * to the model. `logit_bias`, `parallel_tool_calls` and `verbosity` have no counterpart.
 * @param model the target's own name
 */
export function toGenerationConfig(body: JsonObject, model: string): JsonObject {
  const maxTokens = maxTokensOf(body);
  const choices = asNumber(body['n']);
  const seed = asNumber(body['seed']);
  const wantsLogprobs = body['logprobs'] === true;
  const config: JsonObject = {
    maxOutputTokens: maxTokens,
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    topK: asNumber(body['top_k']),
    // Gemini's seeds have 32 bits: the same one always becomes the same.
    seed: seed === undefined ? undefined : seed | 0,
    candidateCount: choices === 1 ? undefined : choices,
    stopSequences: stopSequences(body['stop']),
    presencePenalty: penalty(body['presence_penalty']),
    frequencyPenalty: penalty(body['frequency_penalty']),
    responseLogprobs: wantsLogprobs ? true : undefined,
    logprobs: wantsLogprobs ? asNumber(body['top_logprobs']) : undefined,
    responseModalities: modalities(body['modalities']),
    ...outputFormat(body['response_format']),
    thinkingConfig: toThinking(body, model, maxTokens),
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
