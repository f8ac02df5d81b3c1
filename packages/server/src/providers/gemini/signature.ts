import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';

/**
 * What stands in for a signature where a call was made by another model, or its signature was lost on the way: Gemini's
 * documentation names it for conversations that did not begin there.
 */
export const standInSignature = 'skip_thought_signature_validator';

/**
 * Gemini signs the thoughts that led to a part, and later models refuse a call that comes back without. The field in
 * which OpenAI clients carry it is the one Google's own OpenAI endpoint uses.
 */
export function withSignature(signature: unknown): JsonObject {
  return typeof signature === 'string' && signature !== ''
    ? { extra_content: { google: { thought_signature: signature } } }
    : {};
}

/** The signature that came back with a tool call or a message. */
export function signatureOf(holder: JsonObject): string | undefined {
  const extra = holder['extra_content'];
  const google = isJsonObject(extra) ? extra['google'] : undefined;
  const signature = isJsonObject(google) ? google['thought_signature'] : undefined;
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}
