import { chatUsage, type ChatUsage } from '../chat-chunks.ts';
import { isJsonObject } from '../json.ts';

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/**
 * Gemini's `usageMetadata` in OpenAI's words. Its prompt has the cached tokens in it, but not those of its own tools'
 * results; its candidates are without the thoughts. Counts of zero are left out there.
 * @param hasAnswer something was answered: it cannot have cost nothing
 * @returns undefined while either side is unknown: a bill needs both
 */
export function toUsage(metadata: unknown, hasAnswer: boolean): ChatUsage | undefined {
  if (!isJsonObject(metadata)) return undefined;
  const prompt = count(metadata['promptTokenCount']);
  if (prompt === undefined) return undefined;
  const toolUse = count(metadata['toolUsePromptTokenCount']) ?? 0;
  const thoughts = count(metadata['thoughtsTokenCount']) ?? 0;
  const rest = (count(metadata['totalTokenCount']) ?? 0) - prompt - toolUse - thoughts;
  const candidates = count(metadata['candidatesTokenCount']) ?? Math.max(0, rest);
  const completion = candidates + thoughts;
  if (completion === 0 && hasAnswer && metadata['candidatesTokenCount'] === undefined) return undefined;
  return chatUsage({
    prompt: prompt + toolUse,
    completion,
    cached: count(metadata['cachedContentTokenCount']) ?? 0,
    reasoning: thoughts,
  });
}
