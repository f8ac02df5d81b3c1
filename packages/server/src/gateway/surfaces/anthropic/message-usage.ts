import type { JsonObject } from '../../../providers/provider.ts';
import type { TokenCounts } from '../../../usage/usage-event.ts';

/**
 * Token counts as Anthropic's `usage` has them: `input_tokens` is what was not read from a cache; all three sums of input
 * together are the prompt.
 */
export function messageUsage({
  promptTokens,
  completionTokens,
  cachedTokens,
  reasoningTokens,
}: TokenCounts): JsonObject {
  return {
    input_tokens: Math.max(0, promptTokens - cachedTokens),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
    ...(reasoningTokens > 0 ? { output_tokens_details: { thinking_tokens: reasoningTokens } } : {}),
  };
}
