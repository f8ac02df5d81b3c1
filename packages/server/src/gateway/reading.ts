import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { EmbeddingsRequest } from '@turnpike/contract/openai-embeddings';
import type { ModerationRequest } from '@turnpike/contract/openai-moderations';
import type { AppError } from '../errors.ts';
import type { JsonObject, NativeRequest } from '../providers/provider.ts';
import type { TokenCounts } from '../usage/usage-event.ts';
import type { ModelEntry } from './catalog.ts';
import type { AnswerStream } from './answer-stream.ts';
import type { AnswerDialect } from './dialect.ts';
import type { EncodingFormat } from './embedding-encoding.ts';

/** How answers in a vendor's own words are metered and named anew, where surface and upstream both speak them. */
export interface NativeDialect {
  readonly openStream: (context: { readonly model: string }) => AnswerStream;
  /** undefined: the upstream told none. */
  readonly readUsage: (body: JsonObject) => TokenCounts | undefined;
  /** The text of a whole answer, for counting where the upstream did not. */
  readonly answerText: (body: JsonObject) => string;
}

export interface NativeReading {
  readonly request: NativeRequest;
  readonly dialect: NativeDialect;
}

/** A conversation to be answered. */
export interface ChatReading {
  readonly kind: 'chat';
  readonly request: ChatCompletionRequest;
  /** OpenAI's chat body: what upstreams that do not speak `native` are sent. */
  readonly body: JsonObject;
  /** Absent: answers go out as OpenAI's chat. */
  readonly dialect?: AnswerDialect;
  readonly native?: NativeReading;
  /** What `body` could not say of the request: only targets that speak `native` may have it, else this is the answer. */
  readonly gap?: AppError | undefined;
  /** The model itself, where the surface has chosen it and no caller names it. */
  readonly model?: ModelEntry;
  /** Estimate of the prompt, where the surface knows better than the body tells. */
  readonly promptTokens?: number;
}

export interface EmbeddingsReading {
  readonly kind: 'embeddings';
  readonly request: EmbeddingsRequest;
  readonly body: JsonObject;
  /** What the caller is given, whatever the upstream sends. */
  readonly encodingFormat: EncodingFormat;
}

export interface ModerationReading {
  readonly kind: 'moderation';
  readonly request: ModerationRequest;
  readonly body: JsonObject;
}

/** A request as its surface read it: checked, and in the words upstreams are spoken to. */
export type Reading = ChatReading | EmbeddingsReading | ModerationReading;

/** Does the caller want the answer as a stream? */
export function isStream(reading: Reading): boolean {
  return reading.kind === 'chat' && reading.request.stream === true;
}
