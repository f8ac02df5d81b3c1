import type { JsonObject } from './provider.ts';

/** Token counts as OpenAI writes them: cached tokens are part of the prompt's, reasoning tokens of the completion's. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Usage from the four counts every vendor has in some words. */
export function chatUsage(counts: {
  readonly prompt: number;
  readonly completion: number;
  readonly cached?: number;
  readonly reasoning?: number;
}): ChatUsage {
  const { prompt, completion, cached = 0, reasoning = 0 } = counts;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached > 0 ? { prompt_tokens_details: { cached_tokens: cached } } : {}),
    ...(reasoning > 0 ? { completion_tokens_details: { reasoning_tokens: reasoning } } : {}),
  };
}

/** Writes the chat.completion.chunk events of one answer, each as the text of an SSE `data:` field. */
export class ChatChunks {
  readonly #base: JsonObject;

  constructor(answer: { readonly id: string; readonly createdSeconds: number; readonly model: string }) {
    this.#base = {
      id: answer.id,
      object: 'chat.completion.chunk',
      created: answer.createdSeconds,
      model: answer.model,
    };
  }

  /** A piece of a choice; `delta` as OpenAI has it. */
  delta(delta: JsonObject, index = 0): string {
    return this.#choice(index, delta, null);
  }

  /** The first piece of a tool call: the others bring its arguments. */
  toolCall(index: number, id: string, name: string): string {
    return this.delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
  }

  toolArguments(index: number, text: string): string {
    return this.delta({ tool_calls: [{ index, function: { arguments: text } }] });
  }

  /** The last piece of a choice. */
  finish(reason: FinishReason, index = 0): string {
    return this.#choice(index, {}, reason);
  }

  /** The usage of the whole answer, without choices. */
  usage(usage: ChatUsage): string {
    return JSON.stringify({ ...this.#base, choices: [], usage });
  }

  #choice(index: number, delta: JsonObject, finishReason: string | null): string {
    return JSON.stringify({ ...this.#base, choices: [{ index, delta, logprobs: null, finish_reason: finishReason }] });
  }
}

/** The closing event of a chat stream. */
export const doneEvent = '[DONE]';
