import type { AppError } from '../errors.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { TokenCounts } from '../usage/usage-event.ts';
import type { VersionedEvent } from '../versions/version-change.ts';

/** A tool call, or a piece of one, inside a chunk. */
export interface ToolCallDelta {
  readonly index?: number;
  readonly id?: string;
  readonly type?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string } | null;
}

export interface ChunkChoice {
  readonly index?: number;
  readonly finish_reason?: string | null;
  readonly delta?: {
    readonly role?: string;
    readonly content?: string | null;
    readonly refusal?: string | null;
    readonly reasoning_content?: string | null;
    readonly tool_calls?: readonly (ToolCallDelta | null)[] | null;
  } | null;
}

/** A chat.completion.chunk as it came from an upstream: its fields are what upstreams mean them to be, unchecked. */
export interface ChatChunk {
  readonly id?: unknown;
  readonly created?: unknown;
  readonly model?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
}

/** Translates one streamed answer, chunk by chunk. Pure but for its own state. */
export interface StreamDialect {
  /** Events for one chunk; none for what the surface does not say. */
  onChunk(chunk: ChatChunk, choices: readonly ChunkChoice[]): readonly VersionedEvent[];
  /** The last events, once the answer is whole and the request settled with `tokens`. */
  finish(tokens: TokenCounts): readonly VersionedEvent[];
  /** What is sent of a failure in the middle; absent: the surface's error event. */
  fail?(error: AppError): readonly VersionedEvent[];
}

/**
 * How a surface says what the road answers, where it does not say it as OpenAI's chat does. Inside, an answer is a
 * chat.completion and an event a chat.completion.chunk.
 */
export interface AnswerDialect {
  /** A whole answer with `usage` and the public model name in it. */
  readonly shapeAnswer: (completion: JsonObject) => JsonObject;
  readonly openStream: (context: {
    /** Public name. */
    readonly model: string;
    /** Our estimate: what the upstream counted is known at the end only. */
    readonly promptTokens: number;
  }) => StreamDialect;
  /** Sent after the last event: `data: [DONE]` and a blank line where the surface has it, else nothing. */
  readonly closing: string;
}
