import type { AppError } from '../errors.ts';

/** A JSON object as it came over the wire; unknown fields pass through. */
export type JsonObject = Record<string, unknown>;

/** One chat call to one target. The internal request shape is OpenAI's chat request of today. */
export interface ChatCall {
  /** The body to send, `model` already the target's own name. */
  readonly body: JsonObject;
  readonly stream: boolean;
  readonly requestId: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Where a stream's events go. One event is the text of one SSE `data:` field: a chat.completion.chunk, or `[DONE]`. */
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

export type ChatAnswer =
  | { readonly kind: 'json'; readonly body: JsonObject; /** The text `body` was read from. */ readonly text: string }
  | { readonly kind: 'stream'; readonly events: EventStream };

/** A failure to answer. `error` is what the client sees; `retryable`: may another attempt or target help? */
export interface Provider {
  /** Resolves at the upstream's answer head. Rejects with AppError (UPSTREAM_*, overloaded). */
  chat(call: ChatCall): Promise<ChatAnswer>;
  /** Is the upstream there? For health: resolves to its models' names, rejects with AppError. */
  listModels(signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}
