import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { clientSurfaces, eventsOf } from './client-surfaces.ts';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

const kinds = ['openai', 'azure', 'anthropic', 'gemini'] as const;
let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';
let client: OpenAI;

const chatModel = (kind: string, name: string) => ({
  targets: [{ upstream: kind, model: name }],
  context_tokens: 100_000,
  max_output_tokens: 1_000,
  capabilities: ['chat', 'tools', 'json', 'vision'],
});

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({
    config: {
      upstreams: {
        openai: { kind: 'openai', base_url: upstream.url, api_key: 'key-of-openai' },
        azure: {
          kind: 'openai',
          base_url: upstream.url,
          api_key: 'key-of-azure',
          auth: 'api-key',
          query: { 'api-version': '2026-01-01' },
          max_tokens_field: 'max_completion_tokens',
        },
        anthropic: { kind: 'anthropic', base_url: upstream.url, api_key: 'key-of-anthropic' },
        gemini: { kind: 'gemini', base_url: upstream.geminiUrl, api_key: 'key-of-gemini' },
      },
      models: Object.fromEntries(
        kinds.flatMap((kind) => [
          [kind, chatModel(kind, `${kind}-model`)],
          [`${kind}-tools`, chatModel(kind, `${kind}-tools-model`)],
        ]),
      ),
      plans: { wide: { requests_per_minute: 100_000 } },
    },
  });
  ({ key } = await turnpike.createKey('wide'));
  client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key, maxRetries: 0 });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

describe.each(kinds)('an upstream of kind %s', (kind) => {
  test.each(clientSurfaces)('answers $name, whole and streamed', async (surface) => {
    const words = ['Grüße ', 'aus ', 'Ulm 👋🏽'];
    upstream.script(`${kind}-model`, { kind: 'chat', stream: { chunks: words, splitBytes: 7 } });
    const send = (stream: boolean) =>
      fetch(`${turnpike.url}${surface.path(stream)}`, {
        method: 'POST',
        headers: { ...surface.headers(key), 'content-type': 'application/json' },
        body: JSON.stringify(surface.body(kind, 'Hello', stream)),
      });
    const whole = await send(false);
    expect(surface.textOf((await whole.json()) as never)).toBe(words.join(''));
    const streamed = await (await send(true)).text();
    const deltas = eventsOf(streamed).map((event) => surface.deltaOf(event as never));
    expect(deltas.join('')).toBe(words.join(''));
    expect(streamed).toMatch(surface.closing);
  });

  test('calls tools in parallel for an OpenAI client, whole and streamed', async () => {
    upstream.script(`${kind}-tools-model`, {
      kind: 'chat',
      toolCalls: [
        { id: 'call_1', name: 'get_weather', arguments: '{"city":"Ulm"}' },
        { id: 'call_2', name: 'get_weather', arguments: '{"city":"Köln"}' },
      ],
    });
    const request = {
      model: `${kind}-tools`,
      messages: [{ role: 'user' as const, content: 'Weather?' }],
      tools: [
        {
          type: 'function' as const,
          function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
        },
      ],
    };
    const whole = await client.chat.completions.create(request);
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    for (const { choices } of [whole, streamed]) {
      expect(choices[0]?.finish_reason).toBe('tool_calls');
      const calls = choices[0]?.message.tool_calls?.map((call) =>
        call.type === 'function' ? call.function : undefined,
      );
      expect(calls?.map((call) => [call?.name, JSON.parse(call?.arguments ?? '') as unknown])).toEqual([
        ['get_weather', { city: 'Ulm' }],
        ['get_weather', { city: 'Köln' }],
      ]);
    }
  });
});

test('each is shown its own key in its own way, and none is told the client’s', () => {
  for (const { headers, bodyText } of upstream.requests) expect(JSON.stringify(headers) + bodyText).not.toContain(key);
  expect(upstream.requestsFor('openai-model')[0]?.headers.authorization).toBe('Bearer key-of-openai');
  const [azure] = upstream.requestsFor('azure-model');
  expect([azure?.headers['api-key'], azure?.headers.authorization]).toEqual(['key-of-azure', undefined]);
  expect(upstream.requestsFor('anthropic-model')[0]?.headers['x-api-key']).toBe('key-of-anthropic');
  expect(upstream.requestsFor('gemini-model')[0]?.headers['x-goog-api-key']).toBe('key-of-gemini');
});
