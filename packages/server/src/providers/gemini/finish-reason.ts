import { AppError } from '../../errors.ts';
import type { FinishReason } from '../chat-chunks.ts';

/** The model or its answer was found unfit to go on. */
const filtered = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);
/** The model erred: it wrote a call nobody can read, or nothing at all. */
const failed = new Set([
  'OTHER',
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'NO_IMAGE',
  'IMAGE_OTHER',
]);

/** How one candidate ended, and what it had given by then. */
export interface Ending {
  /** Gemini's `finishReason`. */
  readonly reason: string;
  /** Gemini's `finishMessage`. */
  readonly message?: string | undefined;
  /** Text, an image or a call has come; thoughts alone are no answer. */
  readonly hasAnswer: boolean;
  readonly hasCalls: boolean;
}

/** Gemini's `finishReason` of a candidate; undefined while it goes on (some servers say so in a word). */
export function reasonOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value !== 'FINISH_REASON_UNSPECIFIED' ? value : undefined;
}

/**
 * How a candidate ended, in OpenAI's words; a reason that is new here is an ordinary end.
 * @throws AppError UPSTREAM_ERROR when the model failed and there is nothing to give
 */
export function toFinishReason({ reason, hasAnswer, hasCalls }: Ending): FinishReason {
  if (reason === 'MAX_TOKENS') return 'length';
  if (filtered.has(reason)) return 'content_filter';
  if (failed.has(reason) && !hasAnswer)
    throw new AppError('UPSTREAM_ERROR', 'The model failed to give an answer. Retry with exponential backoff.', {
      cause: new Error(`the model ended with ${reason} and nothing said`),
    });
  return hasCalls ? 'tool_calls' : 'stop';
}

/** What is said in place of an answer that was withheld; null where there is one, or another reason for none. */
export function toRefusal({ reason, message, hasAnswer }: Ending): string | null {
  if (hasAnswer || !filtered.has(reason)) return null;
  return message === undefined || message === ''
    ? `The answer was withheld by the model's content filter (${reason}).`
    : message;
}

/** The same where the prompt itself was not let through. */
export function promptRefusal(blockReason: string, message: unknown): string {
  return typeof message === 'string' && message !== ''
    ? message
    : `The prompt was blocked by the model's content filter (${blockReason}).`;
}
