import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { adminToken, cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let key = '';

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({
    config: upstreamConfig(upstream.url, ['plain', 'gated'], {
      http: { body_limit_bytes: 20_000, headers_timeout_ms: 500, request_timeout_ms: 1_000 },
    }),
  });
  ({ key } = await turnpike.createKey('wide'));
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

interface Failure {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly param: string | null;
    readonly documentation_url?: string;
  };
}

function send(
  body: string | Buffer | null,
  headers: Record<string, string> = {},
  path = '/v1/chat/completions',
  method = 'POST',
): Promise<Response> {
  return fetch(`${turnpike.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body,
  });
}

async function failure(answer: Response): Promise<[number, string, string | null]> {
  const { error } = (await answer.json()) as Failure;
  expect(error.message).not.toBe('');
  return [answer.status, error.code, error.param];
}

const chat = (more: object = {}) =>
  JSON.stringify({ model: 'public-plain', messages: [{ role: 'user', content: 'Hello' }], ...more });

/** Sends raw bytes and reads all that comes back. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(turnpike.port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

describe('bad input is told what is wrong', () => {
  test('in the body', async () => {
    expect(await failure(await send('{"model": '))).toEqual([400, 'INVALID_JSON', null]);
    expect(await failure(await send(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])))).toEqual([400, 'INVALID_UTF8', null]);
    expect(await failure(await send('['.repeat(200) + ']'.repeat(200)))).toEqual([400, 'NESTING_TOO_DEEP', null]);
    expect(await failure(await send(chat({ messages: [{ role: 'king', content: 'x' }] })))).toEqual([
      400,
      'INVALID_REQUEST',
      'messages.0.role',
    ]);
    expect(await failure(await send(chat({ max_tokens: 'many' })))).toEqual([400, 'INVALID_REQUEST', 'max_tokens']);
    expect(await failure(await send('x', { 'content-type': 'text/plain' }))).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      null,
    ]);
    expect(await failure(await send('x'.repeat(30_000)))).toEqual([413, 'PAYLOAD_TOO_LARGE', null]);
  });

  test('by path and method', async () => {
    expect(await failure(await send(null, {}, '/v1/nothing', 'GET'))).toEqual([404, 'ENDPOINT_NOT_FOUND', null]);
    expect(await failure(await send(null, {}, '/admin/nothing', 'GET'))).toEqual([404, 'ENDPOINT_NOT_FOUND', null]);
    const wrong = await send(null, {}, '/v1/chat/completions', 'GET');
    expect(wrong.headers.get('allow')).toBe('OPTIONS, POST');
    expect(await failure(wrong)).toEqual([405, 'METHOD_NOT_ALLOWED', null]);
    const head = await send(null, {}, '/v1/models', 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    const options = await send(null, {}, '/v1/models', 'OPTIONS');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
  });

  test('a body too large is refused before it is sent', async () => {
    const received = await exchange(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n',
    );
    expect(received).toContain('413');
    expect(received).toContain('PAYLOAD_TOO_LARGE');
  });

  test('slow headers and slow bodies are cut off, others go on', async () => {
    const [headers, body, other] = await Promise.all([
      exchange('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n'),
      exchange(
        'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a"',
      ),
      send(chat()),
    ]);
    expect(headers).toContain('408');
    expect(body).toContain('408');
    expect(other.status).toBe(200);
  });

  test('compressed bodies are accepted, and bounded by what they inflate to', async () => {
    expect((await send(gzipSync(chat()), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect(await failure(await send(gzipSync(Buffer.alloc(5_000_000, 0x20)), { 'content-encoding': 'gzip' }))).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
      null,
    ]);
    expect(await failure(await send('no gzip', { 'content-encoding': 'gzip' }))).toEqual([
      400,
      'INVALID_REQUEST',
      'Content-Encoding',
    ]);
    expect(await failure(await send('x', { 'content-encoding': 'zstd' }))).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Content-Encoding',
    ]);
  });

  test('every answer names its request, by the client’s own id when it has one', async () => {
    expect((await send(chat(), { 'x-request-id': 'mine-0001' })).headers.get('x-request-id')).toBe('mine-0001');
    expect((await send(chat(), { 'x-request-id': 'a b' })).headers.get('x-request-id')).toMatch(/^req_/);
    expect((await send('{')).headers.get('x-request-id')).toMatch(/^req_/);
  });

  test('documentation links lead to a page that is there', async () => {
    const { error } = (await (await send('{')).json()) as Failure;
    const page = await fetch(error.documentation_url ?? '');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8']);
    expect(await page.text()).toContain('INVALID_JSON');
  });

  test('problem details are added for who prefers them', async () => {
    const answer = await send('{', { accept: 'application/problem+json' });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({
      status: 400,
      title: 'The body is not valid JSON',
      error: { code: 'INVALID_JSON' },
    });
  });
});

describe('operation', () => {
  test('metrics need the admin token and count what happened', async () => {
    expect((await fetch(`${turnpike.url}/metrics`)).status).toBe(401);
    const text = await (
      await fetch(`${turnpike.url}/metrics`, { headers: { authorization: `Bearer ${adminToken}` } })
    ).text();
    expect(text).toMatch(/turnpike_requests_total\{.*model="public-plain".*\} \d+/);
  });

  test('the OpenAPI document has every route', async () => {
    const document = (await (await fetch(`${turnpike.url}/openapi.json`)).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/chat/completions', '/v1/streams/{id}', '/admin/v1/usage', '/api/status.php']),
    );
  });

  test('SIGTERM lets a running stream finish, refuses new requests and exits cleanly; logs hold no secrets', async () => {
    upstream.script('gated', {
      kind: 'chat',
      content: '',
      stream: { chunks: ['first', 'second', 'third'], gate: true },
    });
    const own = await startTurnpike({ config: upstreamConfig(upstream.url, ['gated']) });
    const { key: ownKey } = await own.createKey('wide');
    const answering = await fetch(`${own.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ownKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'public-gated',
        stream: true,
        messages: [{ role: 'user', content: 'my secret prompt' }],
      }),
    });
    upstream.release(1);
    const exit = own.stop();
    await expect.poll(async () => (await fetch(`${own.url}/api/status.php?simple`)).status).toBe(503);
    const refused = await fetch(`${own.url}/v1/models`, { headers: { authorization: `Bearer ${ownKey}` } });
    expect(await failure(refused)).toEqual([503, 'SHUTTING_DOWN', null]);
    upstream.release(10);
    expect((await answering.text()).endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await exit).toBe(0);
    const logs = own.stdout();
    for (const line of logs.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
    expect(logs).toContain('"completionTokens"');
    expect(logs + own.stderr()).not.toContain(ownKey);
    expect(logs).not.toContain('my secret prompt');
  });

  test('what a model server says in an error stays out of the logs: it may quote the prompt or a credential', async () => {
    const body = { error: { message: 'quoted prompt, quoted-credential', code: 'vendor_code' } };
    for (const status of [400, 401, 429, 500, 503]) {
      upstream.script('plain', { kind: 'status', status, body });
      for (const stream of [false, true]) await (await send(chat({ stream }))).text();
    }
    upstream.script('plain', { kind: 'chat', content: 'now it works' });
    await expect.poll(() => turnpike.stdout(), { timeout: 10_000 }).toContain('answered 503 (vendor_code)');
    expect(turnpike.stdout()).not.toContain('quoted');
  });
});
