import type { JsonObject } from '../providers/provider.ts';

export type EncodingFormat = 'float' | 'base64';

/** Little-endian 32-bit floats, as OpenAI's `encoding_format: base64`. */
export function encodeFloats(numbers: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString('base64');
}

/** The same back: each number is exactly the 32-bit float it was. */
export function decodeFloats(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number');
}

function encode(entry: unknown, format: EncodingFormat): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  const { embedding } = entry as JsonObject;
  if (format === 'base64' && isNumbers(embedding)) return { ...entry, embedding: encodeFloats(embedding) };
  if (format === 'float' && typeof embedding === 'string') return { ...entry, embedding: decodeFloats(embedding) };
  return entry;
}

/** Not every server honours `encoding_format`: is an embedding of the answer in the other one? */
export function isOtherwiseEncoded(answer: JsonObject, format: EncodingFormat): boolean {
  const list: unknown = answer['data'];
  if (!Array.isArray(list)) return false;
  return (list as (JsonObject | null)[]).some(
    (entry) => (typeof entry?.['embedding'] === 'string') !== (format === 'base64'),
  );
}

/** The answer with every embedding in the encoding that was asked for. */
export function encodeEmbeddings(answer: JsonObject, format: EncodingFormat): JsonObject {
  const list: unknown = answer['data'];
  return Array.isArray(list) ? { ...answer, data: list.map((entry: unknown) => encode(entry, format)) } : answer;
}
