import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';
let client: OpenAI;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const models = {
    plain: { targets: [{ upstream: 'fake', model: 'plain' }], context_tokens: 200, max_output_tokens: 50 },
  };
  const base = upstreamConfig(upstream.url, ['echo', 'named', 'busy', 'many']) as { models: object };
  turnpike = await startTurnpike({
    config: {
      ...base,
      models: { ...base.models, 'chat-only': { ...models.plain, capabilities: ['chat'] } },
      plans: { wide: { requests_per_minute: 10_000 }, one: { requests_per_minute: 1 }, few: { tokens_per_month: 10 } },
    },
  });
  ({ key } = await turnpike.createKey('wide'));
  client = clientOf(key);
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

const clientOf = (apiKey: string, maxRetries = 0) => new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey, maxRetries });
const ask = (model: string, content = 'Hello') => ({ model, messages: [{ role: 'user' as const, content }] });
const lastBody = (model: string) => upstream.requestsFor(model).at(-1)?.body;

describe('what a client sends reaches the model as it was', () => {
  const fields = {
    n: 2,
    stop: ['END', 'STOP'],
    seed: 7,
    logprobs: true,
    top_logprobs: 3,
    temperature: 0,
    top_p: 0.5,
    presence_penalty: -1,
    logit_bias: { '50256': -100 },
    tool_choice: { type: 'function' as const, function: { name: 'look' } },
    tools: [{ type: 'function' as const, function: { name: 'look', parameters: { type: 'object' }, strict: true } }],
    response_format: {
      type: 'json_schema' as const,
      json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
    },
    metadata: { team: 'α' },
    parallel_tool_calls: false,
  };
  const messages = [
    { role: 'system' as const, content: 'Be brief' },
    {
      role: 'user' as const,
      content: [
        { type: 'text' as const, text: 'What is this? 👋🏽' },
        { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
      ],
    },
  ];

  test.each([false, true])('stream: %s', async (stream) => {
    const answer = await client.chat.completions.create({
      ...fields,
      model: 'public-echo',
      messages,
      stream,
      ...{ guided_choice: ['a'], reasoning: { effort: 'low' } },
    });
    if ('choices' in answer) expect(answer.choices).toHaveLength(2);
    else for await (const chunk of answer) expect(chunk.model).toBe('public-echo');
    expect(lastBody('echo')).toMatchObject({
      ...fields,
      messages,
      guided_choice: ['a'],
      reasoning: { effort: 'low' },
      model: 'echo',
    });
  });

  test('numbers that JavaScript cannot hold are not the caller’s, the rest keeps its value', async () => {
    await client.chat.completions.create({ ...ask('public-echo'), seed: Number.MAX_SAFE_INTEGER });
    expect(lastBody('echo')?.['seed']).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('usage is asked of the model and shown to no one who did not ask', async () => {
    for (const options of [undefined, { include_usage: false }, { include_usage: true }]) {
      const stream = await client.chat.completions.create({
        ...ask('public-echo'),
        stream: true,
        ...(options === undefined ? {} : { stream_options: options }),
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(lastBody('echo')?.['stream_options']).toMatchObject({ include_usage: true });
      const shown = chunks.filter((chunk) => chunk.usage !== undefined && chunk.usage !== null);
      expect(shown).toHaveLength(options?.include_usage === true ? 1 : 0);
      expect(chunks.filter((chunk) => chunk.choices.length === 0)).toHaveLength(
        options?.include_usage === true ? 1 : 0,
      );
    }
  });

  test('the model’s own name shows nowhere, however the model spells it', async () => {
    upstream.script('named', { kind: 'chat', content: 'I am "model":"named" indeed', model: 'vendor/named-2026-11' });
    const whole = await client.chat.completions.create(ask('public-named'));
    expect([whole.model, whole.choices[0]?.message.content]).toEqual(['public-named', 'I am "model":"named" indeed']);
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...ask('public-named'), stream: true })) {
      expect(chunk.model).toBe('public-named');
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('I am "model":"named" indeed');
  });

  test('the stream helper of the client puts the answer together', async () => {
    const stream = client.chat.completions.stream({ ...ask('public-echo', 'a b c'), n: 1 });
    expect(await stream.finalContent()).toBe('You said: a b c');
  });
});

describe('what a model cannot do is refused before it is asked', () => {
  const image = [{ type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } }];
  test.each([
    ['tools', { tools: [{ type: 'function' as const, function: { name: 'f' } }] }, 'tools'],
    ['JSON', { response_format: { type: 'json_object' as const } }, 'response_format'],
    ['images', { messages: [{ role: 'user' as const, content: image }] }, 'messages.0.content'],
    ['long prompts', { messages: [{ role: 'user' as const, content: 'word '.repeat(2_000) }] }, 'messages'],
    ['long answers', { max_tokens: 51 }, 'max_tokens'],
  ])('%s', async (_what, more, param) => {
    const before = upstream.counts.chat;
    const refused = client.chat.completions.create({ ...ask('chat-only'), ...more });
    await expect(refused).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(refused).rejects.toMatchObject({ status: 400, param });
    expect(upstream.counts.chat).toBe(before);
  });

  test('JSON of a model that can', async () => {
    await client.chat.completions.create({ ...ask('public-echo'), response_format: { type: 'json_object' } });
    expect(lastBody('echo')).toMatchObject({ response_format: { type: 'json_object' } });
  });
});

describe('errors are the classes that clients know', () => {
  test('by status', async () => {
    await expect(client.models.retrieve('nowhere')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(client.embeddings.create({ model: 'x', input: 'y' })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(clientOf('sk_live_wrong').models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    const { key: unscoped } = await turnpike.createKey('wide', { scopes: ['models'] });
    await expect(clientOf(unscoped).chat.completions.create(ask('public-echo'))).rejects.toBeInstanceOf(
      OpenAI.PermissionDeniedError,
    );
    const { key: single } = await turnpike.createKey('one');
    const both = () => clientOf(single).chat.completions.create(ask('public-echo'));
    // A minute may begin between two of them, not between three of four.
    const ends = [
      await both(),
      await both().catch((error: unknown) => error),
      await both().catch((error: unknown) => error),
    ];
    expect(ends.some((end) => end instanceof OpenAI.RateLimitError)).toBe(true);
    upstream.script('busy', { kind: 'status', status: 500 });
    await expect(client.chat.completions.create(ask('public-busy'))).rejects.toBeInstanceOf(OpenAI.InternalServerError);
  });

  test('carry the request id that the log has', async () => {
    const error: unknown = await client.chat.completions.create(ask('nowhere')).catch((thrown: unknown) => thrown);
    if (!(error instanceof OpenAI.NotFoundError)) throw new Error('not the error expected');
    expect(error.requestID).toMatch(/^req_/);
    await expect.poll(() => turnpike.stdout()).toContain(error.requestID);
    const { request_id: id } = await client.chat.completions.create(ask('public-echo')).withResponse();
    expect(id).toMatch(/^req_/);
    expect(upstream.requestsFor('echo').at(-1)?.headers['x-request-id']).toBe(id);
  });

  test('a busy model is retried after its Retry-After, a used-up quota is not retried', async () => {
    const busy = { kind: 'status', status: 503, body: {}, headers: { 'retry-after': '1' } } as const;
    upstream.script('busy', [busy, busy, { kind: 'chat', content: 'at last' }]);
    const before = upstream.requestsFor('busy').length;
    const answer = await clientOf(key, 2).chat.completions.create(ask('public-busy'));
    expect(answer.choices[0]?.message.content).toBe('at last');
    const tries = upstream.requestsFor('busy').slice(before);
    expect(tries).toHaveLength(3);
    expect((tries[2]?.receivedAtMs ?? 0) - (tries[0]?.receivedAtMs ?? 0)).toBeGreaterThanOrEqual(1_900);
    const { key: poor } = await turnpike.createKey('few');
    const sent: string[] = [];
    const counting = new OpenAI({
      baseURL: `${turnpike.url}/v1`,
      apiKey: poor,
      maxRetries: 3,
      fetch: (url, init) => {
        sent.push(String(url));
        return fetch(url, init);
      },
    });
    await expect(counting.chat.completions.create(ask('public-echo'))).rejects.toMatchObject({
      status: 429,
      code: 'insufficient_quota',
    });
    expect(sent).toHaveLength(1);
  });

  test('many at once each get their own answer', async () => {
    upstream.script('many', { kind: 'chat', stream: { splitBytes: 11 } });
    const texts = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const stream = await client.chat.completions.create({ ...ask('public-many', `caller ${index}`), stream: true });
        let text = '';
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
        return text;
      }),
    );
    expect(texts).toEqual(texts.map((_, index) => `You said: caller ${index}`));
  });
});
