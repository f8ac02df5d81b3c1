import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateText, jsonSchema, streamText, tool, type LanguageModel } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const base = upstreamConfig(upstream.url, ['plain', 'tools', 'broken']) as { models: object };
  const vectors = {
    targets: [{ upstream: 'fake', model: 'vectors' }],
    context_tokens: 8_000,
    max_output_tokens: 1,
    capabilities: ['embeddings'],
  };
  turnpike = await startTurnpike({ config: { ...base, models: { ...base.models, vectors } } });
  ({ key } = await turnpike.createKey('wide'));
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

/** The SDK's ways to us, each another surface. */
const ways: Readonly<Record<string, (name: string) => LanguageModel>> = {
  'openai-compatible': (name) =>
    createOpenAICompatible({ name: 'turnpike', baseURL: `${turnpike.url}/v1`, apiKey: key }).chatModel(name),
  'openai chat': (name) => createOpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key }).chat(name),
  'openai responses': (name) => createOpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key }).responses(name),
  'openai completions': (name) => createOpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key }).completion(name),
  anthropic: (name) => createAnthropic({ baseURL: `${turnpike.url}/v1`, apiKey: key })(name),
};

describe.each(Object.keys(ways))('the AI SDK by way of %s', (way) => {
  const model = (name: string) => {
    const open = ways[way];
    if (open === undefined) throw new Error(way);
    return open(`public-${name}`);
  };

  test('gets text, whole and streamed, and usage', async () => {
    upstream.script('plain', { kind: 'chat', content: 'Hello from the model' });
    const whole = await generateText({ model: model('plain'), prompt: 'Hi', maxOutputTokens: 100 });
    expect(whole.text).toBe('Hello from the model');
    expect(whole.usage.outputTokens).toBeGreaterThan(0);
    const streamed = streamText({ model: model('plain'), prompt: 'Hi', maxOutputTokens: 100 });
    let text = '';
    for await (const part of streamed.textStream) text += part;
    expect(text).toBe('Hello from the model');
    expect(await streamed.finishReason).toBe('stop');
  });

  // Old completions have no tools.
  const testWithTools = way === 'openai completions' ? () => undefined : test;
  testWithTools('calls tools, carries them out and goes on', async () => {
    upstream.script('tools', [
      { kind: 'chat', toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Ulm"}' }] },
      { kind: 'chat', content: 'It is sunny.' },
    ]);
    const cities: string[] = [];
    const result = streamText({
      model: model('tools'),
      prompt: 'Weather?',
      maxOutputTokens: 100,
      stopWhen: ({ steps }) => steps.length >= 3,
      tools: {
        weather: tool({
          description: 'Weather of a city',
          inputSchema: jsonSchema<{ city: string }>({
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
            additionalProperties: false,
          }),
          execute: ({ city }) => {
            cities.push(city);
            return 'sunny';
          },
        }),
      },
    });
    expect(await result.text).toBe('It is sunny.');
    expect(cities).toEqual(['Ulm']);
  });

  test('is told of a stream that breaks in the middle', async () => {
    upstream.script('broken', { kind: 'chat', stream: { chunks: ['a ', 'b '], chunkDelayMs: 20, dieAfterChunks: 1 } });
    const errors: unknown[] = [];
    const result = streamText({
      model: model('broken'),
      prompt: 'Hi',
      maxOutputTokens: 100,
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    for await (const _ of result.stream) void _;
    expect(errors.length).toBeGreaterThan(0);
  });
});

test('the AI SDK embeds many texts', async () => {
  const provider = createOpenAICompatible({ name: 'turnpike', baseURL: `${turnpike.url}/v1`, apiKey: key });
  const { embeddings, usage } = await embedMany({ model: provider.embeddingModel('vectors'), values: ['a', 'b', 'c'] });
  expect(embeddings).toHaveLength(3);
  expect(usage.tokens).toBeGreaterThan(0);
});
