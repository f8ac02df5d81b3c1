/** What an answer's choice says of its end. `stop_reason` is vLLM's: the stop sequence that was met. */
export interface ChoiceEnd {
  readonly finish_reason?: unknown;
  readonly stop_reason?: unknown;
}

export interface Stop {
  readonly stop_reason: 'end_turn' | 'max_tokens' | 'tool_use' | 'stop_sequence' | 'refusal';
  readonly stop_sequence: string | null;
}

interface AnswerTraits {
  readonly hasToolUse: boolean;
  readonly isRefusal: boolean;
  /** What the caller asked to stop at. */
  readonly stopSequences: readonly string[];
}

/**
 * Anthropic's stop reason. OpenAI does not say whether a stop sequence or the model itself ended the text: where the
 * server does not either, it is `end_turn`. Some servers finish tool calls with `stop`: the blocks decide.
 */
export function stopOf(end: ChoiceEnd, { hasToolUse, isRefusal, stopSequences }: AnswerTraits): Stop {
  const { finish_reason: finish, stop_reason: met } = end;
  if (finish === 'length') return { stop_reason: 'max_tokens', stop_sequence: null };
  if (isRefusal || finish === 'content_filter') return { stop_reason: 'refusal', stop_sequence: null };
  if (hasToolUse) return { stop_reason: 'tool_use', stop_sequence: null };
  if (typeof met === 'string' && stopSequences.includes(met))
    return { stop_reason: 'stop_sequence', stop_sequence: met };
  return { stop_reason: 'end_turn', stop_sequence: null };
}
