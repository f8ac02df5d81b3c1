import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let client: OpenAI;
let key = '';

/** What models beside the chat ones can do. */
const special = (model: string, capabilities: readonly string[]) => ({
  targets: [{ upstream: 'fake', model }],
  context_tokens: 100,
  max_output_tokens: 1,
  capabilities,
});

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const base = upstreamConfig(upstream.url, ['plain', 'tools', 'slow']) as { models: object; plans: object };
  turnpike = await startTurnpike({
    config: {
      ...base,
      models: {
        ...base.models,
        vectors: special('vectors', ['embeddings']),
        guard: special('guard', ['moderation']),
      },
      plans: { ...base.plans, bare: { features: ['embeddings'] } },
    },
  });
  ({ key } = await turnpike.createKey('wide'));
  client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key, maxRetries: 0 });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

const bits = (numbers: readonly number[]) => Buffer.from(Float32Array.from(numbers).buffer).toString('hex');

describe('embeddings', () => {
  test('are the same bit for bit as numbers, as base64, and as the SDK decodes them', async () => {
    const input = ['Grüße', 'a second text'];
    const numbers = await client.embeddings.create({ model: 'vectors', input, encoding_format: 'float' });
    const decoded = await client.embeddings.create({ model: 'vectors', input });
    const base64 = await client.embeddings.create({ model: 'vectors', input, encoding_format: 'base64' });
    expect(numbers.data).toHaveLength(2);
    for (const [index, { embedding }] of numbers.data.entries()) {
      expect(bits(decoded.data[index]?.embedding ?? [])).toBe(bits(embedding));
      const bytes = Buffer.from(String(base64.data[index]?.embedding), 'base64');
      expect(bytes.toString('hex')).toBe(bits(embedding));
    }
    expect(numbers.model).toBe('vectors');
    expect(numbers.usage.total_tokens).toBeGreaterThan(0);
  });

  test('take texts, lists, tokens and lists of tokens, and as many dimensions as asked for', async () => {
    const inputs: [OpenAI.EmbeddingCreateParams['input'], number][] = [
      ['one', 1],
      [['one', 'two', 'three'], 3],
      [[1, 2, 3], 1],
      [[[1, 2], [3]], 2],
    ];
    for (const [input, count] of inputs) {
      const { data } = await client.embeddings.create({
        model: 'vectors',
        input,
        dimensions: 8,
        encoding_format: 'float',
      });
      expect(data.map(({ embedding }) => embedding.length)).toEqual(Array.from({ length: count }, () => 8));
    }
  });

  test('count in the ledger and in the windows, and need their scope', async () => {
    const own = await turnpike.createKey('wide');
    const ownClient = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: own.key, maxRetries: 0 });
    const { usage } = await ownClient.embeddings.create({ model: 'vectors', input: 'four words are here' });
    const [row] = await turnpike.usage(`tenant=${own.tenantId}`);
    expect(row).toMatchObject({ requests: 1, total_tokens: usage.total_tokens });
    const { key: chatKey } = await turnpike.createKey('wide', { scopes: ['chat'] });
    const chatOnly = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: chatKey, maxRetries: 0 });
    await expect(chatOnly.embeddings.create({ model: 'vectors', input: 'x' })).rejects.toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_SCOPE',
      message: expect.stringContaining('embeddings') as string,
    });
  });

  test('that are too long, empty or asked of a chat model are refused by name', async () => {
    const ask = (model: string, input: string | string[]) => client.embeddings.create({ model, input });
    await expect(ask('vectors', 'word '.repeat(500))).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
    await expect(ask('vectors', [])).rejects.toMatchObject({ status: 400, param: 'input' });
    await expect(ask('public-plain', 'x')).rejects.toMatchObject({
      code: 'UNSUPPORTED_CAPABILITY',
      message: expect.stringContaining('vectors') as string,
    });
  });
});

test('moderation counts as a request and takes the first model that can', async () => {
  const own = await turnpike.createKey('wide');
  const ownClient = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: own.key, maxRetries: 0 });
  const answer = await ownClient.moderations.create({ input: 'something' });
  expect(answer.results[0]?.flagged).toEqual(expect.any(Boolean));
  const [row] = await turnpike.usage(`tenant=${own.tenantId}`);
  expect(row).toMatchObject({ requests: 1, total_tokens: 0 });
});

describe('old completions', () => {
  test('come whole and streamed, with usage and the prompt before them when asked for', async () => {
    upstream.script('plain', { kind: 'chat', content: 'an old answer' });
    const whole = await client.completions.create({ model: 'public-plain', prompt: 'Say it', echo: true });
    expect(whole).toMatchObject({ object: 'text_completion', model: 'public-plain' });
    expect(whole.choices[0]).toMatchObject({ text: 'Say itan old answer', finish_reason: 'stop' });
    expect(whole.usage?.total_tokens).toBeGreaterThan(0);
    const stream = await client.completions.create({
      model: 'public-plain',
      prompt: 'Say it',
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let total = 0;
    for await (const part of stream) {
      text += part.choices[0]?.text ?? '';
      total = part.usage?.total_tokens ?? total;
    }
    expect([text, total > 0]).toEqual(['an old answer', true]);
  });

  test('say what they cannot do', async () => {
    const ask = (more: object) => client.completions.create({ model: 'public-plain', prompt: 'x', ...more });
    await expect(ask({ prompt: ['a', 'b'] })).rejects.toMatchObject({ status: 400, param: 'prompt' });
    await expect(ask({ suffix: 'end' })).rejects.toMatchObject({ status: 400, param: 'suffix' });
    await expect(ask({ best_of: 3 })).rejects.toMatchObject({ status: 400, param: 'best_of' });
  });
});

describe('responses', () => {
  test('are answered, kept, gone on from and deleted', async () => {
    upstream.script('plain', [
      { kind: 'chat', content: 'first answer' },
      { kind: 'chat', content: 'second answer' },
    ]);
    const first = await client.responses.create({ model: 'public-plain', input: 'first question' });
    expect(first.output_text).toBe('first answer');
    const second = await client.responses.create({
      model: 'public-plain',
      input: 'second question',
      previous_response_id: first.id,
    });
    expect(second.output_text).toBe('second answer');
    const sent = upstream.requestsFor('plain').at(-1)?.bodyText ?? '';
    for (const text of ['first question', 'first answer', 'second question']) expect(sent).toContain(text);
    expect((await client.responses.retrieve(first.id)).output_text).toBe('first answer');
    await client.responses.delete(first.id);
    await expect(client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
  });

  test('stream the whole sequence of events, tools too', async () => {
    upstream.script('tools', {
      kind: 'chat',
      toolCalls: [
        { id: 'call_1', name: 'get_weather', arguments: '{"city":"Ulm"}' },
        { id: 'call_2', name: 'get_time', arguments: '{}' },
      ],
    });
    const tool = (name: string) => ({ type: 'function' as const, name, parameters: { type: 'object' }, strict: false });
    const stream = await client.responses.create({
      model: 'public-tools',
      input: 'weather and time?',
      tools: [tool('get_weather'), tool('get_time')],
      stream: true,
    });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    const last = events.at(-1);
    if (last?.type !== 'response.completed') throw new Error('not completed');
    expect(last.response.output).toMatchObject([
      { type: 'function_call', name: 'get_weather', arguments: '{"city":"Ulm"}', call_id: 'call_1' },
      { type: 'function_call', name: 'get_time', arguments: '{}', call_id: 'call_2' },
    ]);
  });

  test('that broke off are read again to the end by the same key, billed once', async () => {
    const own = await turnpike.createKey('wide');
    upstream.script('slow', { kind: 'chat', stream: { chunks: ['a ', 'b ', 'c ', 'd '], gate: true } });
    const send = (signal: AbortSignal | null) =>
      fetch(`${turnpike.url}/v1/responses`, {
        method: 'POST',
        signal,
        headers: {
          authorization: `Bearer ${own.key}`,
          'content-type': 'application/json',
          'idempotency-key': 'responses-resume-1',
        },
        body: JSON.stringify({ model: 'public-slow', input: 'go', stream: true }),
      });
    const abort = new AbortController();
    const broken = await send(abort.signal);
    upstream.release(1);
    await broken.body?.getReader().read();
    abort.abort();
    upstream.release(10);
    const again = await (await send(null)).text();
    const deltas = [...again.matchAll(/"type":"response.output_text.delta"[^\n]*/g)];
    expect(deltas).toHaveLength(4);
    expect(again).toContain('event: response.completed');
    const [row] = await turnpike.usage(`tenant=${own.tenantId}`);
    expect(row?.requests).toBe(1);
  });
});

test('a plan without a feature refuses it, and says which plan has it', async () => {
  const { key: bareKey } = await turnpike.createKey('bare');
  const bare = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: bareKey, maxRetries: 0 });
  await bare.embeddings.create({ model: 'vectors', input: 'allowed' });
  const calls: (() => Promise<unknown>)[] = [
    () => bare.responses.create({ model: 'public-plain', input: 'x' }),
    () => bare.completions.create({ model: 'public-plain', prompt: 'x' }),
    () => bare.moderations.create({ input: 'x' }),
  ];
  for (const call of calls)
    await expect(call()).rejects.toMatchObject({
      status: 403,
      code: 'PLAN_LIMIT_EXCEEDED',
      message: expect.stringContaining('wide') as string,
    });
});
