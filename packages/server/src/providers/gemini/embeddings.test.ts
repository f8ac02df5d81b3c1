import { describe, expect, test } from 'vitest';
import { embedTokens, fromEmbeddings, hasEmbeddings, textsOf, toEmbedRequests } from './embeddings.ts';

describe('a request for embeddings', () => {
  test('is batches of a hundred, each text by itself and in its order', () => {
    const texts = Array.from({ length: 201 }, (_, index) => `text ${String(index)}`);
    const batches = toEmbedRequests({ model: 'e', dimensions: 4, task_type: 'RETRIEVAL_QUERY' }, texts) as {
      requests: { content: { parts: { text: string }[] } }[];
    }[];
    expect(batches.map((batch) => batch.requests.length)).toEqual([100, 100, 1]);
    expect(batches.flatMap((batch) => batch.requests.flatMap((request) => request.content.parts))).toEqual(
      texts.map((text) => ({ text })),
    );
    expect(batches[2]?.requests[0]).toEqual({
      model: 'models/e',
      outputDimensionality: 4,
      taskType: 'RETRIEVAL_QUERY',
      content: { role: 'user', parts: [{ text: 'text 200' }] },
    });
    expect(toEmbedRequests({ model: 'e', dimensions: null }, ['a'])[0]).toEqual({
      requests: [{ model: 'models/e', content: { role: 'user', parts: [{ text: 'a' }] } }],
    });
  });

  test.each([['a'], [['a', 'b']]])('of %j is one of texts', (input) => {
    expect(textsOf({ input })).toEqual([input].flat());
  });

  test.each([[[1, 2]], [[[1], [2]]], [[]], [['a', 1]], [undefined]])('of %j is refused: no tokens', (input) => {
    expect(() => textsOf({ input })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_CAPABILITY', param: 'input' }) as Error,
    );
  });
});

describe('an answer with embeddings', () => {
  const values = [0.5, -0.25];

  test.each([
    [{ embeddings: [{ values }] }, 1, true],
    [{ embeddings: [{ values }] }, 2, false],
    [{ embeddings: [{ values: [] }] }, 1, false],
    [{ embeddings: [{ values: [1, 'x'] }] }, 1, false],
    [{ embeddings: [null] }, 1, false],
    [{}, 1, false],
  ])('%j to %i texts is one: %j', (body, count, expected) => {
    expect(hasEmbeddings(body, count)).toBe(expected);
  });

  test('counts what it read only where every part of it says so', () => {
    const told = { embeddings: [], usageMetadata: { promptTokenCount: 3 } };
    expect(embedTokens([told, told])).toBe(6);
    expect(embedTokens([told, { embeddings: [] }])).toBeUndefined();
    expect(embedTokens([{ usageMetadata: { promptTokenCount: 0 } }])).toBeUndefined();
  });

  test('is OpenAI’s list, numbered through, with usage where it is known', () => {
    const answers = [{ embeddings: [{ values }, { values: [1, 0] }] }, { embeddings: [{ values: [0, 1] }] }];
    expect(fromEmbeddings('e', answers, 7)).toEqual({
      object: 'list',
      data: [values, [1, 0], [0, 1]].map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: 'e',
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
    expect(fromEmbeddings('e', answers, undefined)).not.toHaveProperty('usage');
  });
});
