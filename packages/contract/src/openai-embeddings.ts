import { z } from 'zod';

const tokens = z.array(z.int().nonnegative()).min(1);

/** OpenAI's POST /embeddings: one text or many, as text or as tokens. Further fields pass through to the model. */
export const embeddingsRequest = z
  .looseObject({
    model: z.string().min(1),
    input: z.union(
      [z.string().min(1), z.array(z.string().min(1)).min(1).max(2048), tokens, z.array(tokens).min(1).max(2048)],
      {
        error: 'must be a text, a list of texts, a list of token numbers, or a list of such lists; none of them empty',
      },
    ),
    encoding_format: z.enum(['float', 'base64']).nullish(),
    dimensions: z.int().positive().nullish(),
    user: z.string().nullish(),
  })
  .meta({ id: 'EmbeddingsRequest' });

export type EmbeddingsRequest = z.output<typeof embeddingsRequest>;

export const embeddingsResponse = z
  .looseObject({
    object: z.literal('list'),
    data: z.array(
      z.looseObject({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z
          .union([z.array(z.number()), z.string()])
          .describe('Numbers, or with encoding_format base64 the same as little-endian 32-bit floats'),
      }),
    ),
    model: z.string(),
    usage: z.looseObject({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'EmbeddingsResponse' });
