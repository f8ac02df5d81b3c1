import { isJsonObject, objectsOf } from '../json.ts';
import type { JsonObject } from '../provider.ts';

function toToken({ token, logProbability }: JsonObject): JsonObject {
  const text = typeof token === 'string' ? token : '';
  // Gemini leaves out a probability of 1.
  return { token: text, logprob: logProbability ?? 0, bytes: [...Buffer.from(text, 'utf8')] };
}

/** Gemini's `logprobsResult` as OpenAI's `logprobs`; null when there is none. */
export function toLogprobs(result: unknown): JsonObject | null {
  if (!isJsonObject(result)) return null;
  const top = objectsOf(result['topCandidates']);
  const content = objectsOf(result['chosenCandidates']).map((chosen, index) => ({
    ...toToken(chosen),
    top_logprobs: objectsOf(top[index]?.['candidates']).map(toToken),
  }));
  return { content, refusal: null };
}
