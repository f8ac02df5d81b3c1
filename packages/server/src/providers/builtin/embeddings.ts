import { AppError } from '../../errors.ts';
import type { Tokenizer } from '../../tokens/count-tokens.ts';
import type { JsonObject } from '../provider.ts';
import { hashEmbedding } from './feature-hash.ts';

/** The built-in embedding model. */
export const embeddingModel = 'turnpike-demo-embedding';

const defaultDimensions = 256;
const mostDimensions = 1_024;
/** After so many characters other requests have their turn. */
const charactersPerTurn = 65_536;

function rejected(param: string, message: string): AppError {
  return new AppError('UPSTREAM_REJECTED', `The model server refused the request: ${message}`, { param });
}

function dimensionsOf(body: JsonObject): number {
  const { dimensions } = body;
  if (dimensions === undefined || dimensions === null) return defaultDimensions;
  if (typeof dimensions === 'number' && Number.isInteger(dimensions) && dimensions > 0 && dimensions <= mostDimensions)
    return dimensions;
  throw rejected('dimensions', `dimensions must be a whole number from 1 to ${mostDimensions}.`);
}

interface Input {
  readonly text: string;
  readonly tokens: number;
}

function isTokens(input: unknown): input is number[] {
  return Array.isArray(input) && input.length > 0 && input.every((entry) => typeof entry === 'number');
}

/** Clients that send tokens encode them as OpenAI's embedding models do, for models they do not know too. */
async function decodeTokens(tokens: readonly number[], param: string): Promise<string> {
  const { decode } = await import('gpt-tokenizer/encoding/cl100k_base');
  try {
    return decode(tokens);
  } catch {
    throw rejected(param, `${param} has a number that is no token of cl100k_base.`);
  }
}

async function readInput(input: unknown, param: string, tokenizer: Tokenizer): Promise<Input> {
  if (typeof input === 'string') return { text: input, tokens: tokenizer.count(input) };
  if (isTokens(input)) return { text: await decodeTokens(input, param), tokens: input.length };
  throw rejected(param, `${param} must be a text or a list of token numbers.`);
}

function inputsOf(body: JsonObject): readonly { readonly input: unknown; readonly param: string }[] {
  const { input } = body;
  if (!Array.isArray(input) || isTokens(input)) return [{ input, param: 'input' }];
  return input.map((entry: unknown, index) => ({ input: entry, param: `input.${index}` }));
}

/** Little-endian 32-bit floats. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

/**
 * Answers OpenAI's POST /embeddings.
 * @returns the body of the answer; the numbers are 32-bit floats in both encodings
 * @throws AppError UPSTREAM_REJECTED naming what is wrong; UPSTREAM_ERROR when the call was given up
 */
export async function embed(body: JsonObject, tokenizer: Tokenizer, signal: AbortSignal): Promise<JsonObject> {
  const dimensions = dimensionsOf(body);
  const asText = body['encoding_format'] === 'base64';
  const data: JsonObject[] = [];
  let tokens = 0;
  let characters = 0;
  for (const { input, param } of inputsOf(body)) {
    const read = await readInput(input, param, tokenizer);
    const vector = hashEmbedding(read.text, dimensions);
    data.push({ object: 'embedding', index: data.length, embedding: asText ? toBase64(vector) : [...vector] });
    tokens += read.tokens;
    characters += read.text.length;
    if (characters >= charactersPerTurn) {
      characters = 0;
      await new Promise(setImmediate);
      if (signal.aborted) throw new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: signal.reason });
    }
  }
  return { object: 'list', data, model: body['model'], usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
