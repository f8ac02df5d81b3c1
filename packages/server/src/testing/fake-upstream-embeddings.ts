import { createHash } from 'node:crypto';
import { countWords, isObject, textOf, type FakeBody } from './fake-upstream-script.ts';

const defaultDimensions = 8;

/**
 * The vector of an input, the same every time and another for every other input. Each number is a 32-bit float, so
 * that both encodings say the same to the last bit.
 */
export function fakeEmbedding(input: unknown, dimensions = defaultDimensions): Float32Array {
  const vector = new Float32Array(dimensions);
  let bytes = Buffer.alloc(0);
  for (let index = 0; index < dimensions; index += 1) {
    const at = (index % 8) * 4;
    if (at === 0)
      bytes = createHash('sha256')
        .update(`${String(index)} ${JSON.stringify(input)}`)
        .digest();
    vector[index] = bytes.readInt32LE(at) / 2 ** 31;
  }
  return vector;
}

/** Little-endian 32-bit floats, as OpenAI's base64 has them. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

/** The inputs of a request: one text, a list of texts, one list of tokens or a list of such lists. */
function inputsOf(input: unknown): unknown[] {
  if (!Array.isArray(input)) return [input];
  return input.every((entry) => typeof entry === 'number') ? [input] : (input as unknown[]);
}

function tokensOf(input: unknown): number {
  return Array.isArray(input) ? input.length : countWords(String(input));
}

/** The answer of OpenAI's POST /embeddings. `onlyFloats`: a server that does not know base64. */
export function renderEmbeddings(body: FakeBody, onlyFloats: boolean): FakeBody {
  const dimensions = typeof body['dimensions'] === 'number' ? body['dimensions'] : defaultDimensions;
  const inputs = inputsOf(body['input']);
  const tokens = inputs.reduce<number>((sum, input) => sum + tokensOf(input), 0);
  const asText = body['encoding_format'] === 'base64' && !onlyFloats;
  return {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = fakeEmbedding(input, dimensions);
      return { object: 'embedding', index, embedding: asText ? toBase64(vector) : [...vector] };
    }),
    model: body['model'],
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** The answer of OpenAI's POST /moderations: a text with the word `violence` is flagged. */
export function renderModeration(body: FakeBody, id: string): FakeBody {
  const { input } = body;
  const texts = Array.isArray(input) && !input.some(isObject) ? (input as unknown[]) : [input];
  return {
    id: id.replace('chatcmpl-', 'modr-'),
    model: body['model'] ?? 'fake-moderation',
    results: texts.map((entry) => {
      const flagged = textOf(entry).includes('violence');
      return { flagged, categories: { violence: flagged }, category_scores: { violence: flagged ? 0.9 : 0.1 } };
    }),
  };
}

function geminiVector(request: FakeBody): FakeBody {
  const { content, outputDimensionality } = request;
  const text = isObject(content) ? textOf(content['parts']) : '';
  const dimensions = typeof outputDimensionality === 'number' ? outputDimensionality : defaultDimensions;
  return { values: [...fakeEmbedding(text, dimensions)] };
}

/** The answer of Gemini's embedContent. */
export function renderGeminiEmbedding(body: FakeBody): FakeBody {
  return { embedding: geminiVector(body) };
}

/** The answer of Gemini's batchEmbedContents. */
export function renderGeminiEmbeddings(body: FakeBody): FakeBody {
  const { requests } = body;
  return { embeddings: Array.isArray(requests) ? requests.filter(isObject).map(geminiVector) : [] };
}
