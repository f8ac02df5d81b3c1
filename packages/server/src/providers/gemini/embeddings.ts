import { isJsonObject, objectsOf } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { unsupported } from '../unsupported.ts';
import { modelResource } from './model-name.ts';

/** So many texts Gemini takes at once. */
const batchSize = 100;

/**
 * The texts of OpenAI's POST /embeddings.
 * @throws AppError UNSUPPORTED_CAPABILITY for tokens: they are those of another vendor's models
 */
export function textsOf(body: JsonObject): readonly string[] {
  const { input } = body;
  const texts = (Array.isArray(input) ? (input as unknown[]) : [input]).filter((text) => typeof text === 'string');
  if (texts.length > 0 && texts.length === (Array.isArray(input) ? input.length : 1)) return texts;
  throw unsupported(
    'input',
    'input must be a text or a list of texts for this model: it does not read the tokens of other models. Clients that send tokens have an option for it, such as check_embedding_ctx_length=False.',
  );
}

const contentOf = (text: string): JsonObject => ({ role: 'user', parts: [{ text }] });

/** Bodies of batchEmbedContents for any number of texts, in their order. `dimensions` and `task_type` go along. */
export function toEmbedRequests(body: JsonObject, texts: readonly string[]): JsonObject[] {
  const { dimensions, task_type: taskType } = body;
  const shared = {
    model: modelResource(body['model']),
    ...(typeof dimensions === 'number' ? { outputDimensionality: dimensions } : {}),
    ...(typeof taskType === 'string' ? { taskType } : {}),
  };
  return Array.from({ length: Math.ceil(texts.length / batchSize) }, (_, index) => ({
    requests: texts
      .slice(index * batchSize, (index + 1) * batchSize)
      .map((text) => ({ ...shared, content: contentOf(text) })),
  }));
}

/** The body of countTokens for the same texts. */
export function toEmbedCount(texts: readonly string[]): JsonObject {
  return { contents: texts.map(contentOf) };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'number');
}

/** Is this the answer to so many texts, a vector each? */
export function hasEmbeddings(body: JsonObject, count: number): boolean {
  const embeddings = objectsOf(body['embeddings']);
  return embeddings.length === count && embeddings.every(({ values }) => isNumbers(values));
}

/** What the answers say they read, in tokens; undefined when one does not say. */
export function embedTokens(answers: readonly JsonObject[]): number | undefined {
  let sum = 0;
  for (const { usageMetadata } of answers) {
    const count = isJsonObject(usageMetadata) ? usageMetadata['promptTokenCount'] : undefined;
    if (typeof count !== 'number' || count <= 0) return undefined;
    sum += count;
  }
  return sum;
}

/** The answers as one of OpenAI's POST /embeddings, in numbers; without usage when the tokens are unknown. */
export function fromEmbeddings(model: unknown, answers: readonly JsonObject[], tokens: number | undefined): JsonObject {
  const data = answers
    .flatMap((answer) => objectsOf(answer['embeddings']))
    .map(({ values }, index) => ({ object: 'embedding', index, embedding: values }));
  const usage = tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } };
  return { object: 'list', data, model, ...usage };
}
