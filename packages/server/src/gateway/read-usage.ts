import type { TokenCounts } from '../usage/usage-event.ts';

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : 0;
}

function detail(value: unknown, name: string): number {
  return typeof value === 'object' && value !== null ? count((value as Record<string, unknown>)[name]) : 0;
}

/** Reads OpenAI's `usage` object. undefined when it is none: a lying upstream must not make a bill of zero. */
export function readUsage(value: unknown): TokenCounts | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = value as Record<string, unknown>;
  if (typeof usage['prompt_tokens'] !== 'number' && typeof usage['completion_tokens'] !== 'number') return undefined;
  const promptTokens = count(usage['prompt_tokens']);
  const completionTokens = count(usage['completion_tokens']);
  return {
    promptTokens,
    completionTokens,
    cachedTokens: Math.min(promptTokens, detail(usage['prompt_tokens_details'], 'cached_tokens')),
    reasoningTokens: Math.min(completionTokens, detail(usage['completion_tokens_details'], 'reasoning_tokens')),
  };
}
