import type { AppError } from '../errors.ts';

/** A JSON object as it came over the wire; unknown fields pass through. */
export type JsonObject = Record<string, unknown>;

/** Wire protocols besides OpenAI's chat that a surface and an upstream may have in common. */
export type NativeProtocol = 'anthropic-messages';

/** A request in the words of its surface, for a target that speaks them too: sent as it came, nothing translated. */
export interface NativeRequest {
  readonly protocol: NativeProtocol;
  /** As the caller sent it; `model` is replaced by the target's own name, and the largest answer by what was granted. */
  readonly body: JsonObject;
  /** Further request headers of the protocol, such as anthropic-version and anthropic-beta. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What every call to a target is told. */
export interface ProviderCall {
  /** The body to send, `model` already the target's own name. */
  readonly body: JsonObject;
  readonly requestId: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The tenant's own key for this upstream (BYOK): used in place of the operator's. */
  readonly credential?: string;
}

/** One chat call to one target. The internal request shape is OpenAI's chat request of today. */
export interface ChatCall extends ProviderCall {
  readonly stream: boolean;
  /** What was granted for one answer, for upstreams that want to be told where the caller named nothing. */
  readonly largestAnswerTokens?: number;
  /** Present when the surface speaks a vendor's protocol: a provider of that vendor sends this and not `body`. */
  readonly native?: NativeRequest;
}

/**
 * Where a stream's events go. One event is the text of one SSE `data:` field: a chat.completion.chunk or `[DONE]`, or
 * an event of the native protocol where the answer names one.
 */
export interface StreamSink {
  onEvent(data: string): void;
  /** All events of what arrived in one piece have been given: a good moment to write. */
  onFlush(): void;
  /** The upstream closed its side. Whether the answer was complete is for the caller to judge. */
  onEnd(): void;
  onError(error: AppError): void;
}

export interface EventStream {
  start(sink: StreamSink): void;
  pause(): void;
  resume(): void;
  /** Stops the upstream; no further call on the sink follows. */
  abort(): void;
}

/** An answer in one piece. */
export interface JsonAnswer {
  readonly kind: 'json';
  readonly body: JsonObject;
  /** The text `body` was read from. */
  readonly text: string;
  /** Whose words the answer is in; absent: OpenAI's. */
  readonly protocol?: NativeProtocol;
}

export interface StreamAnswer {
  readonly kind: 'stream';
  readonly events: EventStream;
  readonly protocol?: NativeProtocol;
}

export type ChatAnswer = JsonAnswer | StreamAnswer;

/**
 * Speaks to one upstream. Calls resolve at the upstream's answer head (a stream) or with the whole answer, and reject
 * with AppError (UPSTREAM_*, overloaded). A kind of call that an upstream does not have is absent.
 */
export interface Provider {
  /** The protocol in which it takes requests as they came. */
  readonly speaks?: NativeProtocol;
  chat(call: ChatCall): Promise<ChatAnswer>;
  /** OpenAI's POST /embeddings, both ways. */
  embed?(call: ProviderCall): Promise<JsonAnswer>;
  /** OpenAI's POST /moderations, both ways. */
  moderate?(call: ProviderCall): Promise<JsonAnswer>;
  /** Counts the prompt of a chat call exactly, without carrying it out; `native` as in a chat call. @returns tokens */
  countTokens?(call: ProviderCall & Pick<ChatCall, 'native'>): Promise<number>;
  /** Is the upstream there, and does it take the key? Resolves to its models' names. `credential` as in a call. */
  listModels(signal: AbortSignal, credential?: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
