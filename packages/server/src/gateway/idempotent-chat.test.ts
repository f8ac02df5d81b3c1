import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { compose, type Composition } from '../compose.ts';
import { loadConfig } from '../config/load.ts';
import { startFakeUpstream, type FakeUpstream, type Script } from '../testing/fake-upstream.ts';
import { createGate } from '../testing/gate.ts';
import { copyPrepared } from '../testing/global-setup.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';

const old = '2026-01-15';
const latest = '2026-05-18';
const preview = '2026-11-02-preview';
const models = Array.from({ length: 40 }, (_, index) => `model-${index}`);
const bodyLimitBytes = 200_000;

let dataDir: string;
let upstream: FakeUpstream;
let composition: Composition;
let origin: string;
let nextModel = 0;
let nextKey = 0;

function configText(): string {
  return JSON.stringify({
    upstreams: { fake: { kind: 'openai', base_url: upstream.url } },
    models: Object.fromEntries(
      models.map((model) => [
        model,
        {
          targets: [{ upstream: 'fake', model }],
          context_tokens: 100_000,
          max_output_tokens: 1_000,
          capabilities: ['chat'],
        },
      ]),
    ),
    plans: { open: { requests_per_minute: 100_000 }, tiny: { requests_per_minute: 1 } },
    default_plan: 'open',
    http: { body_limit_bytes: bodyLimitBytes },
    routing: { attempts_per_target: 1 },
  });
}

beforeAll(async () => {
  upstream = await startFakeUpstream();
  dataDir = await mkdtemp(join(tmpdir(), 'turnpike-idempotent-'));
  await rename(await copyPrepared(inject('preparedDatabase')), join(dataDir, 'database'));
  const configFile = join(dataDir, 'turnpike.yaml');
  await writeFile(configFile, configText());
  const presetsDir = new URL('../../../../presets/', import.meta.url).pathname;
  const env = { DATA_DIR: dataDir, TURNPIKE_CONFIG: configFile };
  const config = await loadConfig({ env, cwd: dataDir, presetsDir });
  composition = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: systemClock,
    logger: createRecordingLogger(),
    version: '0.0.0-test',
  });
  await composition.app.listen({ host: '127.0.0.1', port: 0 });
  const address = composition.app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  origin = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  await composition.close();
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

type Headers = Readonly<Record<string, string>>;

const admin = async (path: string, payload: object, headers: Headers = {}) =>
  fetch(`${origin}/admin/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${composition.services.config.adminToken}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(payload),
  });

interface ErrorBody {
  readonly error: Readonly<Record<string, unknown>>;
}

/** A tenant with a key, a model with a script, and an idempotency key, all of their own. */
async function open(script: Script = { kind: 'chat', content: 'Hello.' }, plan = 'open') {
  const tenant = (await (await admin('tenants', { name: 'Example', plan })).json()) as { id: string };
  const { key } = (await (await admin(`tenants/${tenant.id}/keys`, { name: 'first' })).json()) as { key: string };
  nextModel += 1;
  nextKey += 1;
  const model = models[nextModel] ?? '';
  upstream.script(model, script);
  const authorization = { authorization: `Bearer ${key}` };
  const idempotency = { 'idempotency-key': `test-key-${nextKey}` };
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Headers, signal: AbortSignal | null = null) =>
    fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...authorization, 'content-type': 'application/json', ...headers },
      body,
      signal,
    });
  const request = (more: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi there' }], ...more });
  return {
    tenantId: tenant.id,
    model,
    request,
    post,
    idempotency,
    calls: () => upstream.requestsFor(model),
    /** A keyed call. */
    ask: (headers: Headers = {}, more: object = {}, signal?: AbortSignal) =>
      post(JSON.stringify(request(more)), { ...idempotency, ...headers }, signal),
    stream: (headers: Headers = {}, signal?: AbortSignal) =>
      post(JSON.stringify(request({ stream: true })), { ...idempotency, ...headers }, signal),
    get: (path: string, headers: Headers = {}) =>
      fetch(`${origin}${path}`, { headers: { ...authorization, ...headers } }),
    usage: async () => {
      await composition.services.flushUsage();
      const { rows } = await composition.services.database.query((executor) =>
        executor.execute<{ status: string; prompt_tokens: string; completion_tokens: string }>(
          sql`SELECT status, prompt_tokens, completion_tokens FROM usage_events WHERE tenant_id = ${tenant.id}`,
        ),
      );
      return rows.map((row) => ({
        status: row.status,
        tokens: [Number(row.prompt_tokens), Number(row.completion_tokens)],
      }));
    },
    records: async () => {
      const { rows } = await composition.services.database.query((executor) =>
        executor.execute<{ state: string }>(sql`SELECT state FROM idempotency_records WHERE tenant_id = ${tenant.id}`),
      );
      return rows.map((row) => row.state);
    },
  };
}

const errorOf = async (response: Response) => ((await response.json()) as ErrorBody).error;

/** The `data:` of a stream's events, in order. */
function dataOf(stream: string): string[] {
  return stream
    .split('\n\n')
    .filter((event) => event !== '' && !event.startsWith(':'))
    .map((event) => event.replace(/^id: \d+\n/, '').replace(/^data: /, ''));
}

function contentOf(stream: string): string {
  return dataOf(stream)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as { choices?: { delta?: { content?: string } }[] })
    .map((chunk) => chunk.choices?.[0]?.delta?.content ?? '')
    .join('');
}

/** Reads a stream until it holds `text`. */
async function readUntil(response: Response, text: string): Promise<string> {
  const decoder = new TextDecoder();
  let read = '';
  const reader = response.body?.getReader();
  while (reader !== undefined && !read.includes(text)) {
    const piece = (await reader.read()) as { readonly done: boolean; readonly value?: Uint8Array };
    if (piece.done) break;
    read += decoder.decode(piece.value, { stream: true });
  }
  reader?.releaseLock();
  return read;
}

describe('the same keyed request twice', () => {
  test('is carried out once, billed once and answered with the same bytes', async () => {
    const { ask, calls, usage } = await open();
    const first = await ask();
    const second = await ask();
    const [firstText, secondText] = [await first.text(), await second.text()];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(secondText).toBe(firstText);
    expect(calls()).toHaveLength(1);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(second.headers.get('api-version')).toBe(latest);
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    const billed = await usage();
    expect(billed).toMatchObject([{ status: 'completed' }]);
    expect(billed[0]?.tokens.every((count) => count > 0)).toBe(true);
  });

  test('is the same whatever the order of members and the white space', async () => {
    const { post, request, idempotency, calls } = await open();
    const { model, messages } = request();
    const first = await post(JSON.stringify({ model, messages }), idempotency);
    const second = await post(JSON.stringify({ messages, model }, undefined, 3), idempotency);
    expect(await second.text()).toBe(await first.text());
    expect(calls()).toHaveLength(1);
  });

  test('with another body, or under another version, is a conflict', async () => {
    const { ask, calls } = await open();
    await (await ask()).text();
    for (const response of [await ask({}, { temperature: 1 }), await ask({ 'api-version': old })]) {
      expect(response.status).toBe(409);
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(await errorOf(response)).toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        type: 'idempotency_conflict',
        param: 'Idempotency-Key',
      });
    }
    expect(calls()).toHaveLength(1);
  });

  test('of two tenants is carried out for each', async () => {
    const [one, two] = [await open(), await open()];
    const [first, second] = [await one.ask(), await two.ask(one.idempotency)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.headers.get('idempotency-replayed')).toBeNull();
    expect(two.calls()).toHaveLength(1);
  });

  test('finds the answer although the caller did not wait for it', async () => {
    const gate = createGate();
    const { ask, calls, usage, records } = await open({
      kind: 'chat',
      content: 'Late.',
      holdBeforeHead: true,
      stream: { gate },
    });
    const leaving = new AbortController();
    const left = ask({}, {}, leaving.signal).catch(() => undefined);
    await upstream.until(() => calls().length === 1);
    leaving.abort();
    await left;
    gate.open();
    await expect.poll(records).toEqual(['done']);
    const again = await ask();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await again.text()).toContain('Late.');
    expect(calls()).toHaveLength(1);
    expect(await usage()).toMatchObject([{ status: 'completed' }]);
  });
});

describe('50 of the same keyed request at once', () => {
  test('are carried out once; the others are told to come back', async () => {
    const gate = createGate();
    const { ask, calls, usage } = await open({ kind: 'chat', holdBeforeHead: true, stream: { gate } });
    const refused: Response[] = [];
    const all = Array.from({ length: 50 }, async () => {
      const response = await ask();
      if (response.status === 409) refused.push(response);
      return response;
    });
    await expect.poll(() => refused.length, { timeout: 20_000 }).toBe(49);
    gate.open();
    const answers = await Promise.all(all);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(calls()).toHaveLength(1);
    expect(await usage()).toHaveLength(1);
    for (const response of refused) {
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(response.headers.get('x-should-retry')).toBe('true');
      expect(await errorOf(response)).toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS', type: 'idempotency_conflict' });
    }
  });

  test('that prefer to wait get the same answer', async () => {
    const gate = createGate();
    const { ask, calls } = await open({ kind: 'chat', holdBeforeHead: true, stream: { gate } });
    const all = Array.from({ length: 10 }, () => ask({ prefer: 'wait=20' }));
    await upstream.until(() => calls().length === 1);
    gate.open();
    const answers = await Promise.all(all);
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())));
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(texts.size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(9);
    expect(calls()).toHaveLength(1);
  });
});

describe('a key is free again', () => {
  test('after a request that was invalid: nothing of it is stored', async () => {
    const { ask, records, post, idempotency } = await open();
    for (const refused of [await ask({}, { messages: 'none' }), await post('{"model":', idempotency)]) {
      expect(refused.status).toBe(400);
      await refused.text();
    }
    expect((await ask({}, { model: 'nobody' })).status).toBe(404);
    expect(await records()).toEqual([]);
    expect((await ask()).status).toBe(200);
  });

  test('after a request that a limit refused', async () => {
    const { ask, records, post, request } = await open(undefined, 'tiny');
    expect((await post(JSON.stringify(request()), {})).status).toBe(200);
    expect((await ask()).status).toBe(429);
    expect(await records()).toEqual([]);
  });

  test('after the model server failed, streamed or not', async () => {
    const { ask, calls, records } = await open([
      { kind: 'status', status: 500 },
      { kind: 'chat', content: 'Now.' },
    ]);
    expect((await ask()).status).toBe(502);
    expect(await records()).toEqual([]);
    const again = await ask();
    expect(await again.text()).toContain('Now.');
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(calls()).toHaveLength(2);

    const streamed = await open([
      { kind: 'status', status: 500 },
      { kind: 'chat', content: 'Now too.' },
    ]);
    expect((await streamed.stream()).status).toBe(502);
    expect(await streamed.records()).toEqual([]);
    expect(contentOf(await (await streamed.stream()).text())).toBe('Now too.');
  });

  test('after a stream that broke off, which says so inside', async () => {
    const { stream, records, calls } = await open([
      { kind: 'chat', stream: { chunks: ['a', 'b'], errorEventAfterChunks: 1 } },
      { kind: 'chat', stream: { chunks: ['a', 'b'] } },
    ]);
    const broken = await (await stream()).text();
    expect(broken).toContain('"error"');
    expect(broken).not.toContain('[DONE]');
    await expect.poll(records).toEqual([]);
    // What a reader has of the broken answer says nothing about the new one.
    const again = await (await stream({ 'last-event-id': '2' })).text();
    expect(again).toMatch(/^id: 1\n/);
    expect(contentOf(again)).toBe('ab');
    expect(calls()).toHaveLength(2);
  });

  test.each(['short', 'with spaces in it', 'x'.repeat(129)])('and a key such as %j is refused', async (key) => {
    const { ask } = await open();
    const response = await ask({ 'idempotency-key': key });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY', param: 'Idempotency-Key' });
  });
});

describe('a keyed stream', () => {
  const chunks = ['one ', 'two ', 'three ', 'four '];
  const gated = async () => {
    const gate = createGate();
    return { gate, ...(await open({ kind: 'chat', stream: { chunks, gate } })) };
  };

  test('goes on when the client drops, is billed once in full, and is read again from the start', async () => {
    const { gate, stream, calls, usage } = await gated();
    const leaving = new AbortController();
    const first = await (async () => {
      const pending = stream({}, leaving.signal);
      gate.release(2);
      return pending;
    })();
    expect(await readUntil(first, 'two ')).toContain('one ');
    const id = first.headers.get('x-stream-id');
    leaving.abort();
    gate.open();
    await upstream.until(() => calls()[0]?.finished === true);
    const again = await stream();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('x-stream-id')).toBe(id);
    const text = await again.text();
    expect(contentOf(text)).toBe(chunks.join(''));
    expect(dataOf(text).at(-1)).toBe('[DONE]');
    expect(text).not.toMatch(/^id:/m);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]?.aborted).toBe(false);
    await expect.poll(usage).toMatchObject([{ status: 'completed', tokens: [expect.any(Number), 4] }]);
  });

  test('is followed live by a second call in its middle, which gets the same bytes', async () => {
    const { gate, stream, calls } = await gated();
    gate.release(2);
    const first = await stream();
    const begun = await readUntil(first, 'two ');
    const second = await stream();
    const followed = await readUntil(second, 'two ');
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    gate.open();
    const [one, two] = [begun + (await readUntil(first, '[DONE]')), followed + (await readUntil(second, '[DONE]'))];
    expect(two).toBe(one);
    expect(contentOf(one)).toBe(chunks.join(''));
    expect(calls()).toHaveLength(1);
  });

  test('continues after the event a reader names, under its id, and has ids for who asked from the start', async () => {
    const { gate, stream, get } = await gated();
    gate.open();
    const first = await stream({ prefer: 'resumable' });
    const whole = await first.text();
    const ids = [...whole.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => index + 1));
    const rest = whole.slice(whole.indexOf('id: 3\n'));
    expect(await (await stream({ 'last-event-id': '2' })).text()).toBe(rest);
    const path = `/v1/streams/${first.headers.get('x-stream-id') ?? ''}`;
    expect(await (await get(path, { 'last-event-id': '2' })).text()).toBe(rest);
    const read = await get(path);
    expect(read.headers.get('content-type')).toContain('text/event-stream');
    expect(await read.text()).toBe(whole.replaceAll(/^id: \d+\n/gm, ''));
    const refused = await get(path, { 'last-event-id': 'two' });
    expect(refused.status).toBe(400);
    expect(await errorOf(refused)).toMatchObject({ param: 'Last-Event-ID' });
  });

  test('is not there for another tenant', async () => {
    const [mine, theirs] = [await open(), await open()];
    const response = await mine.stream();
    await response.text();
    const path = `/v1/streams/${response.headers.get('x-stream-id') ?? ''}`;
    expect((await mine.get(path)).status).toBe(200);
    const refused = await theirs.get(path);
    expect(refused.status).toBe(404);
    expect(await errorOf(refused)).toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    expect((await fetch(`${origin}${path}`)).status).toBe(401);
  });

  test('whose model server fails before the first byte tells those who already follow it', async () => {
    const gate = createGate();
    const { stream, calls } = await open({
      kind: 'chat',
      holdBeforeHead: true,
      stream: { gate },
      headers: { 'content-type': 'text/html' },
    });
    const first = stream();
    await upstream.until(() => calls().length === 1);
    const second = await stream();
    expect(second.status).toBe(200);
    gate.open();
    expect((await first).status).toBe(502);
    const followed = await second.text();
    expect(followed).toContain('"code":"UPSTREAM_ERROR"');
    expect(followed).not.toContain('[DONE]');
  });
});

describe('an old client and a new one', () => {
  const seen = (error: Readonly<Record<string, unknown>>) => Object.keys(error);

  test('each see errors in the shape of their version', async () => {
    const { ask, post, idempotency } = await open();
    const shapes = [
      [old, ['message', 'type', 'param', 'code']],
      [latest, ['message', 'type', 'param', 'code', 'documentation_url']],
      [preview, ['message', 'type', 'param', 'code', 'documentation_url', 'request_id']],
    ] as const;
    for (const [version, members] of shapes) {
      const headers = { 'api-version': version };
      const responses = [
        await ask(headers, { messages: 1 }),
        await post('{', { ...headers, ...idempotency }),
        await fetch(`${origin}/v1/nothing-here`, { headers }),
      ];
      for (const response of responses) {
        expect(response.headers.get('api-version')).toBe(version);
        expect(seen(await errorOf(response)), version).toEqual(members);
      }
    }
  });

  test('each see errors inside a stream in the shape of their version, keyed or not', async () => {
    const script = { kind: 'chat', stream: { chunks: ['a', 'b'], errorEventAfterChunks: 1 } } as const;
    for (const isKeyed of [true, false]) {
      const { post, request, idempotency } = await open(script);
      const call = async (version: string) => {
        const keyed: Headers = isKeyed ? { 'idempotency-key': `${idempotency['idempotency-key']}-${version}` } : {};
        const response = await post(JSON.stringify(request({ stream: true })), { 'api-version': version, ...keyed });
        expect(response.headers.get('api-version')).toBe(version);
        return (JSON.parse(dataOf(await response.text()).at(-1) ?? '{}') as ErrorBody).error;
      };
      expect(seen(await call(old))).toEqual(['message', 'type', 'param', 'code']);
      expect(seen(await call(latest))).toContain('documentation_url');
      expect(seen(await call(preview))).toContain('request_id');
    }
  });

  test('a version that is none is refused with those there are', async () => {
    const { ask } = await open();
    const response = await ask({ 'api-version': '2099-01-01' });
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error).toMatchObject({ code: 'INVALID_API_VERSION', param: 'API-Version' });
    expect(error['message']).toContain(latest);
  });

  test('the old one is told of the end on answers, streams and errors', async () => {
    const { ask, stream, idempotency } = await open();
    const headers = { 'api-version': old };
    const another = { ...headers, 'idempotency-key': `${idempotency['idempotency-key']}-stream` };
    for (const response of [await ask(headers), await stream(another), await ask(headers, { messages: 1 })]) {
      await response.text();
      expect(response.headers.get('deprecation')).toBe('@1779062400');
      expect(response.headers.get('sunset')).toBe('Tue, 18 May 2027 00:00:00 GMT');
      expect(response.headers.get('link')).toContain('rel="successor-version"');
    }
  });
});

describe('a compressed body', () => {
  test('is read', async () => {
    const { post, request } = await open();
    const response = await post(gzipSync(JSON.stringify(request())), { 'content-encoding': 'gzip' });
    expect(response.status).toBe(200);
  });

  test('that inflates beyond the bound is refused', async () => {
    const { post } = await open();
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(bomb.length).toBeLessThan(bodyLimitBytes);
    const response = await post(bomb, { 'content-encoding': 'gzip' });
    expect(response.status).toBe(413);
    expect(await errorOf(response)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('that is broken or cut short is refused', async () => {
    const { post, request } = await open();
    const whole = gzipSync(JSON.stringify(request()));
    for (const body of [Buffer.from('not gzip at all'), whole.subarray(0, whole.length - 12), Buffer.alloc(0)]) {
      const response = await post(body, { 'content-encoding': 'gzip' });
      expect(response.status).toBe(400);
    }
    const unknown = await post(whole, { 'content-encoding': 'zstd' });
    expect(unknown.status).toBe(415);
    expect(unknown.headers.get('accept-encoding')).toBe('gzip, deflate, br');
  });
});

describe('a page in a browser', () => {
  test('may ask before it calls, without a key, and read our headers', async () => {
    const preflight = await composition.app.inject({
      method: 'OPTIONS',
      url: '/v1/chat/completions',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key,x-stainless-os',
      },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization,content-type,idempotency-key,x-stainless-os',
    });
    expect(preflight.headers['access-control-allow-methods']).toContain('POST');
    const { ask } = await open();
    const exposed = (await ask({ origin: 'https://app.example' })).headers.get('access-control-expose-headers');
    for (const name of ['API-Version', 'Deprecation', 'Sunset', 'Link', 'Idempotency-Replayed', 'X-Stream-Id'])
      expect(exposed).toContain(name);
  });
});

describe('a mutating route of the management API', () => {
  const key = (name: string) => ({ 'idempotency-key': `admin-key-${name}` });

  test('creates once for a key', async () => {
    const payload = { name: 'Once', plan: 'open' };
    const [first, second] = [await admin('tenants', payload, key('a')), await admin('tenants', payload, key('a'))];
    expect(second.status).toBe(first.status);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await second.text()).toBe(await first.text());
    const conflict = await admin('tenants', { ...payload, name: 'Twice' }, key('a'));
    expect(conflict.status).toBe(409);
    expect(await errorOf(conflict)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test('creates once for many at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () => admin('tenants', { name: 'Parallel', plan: 'open' }, key('b'))),
    );
    const created = all.filter((response) => response.ok);
    const ids = new Set(
      await Promise.all(created.map(async (response) => ((await response.json()) as { id: string }).id)),
    );
    expect(ids.size).toBe(1);
    for (const response of all) expect([200, 201, 409]).toContain(response.status);
  });

  test('gives a secret again that is shown once', async () => {
    const { tenantId } = await open();
    const create = () => admin(`tenants/${tenantId}/keys`, { name: 'second' }, key('c'));
    const [first, second] = [await (await create()).text(), await (await create()).text()];
    expect(second).toBe(first);
    const { rows } = await composition.services.database.query((executor) =>
      executor.execute(sql`SELECT 1 FROM api_keys WHERE tenant_id = ${tenantId} AND name = 'second'`),
    );
    expect(rows).toHaveLength(1);
  });

  test('keeps nothing of a request that it refused', async () => {
    expect((await admin('tenants', { name: 'Late', plan: 'none' }, key('d'))).status).toBe(400);
    const again = await admin('tenants', { name: 'Late', plan: 'open' }, key('d'));
    expect(again.ok).toBe(true);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
  });
});

test('an error is a problem document for who prefers one, with the envelope beside it', async () => {
  const { ask } = await open();
  const response = await ask({ accept: 'application/problem+json' }, { messages: 1 });
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await response.json()) as ErrorBody & Readonly<Record<string, unknown>>;
  expect(problem).toMatchObject({ status: 400, error: { type: 'validation_error' } });
  expect(problem['detail']).toBe(problem.error['message']);
  expect(problem['type']).toBe(problem.error['documentation_url']);
  expect(problem['instance']).toBe(response.headers.get('x-request-id'));
});
