import type { Gate } from './gate.ts';

/** A JSON object of a recorded request; `{}` when the body was none. */
export type FakeBody = Record<string, unknown>;

export interface FakeUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

export interface FakeToolCall {
  readonly id: string;
  readonly name: string;
  /** The arguments as the model writes them: JSON text, possibly broken. */
  readonly arguments: string;
}

/** How a streamed answer goes over the wire. "Chunk" counts content (or tool argument) events only. */
export interface StreamScript {
  /** Content pieces. Default: `content` in words. */
  readonly chunks?: readonly string[];
  /** The list of chunks is sent this many times. */
  readonly repeat?: number;
  /** When usage is sent. `asked` (default): if `stream_options.include_usage`; `on-last-chunk`: beside finish_reason. */
  readonly usage?: 'asked' | 'always' | 'never' | 'on-last-chunk';
  /** Every write is so many bytes: splits inside JSON and inside UTF-8 characters. */
  readonly splitBytes?: number;
  /** Everything in one write. */
  readonly joinAll?: boolean;
  /** CR LF line ends. */
  readonly crlf?: boolean;
  /** A comment line before every event. */
  readonly comments?: boolean;
  /** Time between chunks. */
  readonly chunkDelayMs?: number;
  /** The socket is destroyed after so many chunks. */
  readonly dieAfterChunks?: number;
  /** A proper end of the response, but without `[DONE]`. */
  readonly endWithoutDone?: boolean;
  /** Silence after so many chunks until the gate lets one pass or the client leaves. */
  readonly stallAfterChunks?: number;
  /** An `{error: {message}}` event and the end after so many chunks. */
  readonly errorEventAfterChunks?: number;
  /** Every chunk waits for the gate: `true` is the upstream's own (`upstream.release()`). */
  readonly gate?: boolean | Gate;
}

export interface ChatScript {
  readonly kind: 'chat';
  /** Default: the chunks joined, else `You said: <last user text>`. */
  readonly content?: string;
  /** Default: prompt = words of all messages, completion = number of chunks. null: none is ever sent. */
  readonly usage?: FakeUsage | null;
  readonly finishReason?: string;
  readonly toolCalls?: readonly FakeToolCall[];
  /** What the model thinks before it answers. */
  readonly reasoning?: string;
  /** The `model` of the answer. Default: what was asked for. */
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Time before the answer's head. */
  readonly delayMs?: number;
  /** The head waits for the gate. */
  readonly holdBeforeHead?: boolean;
  readonly stream?: StreamScript;
}

export type FakeAnswer =
  | ChatScript
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 200 with a body that is not what it should be: broken JSON, HTML. */
  | { readonly kind: 'malformed'; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** The socket is closed without an answer. */
  | { readonly kind: 'refuse' }
  /** A 200 with exactly these body bytes: an event stream if one was asked for. */
  | {
      readonly kind: 'raw';
      readonly bytes: string | Uint8Array;
      readonly splitBytes?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Exactly these bytes on the socket instead of an HTTP answer, then its end. */
  | { readonly kind: 'socket'; readonly bytes: string | Uint8Array };

/** One event of a stream. */
export interface RenderedEvent {
  /** The `event:` field, where the dialect names its events. */
  readonly event?: string;
  /** The text of the `data:` field. */
  readonly data: string;
  /** It carries content or tool arguments: scripts count these. */
  readonly isChunk: boolean;
}

const created = 1_700_000_000;

/** The text of a message's content: a string, or the `text` of each part (OpenAI, Anthropic and Gemini alike). */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

export function isObject(value: unknown): value is FakeBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Role and text of every message, whichever dialect the body is in. */
function messagesOf(body: FakeBody): { readonly role: unknown; readonly text: string }[] {
  const messages: unknown = body['messages'] ?? body['contents'];
  if (!Array.isArray(messages)) return [];
  return messages
    .filter(isObject)
    .map((message) => ({ role: message['role'], text: textOf(message['content'] ?? message['parts']) }));
}

/** The text of everything that is counted as the prompt: messages and instructions. */
export function promptTextOf(body: FakeBody): string {
  const instruction = body['systemInstruction'];
  const system = isObject(instruction) ? instruction['parts'] : body['system'];
  return [textOf(system), ...messagesOf(body).map((message) => message.text)].join(' ');
}

/** The text of the answer. */
export function contentOf(script: ChatScript, body: FakeBody): string {
  if (script.content !== undefined) return script.content;
  const chunks = script.stream?.chunks;
  if (chunks !== undefined) return chunks.join('').repeat(script.stream?.repeat ?? 1);
  if (script.toolCalls !== undefined) return '';
  const lastUser = messagesOf(body).findLast((message) => message.role === 'user' && message.text !== '');
  return `You said: ${lastUser?.text ?? ''}`;
}

/** The content in the pieces in which it is streamed. */
export function chunksOf(script: ChatScript, body: FakeBody): string[] {
  const chunks = script.stream?.chunks;
  if (chunks === undefined) return contentOf(script, body).match(/\s*\S+\s*$|\s*\S+|^\s+$/g) ?? [];
  return Array.from({ length: script.stream?.repeat ?? 1 }, () => chunks).flat();
}

/** So many tokens has a text in this house: its words. */
export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}

/** The usage of the answer in OpenAI's words; null: none is sent. */
export function usageOf(script: ChatScript, body: FakeBody): FakeUsage | null {
  if (script.usage === null) return null;
  const usage = script.usage ?? {
    prompt_tokens: countWords(promptTextOf(body)),
    completion_tokens: chunksOf(script, body).length,
  };
  return { ...usage, total_tokens: usage.total_tokens ?? usage.prompt_tokens + usage.completion_tokens };
}

/** In OpenAI's words. */
export function finishReasonOf(script: ChatScript): string {
  return script.finishReason ?? (script.toolCalls === undefined ? 'stop' : 'tool_calls');
}

function choiceCount(body: FakeBody): number {
  return typeof body['n'] === 'number' ? body['n'] : 1;
}

/** The answer as a chat.completion. */
export function renderJson(script: ChatScript, body: FakeBody, id: string): FakeBody {
  const usage = usageOf(script, body);
  const message: FakeBody = {
    role: 'assistant',
    content: script.toolCalls === undefined ? contentOf(script, body) : null,
    refusal: null,
    ...(script.reasoning === undefined ? {} : { reasoning_content: script.reasoning }),
  };
  if (script.toolCalls !== undefined) {
    message['tool_calls'] = script.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }));
  }
  const choices = Array.from({ length: choiceCount(body) }, (_, index) => ({
    index,
    message,
    logprobs: null,
    finish_reason: finishReasonOf(script),
  }));
  return {
    id,
    object: 'chat.completion',
    created,
    model: script.model ?? body['model'],
    choices,
    ...(usage === null ? {} : { usage }),
    system_fingerprint: 'fp_fake',
  };
}

function toolDeltas(calls: readonly FakeToolCall[]): FakeBody[] {
  return calls.flatMap((call, index) => {
    const pieces = call.arguments.match(/[\s\S]{1,6}/g) ?? [];
    const head = {
      tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
    };
    return [head, ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] }))];
  });
}

/** The answer as the events of a stream, `[DONE]` not included. */
export function renderEvents(script: ChatScript, body: FakeBody, id: string): RenderedEvent[] {
  const options = body['stream_options'];
  const asked = isObject(options) && options['include_usage'] === true;
  const usage = usageOf(script, body);
  const when = script.stream?.usage ?? 'asked';
  const apart = usage !== null && (when === 'always' || (when === 'asked' && asked));
  const base = {
    id,
    object: 'chat.completion.chunk',
    created,
    model: script.model ?? body['model'],
    system_fingerprint: 'fp_fake',
  };
  const event = (choices: unknown, extra: FakeBody, isChunk = false): RenderedEvent => ({
    data: JSON.stringify({ ...base, choices, ...extra }),
    isChunk,
  });
  const nullUsage = asked && apart ? { usage: null } : {};
  const indexes = Array.from({ length: choiceCount(body) }, (_, index) => index);
  const each = (delta: FakeBody, finishReason: string | null, extra: FakeBody, isChunk = false) =>
    indexes.map((index) => event([{ index, delta, logprobs: null, finish_reason: finishReason }], extra, isChunk));
  const onLast = usage !== null && when === 'on-last-chunk' ? { usage } : nullUsage;
  const deltas = [...chunksOf(script, body).map((content) => ({ content })), ...toolDeltas(script.toolCalls ?? [])];
  return [
    ...each({ role: 'assistant', content: script.toolCalls === undefined ? '' : null }, null, nullUsage),
    ...(script.reasoning === undefined ? [] : each({ reasoning_content: script.reasoning }, null, nullUsage)),
    ...deltas.flatMap((delta) => each(delta, null, nullUsage, true)),
    ...each({}, finishReasonOf(script), onLast),
    ...(apart ? [event([], { usage })] : []),
  ];
}
