import { chatUsage, type ChatUsage, type FinishReason } from '../chat-chunks.ts';
import { isJsonObject } from '../json.ts';

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** Anthropic's stop reason in OpenAI's words; one that is new here is an ordinary end. */
export function finishReason(stopReason: unknown): FinishReason {
  return typeof stopReason === 'string' && Object.hasOwn(finishReasons, stopReason)
    ? (finishReasons[stopReason] ?? 'stop')
    : 'stop';
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/**
 * Anthropic's usage, put together from the events that bring parts of it. Its input tokens are those neither read from
 * the cache nor written to it; OpenAI's prompt tokens are all of them.
 */
export class UsageTally {
  #input: number | undefined;
  #cacheRead = 0;
  #cacheWritten = 0;
  #output: number | undefined;
  #thinking = 0;

  /** Takes in a `usage`; counts in it replace earlier ones, for they are cumulative. */
  add(usage: unknown): void {
    if (!isJsonObject(usage)) return;
    this.#input = count(usage['input_tokens']) ?? this.#input;
    this.#cacheRead = count(usage['cache_read_input_tokens']) ?? this.#cacheRead;
    this.#cacheWritten = count(usage['cache_creation_input_tokens']) ?? this.#cacheWritten;
    this.#output = count(usage['output_tokens']) ?? this.#output;
    const details = usage['output_tokens_details'];
    if (isJsonObject(details)) this.#thinking = count(details['thinking_tokens']) ?? this.#thinking;
  }

  /** @returns undefined while nothing is known of the prompt: a bill needs both sides */
  total(): ChatUsage | undefined {
    if (this.#input === undefined || this.#output === undefined) return undefined;
    return chatUsage({
      prompt: this.#input + this.#cacheRead + this.#cacheWritten,
      completion: this.#output,
      cached: this.#cacheRead,
      reasoning: this.#thinking,
    });
  }
}
