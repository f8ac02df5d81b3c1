import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import OpenAI from 'openai';
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../../clock.ts';
import { compose, type Composition } from '../../../compose.ts';
import { loadConfig } from '../../../config/load.ts';
import { createHttpServer } from '../../../http/http-server.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { createResponseStore, type ResponseStore } from '../../../responses/store.ts';
import { createCipher } from '../../../secrets/cipher.ts';
import { startFakeUpstream, type FakeUpstream, type Script } from '../../../testing/fake-upstream.ts';
import { copyPrepared } from '../../../testing/global-setup.ts';
import { createRecordingLogger } from '../../../testing/recording-logger.ts';
import { createResponseRoute } from './create-response.ts';
import { storedResponseRoutes } from './stored-responses.ts';

const models = Array.from({ length: 30 }, (_, index) => `model-${index}`);
const logger = createRecordingLogger();

let dataDir: string;
let upstream: FakeUpstream;
let composition: Composition;
let store: ResponseStore;
/** The responses' routes alone, on the road of the whole composition. */
let app: FastifyInstance;
let origin: string;
let nextModel = 0;
/** What stands between the store and its database: it may wait, or fail. */
let beforeQuery: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  upstream = await startFakeUpstream();
  dataDir = await mkdtemp(join(tmpdir(), 'turnpike-responses-'));
  await rename(await copyPrepared(inject('preparedDatabase')), join(dataDir, 'database'));
  const configFile = join(dataDir, 'turnpike.yaml');
  const modelOf = (model: string) => ({
    targets: [{ upstream: 'fake', model }],
    context_tokens: 100_000,
    max_output_tokens: 1_000,
    capabilities: ['chat', 'tools'],
  });
  const settings = {
    upstreams: { fake: { kind: 'openai', base_url: upstream.url } },
    models: Object.fromEntries(models.map((model) => [model, modelOf(model)])),
    plans: { open: {}, without: { features: ['embeddings'] } },
    default_plan: 'open',
  };
  await writeFile(configFile, JSON.stringify(settings));
  const presetsDir = new URL('../../../../../../presets/', import.meta.url).pathname;
  const env = { DATA_DIR: dataDir, TURNPIKE_CONFIG: configFile };
  const config = await loadConfig({ env, cwd: dataDir, presetsDir });
  composition = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: systemClock,
    logger,
    version: '0.0.0-test',
  });
  const { gateway, database } = composition.services;
  store = createResponseStore({
    database: {
      ...database,
      query: async (work) => {
        await beforeQuery();
        return database.query(work);
      },
    },
    clock: systemClock,
    cipher: createCipher(randomBytes(32), 'responses'),
    logger,
    settings: { retention_days: 30, max_stored_bytes: 100_000 },
  });
  app = createHttpServer({
    routes: [createResponseRoute(gateway, store), ...storedResponseRoutes(gateway, store)],
    clock: systemClock,
    logger,
    contracts: gateway.contracts,
    idempotency: gateway.idempotency,
    documentationUrl: gateway.documentationUrl,
    trustedProxies: [],
    bodyLimitBytes: 1_000_000,
    maxJsonDepth: 64,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    requireAdmin: () => {
      throw new Error('there is no such route');
    },
    isDraining: () => false,
    onRequest: () => undefined,
    onResponse: () => undefined,
  });
  origin = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await app.close();
  await store.close();
  await composition.close();
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A tenant with a key, an official client and a model with a script. */
async function open(script: Script = { kind: 'chat', content: 'Hello there.' }, plan = 'open') {
  const asked = async (path: string, payload: object): Promise<{ id: string; key: string }> => {
    const reply = await composition.app.inject({
      method: 'POST',
      url: `/admin/v1/${path}`,
      headers: { authorization: `Bearer ${composition.services.config.adminToken}` },
      payload,
    });
    return reply.json();
  };
  const tenant = await asked('tenants', { name: 'Example', plan });
  const { key } = await asked(`tenants/${tenant.id}/keys`, { name: 'first' });
  nextModel += 1;
  const model = models[nextModel] ?? '';
  upstream.script(model, script);
  const client = new OpenAI({ apiKey: key, baseURL: `${origin}/v1`, maxRetries: 0 });
  const create = (more: Partial<ResponseCreateParamsNonStreaming> = {}, headers: Record<string, string> = {}) =>
    client.responses.create({ model, input: 'Hi', ...more }, { headers });
  const send = (method: string, path: string, body?: JsonObject, headers: Record<string, string> = {}) =>
    fetch(`${origin}/v1/responses${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const messages = (): JsonObject[][] =>
    upstream.requestsFor(model).map(({ body }) => body['messages'] as JsonObject[]);
  return { client, model, create, send, messages, calls: () => upstream.requestsFor(model) };
}

async function errorOf(reply: Response): Promise<JsonObject> {
  return ((await reply.json()) as { error: JsonObject }).error;
}

const tool = { type: 'function', name: 'get_weather', parameters: {}, strict: false } as const;

describe('POST /v1/responses', () => {
  test('answers, keeps the answer, and gives it back', async () => {
    const { create, client, model } = await open();
    const made = await create({ instructions: 'Be kind.', metadata: { a: 'b' } });
    expect(made.output_text).toBe('Hello there.');
    expect(made).toMatchObject({ model, status: 'completed', store: true, metadata: { a: 'b' } });
    expect(made.usage?.output_tokens).toBeGreaterThan(0);
    const { output_text: text, ...stored } = await client.responses.retrieve(made.id);
    expect(text).toBe('Hello there.');
    expect(made).toMatchObject(stored);
  });

  test('streams to the official client, and what it put together is what is kept', async () => {
    const { client, model } = await open({ kind: 'chat', reasoning: 'Hm.', content: 'One two three.' });
    const final = await client.responses.stream({ model, input: 'Hi' }).finalResponse();
    expect(final.output_text).toBe('One two three.');
    const stored = await client.responses.retrieve(final.id);
    expect(stored.output).toMatchObject([{ type: 'reasoning' }, { type: 'message', status: 'completed' }]);
    expect(stored.usage).toEqual(final.usage);
  });

  test('streams named events, closed by [DONE]', async () => {
    const { send, model } = await open();
    const reply = await send('POST', '', { model, input: 'Hi', stream: true });
    const text = await reply.text();
    expect(reply.headers.get('content-type')).toContain('text/event-stream');
    expect(text.startsWith('event: response.created\ndata: {"type":"response.created","sequence_number":0,')).toBe(
      true,
    );
    expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  test('lets the last event go only when the answer is stored', async () => {
    const { send, model } = await open();
    const [asked, allowed] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    beforeQuery = async () => {
      asked.resolve(undefined);
      await allowed.promise;
    };
    try {
      let read = '';
      const reading = (async () => {
        const reply = await send('POST', '', { model, input: 'Hi', stream: true });
        const decoder = new TextDecoder();
        for await (const piece of reply.body ?? []) read += decoder.decode(piece as Uint8Array, { stream: true });
      })();
      await asked.promise;
      // What was sent before is on its way; a round trip to the server lets it arrive.
      await (await send('GET', '')).text();
      expect(read).not.toContain('response.completed');
      allowed.resolve(undefined);
      await reading;
      expect(read).toContain('response.completed');
    } finally {
      allowed.resolve(undefined);
      beforeQuery = () => Promise.resolve();
    }
  });

  test('goes on from a stored response, without its instructions', async () => {
    const { create, messages } = await open();
    const first = await create({ instructions: 'Be kind.', input: 'One' });
    const second = await create({ previous_response_id: first.id, input: 'Two' });
    await create({ previous_response_id: second.id, input: 'Three', instructions: 'Be brief.' });
    expect(messages()[2]).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Hello there.' },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: 'Hello there.' },
      { role: 'user', content: 'Three' },
    ]);
  });

  test('carries function calls and their outputs there and back', async () => {
    const toolCalls = [
      { id: 'call_1', name: 'get_weather', arguments: '{"city":"Kiel"}' },
      { id: 'call_2', name: 'get_weather', arguments: '{"city":"Bonn"}' },
    ];
    const { client, create, model, messages } = await open({ kind: 'chat', content: '', toolCalls });
    const final = await client.responses.stream({ model, input: 'Weather?', tools: [tool] }).finalResponse();
    const calls = final.output.filter((item) => item.type === 'function_call');
    expect(calls.map((call) => [call.call_id, call.arguments])).toEqual(toolCalls.map((c) => [c.id, c.arguments]));
    await create({
      previous_response_id: final.id,
      tools: [tool],
      input: calls.map((call) => ({ type: 'function_call_output', call_id: call.call_id, output: 'sun' })),
    });
    expect(messages()[1]).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'call_1' }, { id: 'call_2' }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'sun' },
      { role: 'tool', tool_call_id: 'call_2', content: 'sun' },
    ]);
  });

  test('resolves references to stored items, and names one that is not there', async () => {
    const { create, client, messages } = await open();
    const first = await create({ input: 'One' });
    const itemId = first.output[0]?.id ?? '';
    const second = await create({
      input: [
        { role: 'user', content: 'One' },
        { type: 'item_reference', id: itemId },
        { role: 'user', content: 'Two' },
      ],
    });
    expect(messages()[1]).toMatchObject([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Hello there.' },
      { role: 'user', content: 'Two' },
    ]);
    const { data } = await client.responses.inputItems.list(second.id, { order: 'asc' });
    expect(data.map(({ id }) => id)[1]).toBe(itemId);
    await expect(create({ input: [{ type: 'item_reference', id: 'msg_none' }] })).rejects.toMatchObject({
      status: 400,
      param: 'input.0.id',
    });
  });

  test('does not keep what it is told not to', async () => {
    const { create, client } = await open();
    const made = await create({ store: false });
    expect(made).toMatchObject({ store: false });
    await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    await expect(create({ previous_response_id: made.id })).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
    });
  });

  test('does not go on from what another tenant has', async () => {
    const made = await (await open()).create();
    const other = await open();
    await expect(other.create({ previous_response_id: made.id })).rejects.toMatchObject({ status: 400 });
    await expect(other.client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    await expect(other.client.responses.delete(made.id)).rejects.toMatchObject({ status: 404 });
    expect(other.calls()).toHaveLength(0);
  });

  test('answers all the same when the answer cannot be stored, and says so in the log', async () => {
    const { create, client, model } = await open();
    beforeQuery = () => Promise.reject(new Error('the disk is full'));
    try {
      const made = await create();
      expect(made.output_text).toBe('Hello there.');
      const final = await client.responses.stream({ model, input: 'Hi' }).finalResponse();
      expect(final.output_text).toBe('Hello there.');
      const lines = logger.lines.filter(({ message }) => message === 'a response could not be stored');
      expect(lines.map(({ fields }) => fields)).toMatchObject([
        { response: made.id, reason: 'the disk is full' },
        { response: final.id },
      ]);
    } finally {
      beforeQuery = () => Promise.resolve();
    }
  });

  test('tells of a failure in the middle so that the client throws, and keeps the failed response', async () => {
    const script: Script = { kind: 'chat', content: 'One two three', stream: { dieAfterChunks: 2 } };
    const { client, create, model } = await open(script);
    let id = '';
    const reading = async (): Promise<void> => {
      for await (const event of await client.responses.create({ model, input: 'Hi', stream: true }))
        if (event.type === 'response.created') id = event.response.id;
    };
    await expect(reading()).rejects.toThrow();
    expect(await client.responses.retrieve(id)).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
    await expect(create({ previous_response_id: id })).rejects.toMatchObject({ param: 'previous_response_id' });
  });

  test('is the same response for the same Idempotency-Key, whole and streamed', async () => {
    const { create, send, model, calls } = await open();
    const headers = { 'idempotency-key': 'responses-key-1' };
    const first = await create({}, headers);
    const second = await create({}, headers);
    expect(second.id).toBe(first.id);
    const ask = () => send('POST', '', { model, input: 'Hi', stream: true }, { 'idempotency-key': 'responses-key-2' });
    const once = await (await ask()).text();
    expect(await (await ask()).text()).toBe(once);
    expect(calls()).toHaveLength(2);
    const id = /"id":"(resp_\w+)"/.exec(once)?.[1] ?? '';
    expect((await send('GET', `/${id}`)).status).toBe(200);
  });

  test('names fields as the caller does, also those the road checks', async () => {
    const { send, model } = await open();
    const tooMuch = await errorOf(await send('POST', '', { model, input: 'Hi', max_output_tokens: 5_000 }));
    expect(tooMuch).toMatchObject({ param: 'max_output_tokens', code: 'INVALID_REQUEST' });
    expect(tooMuch['message']).not.toContain('max_completion_tokens');
    const image = { type: 'input_image', image_url: 'https://pictures.example/a.jpg' };
    const seen = await errorOf(await send('POST', '', { model, input: [{ role: 'user', content: [image] }] }));
    expect(seen).toMatchObject({ param: 'input', code: 'UNSUPPORTED_CAPABILITY' });
    const format = { format: { type: 'json_object' } };
    const shaped = await errorOf(await send('POST', '', { model, input: 'Hi', text: format }));
    expect(shaped).toMatchObject({ param: 'text.format', code: 'UNSUPPORTED_CAPABILITY' });
    expect(await errorOf(await send('POST', '', { model }))).toMatchObject({ param: 'input' });
  });

  test('needs a plan that has the feature', async () => {
    const { send, model, calls } = await open(undefined, 'without');
    const reply = await send('POST', '', { model, input: 'Hi' });
    expect([reply.status, (await errorOf(reply))['code']]).toEqual([403, 'PLAN_LIMIT_EXCEEDED']);
    expect((await send('GET', '/resp_1')).status).toBe(403);
    expect((await send('DELETE', '/resp_1')).status).toBe(404);
    expect(calls()).toHaveLength(0);
  });
});

describe('a stored response', () => {
  test('is deleted once; with an Idempotency-Key the second answer is the first one', async () => {
    const { create, client, send } = await open();
    const first = await create();
    await expect(client.responses.delete(first.id)).resolves.toMatchObject({ deleted: true });
    await expect(client.responses.delete(first.id)).rejects.toMatchObject({ status: 404 });
    const second = await create();
    const remove = () => send('DELETE', `/${second.id}`, undefined, { 'idempotency-key': 'delete-key-1' });
    const replies = [await remove(), await remove()];
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(await reply.json()).toEqual({ id: second.id, object: 'response', deleted: true });
    }
    expect(replies[1]?.headers.get('idempotency-replayed')).toBe('true');
    const malformed = await send('DELETE', `/${first.id}`, undefined, { 'idempotency-key': 'short' });
    expect(malformed.status).toBe(400);
  });

  test('lists its input in pages', async () => {
    const { create, client, send } = await open();
    const input = Array.from({ length: 5 }, (_, index) => ({ role: 'user' as const, content: `${index}` }));
    const { id } = await create({ input });
    const texts: string[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 2, order: 'asc' })) {
      if (item.type !== 'message') continue;
      const [part] = item.content;
      texts.push(part?.type === 'input_text' ? part.text : '');
    }
    expect(texts).toEqual(['0', '1', '2', '3', '4']);
    const newest = await client.responses.inputItems.list(id, { limit: 1 });
    expect(newest).toMatchObject({ has_more: true, data: [{ content: [{ text: '4' }] }] });
    const wrong = await errorOf(await send('GET', `/${id}/input_items?after=msg_none`));
    expect(wrong).toMatchObject({ param: 'after' });
    expect((await send('GET', `/${id}/input_items?limit=0`)).status).toBe(400);
  });

  test('is not streamed and not cancelled, and the answer says what to do', async () => {
    const { create, send } = await open();
    const { id } = await create();
    const streamed = await send('GET', `/${id}?stream=true`);
    expect([streamed.status, (await errorOf(streamed))['param']]).toEqual([400, 'stream']);
    const cancelled = await send('POST', `/${id}/cancel`);
    expect([cancelled.status, (await errorOf(cancelled))['message']]).toEqual([
      400,
      expect.stringContaining('background'),
    ]);
    expect((await send('POST', '/resp_none/cancel')).status).toBe(404);
  });

  test('needs a key', async () => {
    for (const [method, path] of [
      ['GET', '/resp_1'],
      ['DELETE', '/resp_1'],
      ['GET', '/resp_1/input_items'],
    ] as const)
      expect((await fetch(`${origin}/v1/responses${path}`, { method })).status).toBe(401);
  });
});
