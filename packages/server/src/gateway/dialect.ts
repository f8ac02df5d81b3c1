import type { JsonObject } from '../providers/provider.ts';

/**
 * How a surface says what the road answers, where it does not say it as OpenAI's chat does. Inside, an answer is a
 * chat.completion and an event a chat.completion.chunk.
 */
export interface AnswerDialect {
  readonly shapeAnswer: (completion: JsonObject) => JsonObject;
  /** One chunk's JSON text to the data of one event; undefined: nothing is sent for it. */
  readonly shapeEvent: (chunk: string) => string | undefined;
}
