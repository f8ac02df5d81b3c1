import type { AppError } from '../errors.ts';
import type { TokenCounts } from '../usage/usage-event.ts';

export type StreamStep =
  /** Send these events on (may be empty: nothing to send for this one). */
  | { readonly kind: 'forward'; readonly text: string }
  /** The answer is complete; `text` is what is left to send before the closing words. */
  | { readonly kind: 'complete'; readonly text: string }
  | { readonly kind: 'failed'; readonly error: AppError };

/**
 * What one streamed answer has said so far, and what of it goes to the client. Pure: an upstream's events in, text for
 * the client out. An event that carries the final usage is held back until the answer is settled.
 */
export interface AnswerStream {
  /** Tokens as the upstream counted them, once it has. */
  readonly usage: TokenCounts | undefined;
  /** Text received since the last call: for counting where the upstream does not. */
  takeUncounted(): string;
  readonly uncountedLength: number;
  /** @param data the `data` of one event of the upstream */
  onEvent(data: string): StreamStep;
  /** The upstream closed the connection without a closing event. */
  onEnd(): StreamStep;
  /** The last words, once the request is settled with `tokens`. */
  closing(tokens: TokenCounts): string;
  /** What is sent of a failure in the middle. */
  failure(error: AppError): string;
}
