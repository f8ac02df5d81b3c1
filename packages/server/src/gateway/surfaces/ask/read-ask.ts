import { askRequest, type AskRequest } from '@turnpike/contract/hub-ask';
import { validate } from '../../../http/validate.ts';
import type { Language } from '../../../knowledge/language.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Turn } from './hub-answer.ts';

/** A question, whichever of the forms it came in. */
export interface AskedQuestion {
  readonly text: string;
  readonly lang: Language | undefined;
  readonly history: readonly Turn[];
  readonly queryId: string | undefined;
}

function turnOf(value: unknown): Turn[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [{ role: 'user', content: value }];
  const { role, content } = (value ?? {}) as { role?: unknown; content?: unknown };
  if (typeof content !== 'string' || (role !== 'user' && role !== 'assistant')) return [];
  return [{ role, content }];
}

/** Earlier turns: a list of questions or messages, or the comma-separated list of older clients. */
function historyOf({ prev, context }: AskRequest): Turn[] {
  const given = prev ?? context?.prev ?? [];
  return (typeof given === 'string' ? given.split(',') : given).flatMap(turnOf);
}

/** @throws AppError INVALID_REQUEST naming the field */
export function readAsk(body: JsonObject): AskedQuestion {
  const asked = validate(askRequest, body, 'body');
  const text = typeof asked.query === 'string' ? asked.query : asked.query.text;
  return { text, lang: asked.lang ?? undefined, history: historyOf(asked), queryId: asked.query_id };
}

function isOn(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return !['0', 'false', 'off', 'no'].includes(`${value}`.toLowerCase());
}

/**
 * Is the answer to be streamed? The body decides, in any of its forms, then the headers; a question that says nothing is
 * answered in one piece.
 */
export function wantsStream(
  body: unknown,
  headers: { readonly prefersStreaming: boolean; readonly accept: string | undefined },
): boolean {
  const { streaming, prefer } = (typeof body === 'object' && body !== null ? body : {}) as {
    streaming?: unknown;
    prefer?: { streaming?: unknown } | null;
  };
  return (
    isOn(prefer?.streaming) ??
    isOn(streaming) ??
    (headers.prefersStreaming || headers.accept?.includes('text/event-stream') === true)
  );
}
