import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { maxTokensOf } from './to-request.ts';

const smallestBudget = 1_024;

/** Thinking must leave room in the answer; where it cannot, the model answers without. */
function fitThinking(body: JsonObject, maxTokens: number): JsonObject {
  const { thinking, ...rest } = body;
  if (!isJsonObject(thinking)) return body;
  const budget = thinking['budget_tokens'];
  if (typeof budget !== 'number' || budget < maxTokens) return body;
  return maxTokens > smallestBudget ? { ...rest, thinking: { ...thinking, budget_tokens: maxTokens - 1 } } : rest;
}

/**
 * A request that came in Anthropic's words: sent as it is, but for the target's model name, and the largest answer
 * where less of it was granted than asked for.
 * @param native as the caller sent it
 * @param body the same request in OpenAI's words, with what was granted
 */
export function toNativeRequest(native: JsonObject, body: JsonObject, stream: boolean): JsonObject {
  const request: JsonObject = { ...native, model: body['model'] };
  if ((native['stream'] === true) !== stream) request['stream'] = stream;
  const granted = maxTokensOf(body);
  const asked = native['max_tokens'];
  if (granted === undefined || (typeof asked === 'number' && asked <= granted)) return request;
  return fitThinking({ ...request, max_tokens: granted }, granted);
}
