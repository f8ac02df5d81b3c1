import {
  chunksOf,
  contentOf,
  countWords,
  finishReasonOf,
  isObject,
  promptTextOf,
  usageOf,
  type ChatScript,
  type FakeBody,
  type FakeToolCall,
  type RenderedEvent,
} from './fake-upstream-script.ts';

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

/** The signature of every thinking block. */
const fakeSignature = 'c2lnbmF0dXJl';

function stopReasonOf(script: ChatScript): string {
  const reason = finishReasonOf(script);
  return stopReasons[reason] ?? reason;
}

function inputUsage(script: ChatScript, body: FakeBody): FakeBody {
  const usage = usageOf(script, body);
  if (usage === null) return {};
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    input_tokens: usage.prompt_tokens - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
  };
}

function outputUsage(script: ChatScript, body: FakeBody): FakeBody {
  const usage = usageOf(script, body);
  if (usage === null) return {};
  const thinking = usage.completion_tokens_details?.reasoning_tokens;
  return {
    output_tokens: usage.completion_tokens,
    ...(thinking === undefined ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
  };
}

function messageOf(script: ChatScript, body: FakeBody, id: string): FakeBody {
  return {
    id: id.replace('chatcmpl-', 'msg_'),
    type: 'message',
    role: 'assistant',
    model: script.model ?? body['model'],
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function parsedArguments(call: FakeToolCall): unknown {
  try {
    return JSON.parse(call.arguments);
  } catch {
    return {};
  }
}

function toolUse(call: FakeToolCall, input: unknown): FakeBody {
  return { type: 'tool_use', id: call.id, name: call.name, input };
}

/** The answer as a Message of Anthropic's POST /messages. */
export function renderAnthropicJson(script: ChatScript, body: FakeBody, id: string): FakeBody {
  const text = contentOf(script, body);
  const content = [
    ...(script.reasoning === undefined
      ? []
      : [{ type: 'thinking', thinking: script.reasoning, signature: fakeSignature }]),
    ...(text === '' ? [] : [{ type: 'text', text, citations: null }]),
    ...(script.toolCalls ?? []).map((call) => toolUse(call, parsedArguments(call))),
  ];
  return {
    ...messageOf(script, body, id),
    content,
    stop_reason: stopReasonOf(script),
    usage: { ...inputUsage(script, body), ...outputUsage(script, body), service_tier: 'standard' },
  };
}

function named(data: FakeBody, isChunk = false): RenderedEvent {
  return { event: String(data['type']), data: JSON.stringify(data), isChunk };
}

function block(index: number, start: FakeBody, deltas: readonly FakeBody[], areChunks: boolean): RenderedEvent[] {
  return [
    named({ type: 'content_block_start', index, content_block: start }),
    ...deltas.map((delta) => named({ type: 'content_block_delta', index, delta }, areChunks)),
    named({ type: 'content_block_stop', index }),
  ];
}

function toolBlock(index: number, call: FakeToolCall): RenderedEvent[] {
  const pieces = ['', ...(call.arguments.match(/[\s\S]{1,6}/g) ?? [])];
  const deltas = pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
  return block(index, toolUse(call, {}), deltas, true);
}

/** The answer as the events of a stream, message_stop not included. */
export function renderAnthropicEvents(script: ChatScript, body: FakeBody, id: string): RenderedEvent[] {
  const events: RenderedEvent[] = [
    named({
      type: 'message_start',
      message: { ...messageOf(script, body, id), usage: { ...inputUsage(script, body), output_tokens: 1 } },
    }),
    named({ type: 'ping' }),
  ];
  let index = 0;
  if (script.reasoning !== undefined) {
    const deltas = [
      { type: 'thinking_delta', thinking: script.reasoning },
      { type: 'signature_delta', signature: fakeSignature },
    ];
    events.push(...block(index, { type: 'thinking', thinking: '', signature: '' }, deltas, false));
    index += 1;
  }
  const chunks = chunksOf(script, body);
  if (chunks.length > 0) {
    const deltas = chunks.map((text) => ({ type: 'text_delta', text }));
    events.push(...block(index, { type: 'text', text: '' }, deltas, true));
    index += 1;
  }
  for (const call of script.toolCalls ?? []) {
    events.push(...toolBlock(index, call));
    index += 1;
  }
  events.push(
    named({
      type: 'message_delta',
      delta: { stop_reason: stopReasonOf(script), stop_sequence: null },
      usage: outputUsage(script, body),
    }),
  );
  return events;
}

/** The last event of a stream. */
export const anthropicClosing: RenderedEvent = named({ type: 'message_stop' });

/** A failure in the middle of a stream. */
export const anthropicErrorEvent: RenderedEvent = named({
  type: 'error',
  error: { type: 'overloaded_error', message: 'Overloaded' },
});

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

/** The body of an error status. */
export function anthropicError(status: number, message: string): FakeBody {
  return { type: 'error', error: { type: errorTypes[status] ?? 'api_error', message }, request_id: 'req_fake' };
}

/** The answer of POST /messages/count_tokens: a word is a token, and so is the name of a tool. */
export function anthropicTokenCount(body: FakeBody): FakeBody {
  const tools = Array.isArray(body['tools']) ? body['tools'].filter(isObject) : [];
  return { input_tokens: countWords(promptTextOf(body)) + tools.length };
}
