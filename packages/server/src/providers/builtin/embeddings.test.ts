import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../tokens/count-tokens.ts';
import type { JsonObject } from '../provider.ts';
import { embed, embeddingModel } from './embeddings.ts';
import { hashEmbedding } from './feature-hash.ts';

const ask = async (body: JsonObject, signal = new AbortController().signal) =>
  embed({ model: embeddingModel, ...body }, await loadTokenizer(), signal);

async function vectors(body: JsonObject): Promise<unknown[]> {
  return ((await ask(body))['data'] as JsonObject[]).map((entry) => entry['embedding']);
}

function likeness(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}

describe('the embedding of a text', () => {
  test('has length 1, the asked dimensions, and is the same every time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 1_024 }), (text, dimensions) => {
        const vector = hashEmbedding(text, dimensions);
        expect(vector).toHaveLength(dimensions);
        expect(likeness(vector, vector)).toBeCloseTo(1, 4);
        expect(hashEmbedding(text, dimensions)).toEqual(vector);
      }),
    );
  });

  test('is near that of a text about the same, and far from another', () => {
    const of = (text: string) => hashEmbedding(text, 256);
    const key = of('How do I rotate an API key?');
    expect(likeness(key, of('rotating API keys'))).toBeGreaterThan(0.3);
    expect(likeness(key, of('HOW DO I ROTATE AN API KEY'))).toBeCloseTo(1, 5);
    expect(Math.abs(likeness(key, of('Das Wetter in Köln ist heute schön')))).toBeLessThan(0.2);
    expect(likeness(of('🎈'), of('🎉'))).toBeLessThan(0.9);
  });

  test('of a very long text is made of a bounded part of it', () => {
    const beginning = 'word '.repeat(20_000);
    expect(hashEmbedding(`${beginning}end`, 64)).toEqual(hashEmbedding(`${beginning}other`, 64));
  });
});

describe('embeddings', () => {
  test('come one an input, counted', async () => {
    const answer = await ask({ input: ['hello world', 'hello'] });
    expect(answer).toMatchObject({
      object: 'list',
      model: embeddingModel,
      data: [
        { object: 'embedding', index: 0 },
        { object: 'embedding', index: 1 },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    expect((await vectors({ input: 'hello' }))[0]).toEqual((await vectors({ input: ['x', 'hello'] }))[1]);
    expect((await vectors({ input: 'hello' }))[0]).toHaveLength(256);
  });

  test('are the same bits in both encodings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 300 }), async (input, dimensions) => {
        const [numbers] = await vectors({ input, dimensions, encoding_format: 'float' });
        const [text] = await vectors({ input, dimensions, encoding_format: 'base64' });
        const bytes = Buffer.from(String(text), 'base64');
        expect(bytes).toHaveLength(dimensions * 4);
        const decoded = Array.from({ length: dimensions }, (_, index) => bytes.readFloatLE(index * 4));
        expect(decoded).toEqual(numbers);
      }),
      { numRuns: 30 },
    );
  });

  test('of tokens are those of the text they are', async () => {
    const text = 'Grüße from the hub';
    const tokens = encode(text);
    expect(await vectors({ input: tokens })).toEqual(await vectors({ input: text }));
    expect(await vectors({ input: [tokens, [tokens[0]]] })).toHaveLength(2);
    expect(await ask({ input: tokens })).toMatchObject({ usage: { prompt_tokens: tokens.length } });
  });

  test.each([
    [{ input: 'a', dimensions: 1_025 }, 'dimensions'],
    [{ input: 'a', dimensions: 0 }, 'dimensions'],
    [{ input: 'a', dimensions: 1.5 }, 'dimensions'],
    [{ input: [[1, 2], [9_999_999]] }, 'input.1'],
    [{ input: [-1] }, 'input'],
    [{ input: [100_270] }, 'input'],
    [{ input: ['a', {}] }, 'input.1'],
    [{}, 'input'],
  ])('of %j are refused for %s', async (body, param) => {
    await expect(ask(body)).rejects.toMatchObject({ code: 'UPSTREAM_REJECTED', param });
  });

  test('stop when nobody waits for them', async () => {
    const input = Array.from({ length: 50 }, () => 'long '.repeat(20_000));
    await expect(ask({ input }, AbortSignal.abort())).rejects.toMatchObject({ code: 'UPSTREAM_ERROR' });
  });
});
