import { isUtf8 } from 'node:buffer';
import { AppError, errorMessage } from '../errors.ts';

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;

/** Deepest nesting of a JSON text, found without building it. Brackets inside strings do not count. */
export function jsonDepth(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
  }
  return deepest;
}

/**
 * Parses a JSON body.
 * @throws AppError INVALID_UTF8, NESTING_TOO_DEEP, INVALID_JSON (with the place of the fault)
 */
export function parseJsonBody(bytes: Buffer, maxDepth: number): unknown {
  if (!isUtf8(bytes)) throw new AppError('INVALID_UTF8', 'The body is not valid UTF-8. Encode it as UTF-8.');
  if (jsonDepth(bytes) > maxDepth)
    throw new AppError('NESTING_TOO_DEEP', `The body is nested deeper than ${maxDepth} levels. Flatten it.`);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    // V8 quotes a part of the text in its message: only the position is passed on.
    const place = /at position \d+(?: \(line \d+ column \d+\))?$/.exec(errorMessage(error))?.[0];
    const hint = bytes.length === 0 ? 'it is empty' : (place ?? 'it ends too early or has a stray character');
    throw new AppError('INVALID_JSON', `The body is not valid JSON: ${hint}.`);
  }
}
