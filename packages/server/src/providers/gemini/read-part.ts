import { newId } from '../../ids.ts';
import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { withSignature } from './signature.ts';

/** What one part of an answer is, in OpenAI's words. */
export type AnswerPart =
  /** `signed` is empty, or has the signature that belongs to the message. Text may be empty. */
  | { readonly kind: 'text'; readonly text: string; readonly signed: JsonObject }
  | { readonly kind: 'thought'; readonly text: string }
  /** As in `tool_calls`, but for its index. */
  | { readonly kind: 'call'; readonly call: JsonObject }
  /** As in `image_url`. */
  | { readonly kind: 'image'; readonly image: JsonObject };

function callOf(called: JsonObject, signature: unknown, nowMs: number): JsonObject {
  const { id, name, args } = called;
  return {
    // Models up to 2.5 give their calls no id, but a result must name the call it belongs to.
    id: typeof id === 'string' && id !== '' ? id : newId('call', nowMs),
    type: 'function',
    function: { name, arguments: JSON.stringify(args ?? {}) },
    ...withSignature(signature),
  };
}

/** Reads one part of a candidate's content; undefined for a kind that has no counterpart (code the model ran). */
export function readPart(part: JsonObject, nowMs: number): AnswerPart | undefined {
  const { text, functionCall, inlineData, thoughtSignature } = part;
  if (isJsonObject(functionCall)) return { kind: 'call', call: callOf(functionCall, thoughtSignature, nowMs) };
  if (typeof text === 'string')
    return part['thought'] === true
      ? { kind: 'thought', text }
      : { kind: 'text', text, signed: withSignature(thoughtSignature) };
  if (!isJsonObject(inlineData) || part['thought'] === true) return undefined;
  const { mimeType, data } = inlineData;
  if (typeof mimeType !== 'string' || typeof data !== 'string') return undefined;
  return { kind: 'image', image: { type: 'image_url', image_url: { url: `data:${mimeType};base64,${data}` } } };
}
