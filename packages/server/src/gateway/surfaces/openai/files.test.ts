import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../../clock.ts';
import { compose, type Composition } from '../../../compose.ts';
import { loadConfig } from '../../../config/load.ts';
import { createFileStore, type FileStore } from '../../../files/file-store.ts';
import { openFolderStorage } from '../../../files/folder-storage.ts';
import { createHttpServer } from '../../../http/http-server.ts';
import { copyPrepared } from '../../../testing/global-setup.ts';
import { createManualClock, type ManualClock } from '../../../testing/manual-clock.ts';
import { createRecordingLogger } from '../../../testing/recording-logger.ts';
import { fileRoutes } from './files.ts';

const megabyte = 1024 * 1024;
const logger = createRecordingLogger();
const settings = { max_file_bytes: 12 * megabyte, max_tenant_bytes: 20 * megabyte, upload_timeout_ms: 60_000 };

let dataDir: string;
let composition: Composition;
let files: FileStore;
let clock: ManualClock;
let app: FastifyInstance;
let origin: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'turnpike-files-'));
  await rename(await copyPrepared(inject('preparedDatabase')), join(dataDir, 'database'));
  const configFile = join(dataDir, 'turnpike.yaml');
  const plans = { open: {}, without: { features: ['embeddings'] }, slow: { requests_per_minute: 3 } };
  await writeFile(configFile, JSON.stringify({ plans, default_plan: 'open' }));
  const presetsDir = new URL('../../../../../../presets/', import.meta.url).pathname;
  const config = await loadConfig({
    env: { DATA_DIR: dataDir, TURNPIKE_CONFIG: configFile },
    cwd: dataDir,
    presetsDir,
  });
  composition = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: systemClock,
    logger,
    version: '0.0.0-test',
  });
  const { database } = composition.services;
  clock = createManualClock(Date.now());
  const gateway = { ...composition.services.gateway, clock };
  const storage = await openFolderStorage({ folder: join(dataDir, 'files'), isSoleUser: true });
  files = createFileStore({ database, clock: systemClock, logger, storage, settings });
  app = createHttpServer({
    routes: fileRoutes({ gateway, files, settings }),
    clock: systemClock,
    logger,
    contracts: gateway.contracts,
    idempotency: gateway.idempotency,
    documentationUrl: gateway.documentationUrl,
    trustedProxies: [],
    bodyLimitBytes: 100_000,
    maxJsonDepth: 64,
    headersTimeoutMs: 200,
    requestTimeoutMs: 200,
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
  await files.close();
  await composition.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Owner {
  readonly tenantId: string;
  readonly key: string;
  readonly client: OpenAI;
}

async function newOwner(plan = 'open', key: object = {}): Promise<Owner> {
  const asked = async (path: string, payload: object): Promise<{ id: string; key: string }> => {
    const headers = { authorization: `Bearer ${composition.services.config.adminToken}` };
    const reply = await composition.app.inject({ method: 'POST', url: `/admin/v1/${path}`, headers, payload });
    return reply.json();
  };
  const tenant = await asked('tenants', { name: 'Example', plan });
  const { key: secret } = await asked(`tenants/${tenant.id}/keys`, { name: 'first', ...key });
  const client = new OpenAI({ apiKey: secret, baseURL: `${origin}/v1`, maxRetries: 0 });
  return { tenantId: tenant.id, key: secret, client };
}

let owner: Owner;
beforeEach(async () => {
  owner = await newOwner();
});

interface Wire {
  readonly error?: { readonly code: string; readonly message: string; readonly param: string | null };
  readonly [name: string]: unknown;
}

const boundary = 'frontier';

function form(parts: readonly { name: string; value: string | Buffer; filename?: string }[]): Buffer {
  const encoded = parts.flatMap(({ name, value, filename }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...encoded, Buffer.from(`--${boundary}--\r\n`)]);
}

const filePart = (value: string | Buffer = 'hello', filename = 'a.txt') => ({ name: 'file', value, filename });
const purposePart = (value = 'user_data') => ({ name: 'purpose', value });

/** A request whose body the test writes itself. */
function begin(
  headers: Record<string, string | number> = {},
  agent?: Agent,
): { request: ClientRequest; reply: Promise<IncomingMessage> } {
  const request = httpRequest(`${origin}/v1/files`, {
    method: 'POST',
    agent,
    headers: {
      authorization: `Bearer ${owner.key}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...headers,
    },
  });
  const reply = once(request, 'response').then(([message]) => message as IncomingMessage);
  reply.catch(() => undefined);
  return { request, reply };
}

async function post(body: Buffer, headers: Record<string, string | number> = {}) {
  const { request, reply } = begin(headers);
  request.end(body);
  const message = await reply;
  return { status: message.statusCode, headers: message.headers, body: (await json(message)) as Wire };
}

async function stored(): Promise<string[]> {
  return (await readdir(join(dataDir, 'files', owner.tenantId)).catch(() => [])).sort();
}

/** Nothing of the tenant is left, soon. */
async function expectNothing(): Promise<void> {
  await expect.poll(stored).toEqual([]);
  await expect
    .poll(async () => {
      const { rows } = await composition.services.database.pool.query<{ rows: string; total: string }>(
        `SELECT (SELECT count(*) FROM files WHERE tenant_id = $1) AS rows, (SELECT coalesce(sum(bytes), 0) FROM file_totals WHERE tenant_id = $1) AS total`,
        [owner.tenantId],
      );
      return rows;
    })
    .toEqual([{ rows: '0', total: '0' }]);
}

describe('the official client', () => {
  test('uploads, lists, retrieves, reads and deletes', async () => {
    const { client } = owner;
    const bytes = randomBytes(3 * megabyte);
    const file = await client.files.create({
      file: await toFile(bytes, 'Übersicht “1”.jsonl'),
      purpose: 'user_data',
      expires_after: { anchor: 'created_at', seconds: 7200 },
    });
    expect(file).toMatchObject({ object: 'file', bytes: bytes.length, purpose: 'user_data', status: 'processed' });
    expect(file.filename).toBe('Übersicht “1”.jsonl');
    expect((file.expires_at ?? 0) - file.created_at).toBe(7200);
    expect(await client.files.retrieve(file.id)).toEqual(file);
    const content = await client.files.content(file.id);
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
    expect(content.headers.get('content-type')).toBe('application/octet-stream');
    expect(content.headers.get('x-content-type-options')).toBe('nosniff');
    expect(content.headers.get('content-disposition')).toBe(
      `attachment; filename="_bersicht _1_.jsonl"; filename*=UTF-8''${encodeURIComponent('Übersicht “1”.jsonl')}`,
    );
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.files.content(file.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.files.delete(file.id)).rejects.toMatchObject({ status: 404 });
    await expectNothing();
  });

  test('turns the pages of a list', async () => {
    const { client } = owner;
    const made: string[] = [];
    for (const purpose of ['batch', 'vision', 'batch', 'batch'] as const)
      made.push((await client.files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose })).id);
    const ids: string[] = [];
    for await (const file of client.files.list({ limit: 1, purpose: 'batch' })) ids.push(file.id);
    expect(ids.toSorted()).toEqual([made[0], made[2], made[3]].toSorted());
    const page = (await (
      await fetch(`${origin}/v1/files?limit=2&order=asc`, { headers: { authorization: `Bearer ${owner.key}` } })
    ).json()) as { data: { id: string }[] };
    expect(page).toMatchObject({
      object: 'list',
      has_more: true,
      first_id: page.data[0]?.id,
      last_id: page.data[1]?.id,
    });
  });

  test('keeps input of batches for 30 days, other files for ever', async () => {
    const [batch, other] = await Promise.all(
      (['batch', 'evals'] as const).map(async (purpose) =>
        owner.client.files.create({ file: await toFile(Buffer.from('{}'), 'x.jsonl'), purpose }),
      ),
    );
    expect((batch?.expires_at ?? 0) - (batch?.created_at ?? 0)).toBe(30 * 86_400);
    expect(other?.expires_at).toBeUndefined();
  });
});

test('an empty list has no ids', async () => {
  const reply = await fetch(`${origin}/v1/files`, { headers: { authorization: `Bearer ${owner.key}` } });
  expect(await reply.json()).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
});

test.each([
  ['limit=0', 'limit'],
  ['limit=10001', 'limit'],
  ['order=up', 'order'],
  ['after=..%2F..%2Fetc', 'after'],
])('a list with %s is refused by name', async (query, param) => {
  const reply = await fetch(`${origin}/v1/files?${query}`, { headers: { authorization: `Bearer ${owner.key}` } });
  expect(reply.status).toBe(400);
  expect(((await reply.json()) as Wire).error?.param).toBe(param);
});

test('an id that is none reaches no file', async () => {
  await post(form([filePart(), purposePart()]));
  for (const id of ['..%2f..%2fdatabase%2fPG_VERSION', '%00', "'--", 'file-%2e%2e'])
    for (const path of [id, `${id}/content`]) {
      const reply = await fetch(`${origin}/v1/files/${path}`, { headers: { authorization: `Bearer ${owner.key}` } });
      expect([400, 404]).toContain(reply.status);
    }
});

describe('who may', () => {
  test('a stranger is refused before the body is read', async () => {
    const { request, reply } = begin({ authorization: 'Bearer nobody', 'content-length': 5 * megabyte });
    request.write('--');
    const message = await reply;
    expect(message.statusCode).toBe(401);
    request.on('error', () => undefined).destroy();
  });

  test.each([
    ['a key without the scope', 'open', { scopes: ['chat'] }, 'INSUFFICIENT_SCOPE'],
    ['a plan without files', 'without', {}, 'PLAN_LIMIT_EXCEEDED'],
  ])('%s is refused everywhere', async (_title, plan, key, code) => {
    const { id } = await owner.client.files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose: 'vision' });
    owner = await newOwner(plan, key);
    expect(await post(form([filePart(), purposePart()]))).toMatchObject({ status: 403, body: { error: { code } } });
    for (const [method, path] of [
      ['GET', ''],
      ['GET', `/${id}`],
      ['DELETE', `/${id}`],
      ['GET', `/${id}/content`],
    ] as const) {
      const reply = await fetch(`${origin}/v1/files${path}`, {
        method,
        headers: { authorization: `Bearer ${owner.key}` },
      });
      expect(reply.status).toBe(403);
      expect(((await reply.json()) as Wire).error?.code).toBe(code);
    }
  });

  test('another tenant finds nothing', async () => {
    const { id } = await owner.client.files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose: 'vision' });
    const other = await newOwner();
    await expect(other.client.files.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(other.client.files.content(id)).rejects.toMatchObject({ status: 404 });
    await expect(other.client.files.delete(id)).rejects.toMatchObject({ status: 404 });
    await owner.client.files.retrieve(id);
  });

  test('each upload is a request of the plan, and reading is none', async () => {
    owner = await newOwner('slow');
    const upload = () => post(form([filePart(), purposePart()]));
    const first = await upload();
    expect(first.headers['x-ratelimit-remaining-requests']).toBe('2');
    for (let index = 0; index < 5; index += 1) await owner.client.files.retrieve(String(first.body['id']));
    expect([(await upload()).status, (await upload()).status, (await upload()).status]).toEqual([200, 200, 429]);
    expect(await stored()).toHaveLength(3);
  });
});

describe('a form', () => {
  test('may have its fields after the file', async () => {
    const { status, body } = await post(form([filePart('bytes'), purposePart('vision')]));
    expect(status).toBe(200);
    expect(body).toMatchObject({ bytes: 5, purpose: 'vision', filename: 'a.txt' });
  });

  test('may be compressed, and inflate beyond what JSON may', async () => {
    const body = gzipSync(form([purposePart(), filePart(Buffer.alloc(2 * megabyte, 'x'))]));
    const reply = await post(body, { 'content-encoding': 'gzip' });
    expect(reply).toMatchObject({ status: 200, body: { bytes: 2 * megabyte } });
    const bomb = gzipSync(form([purposePart(), filePart(Buffer.alloc(13 * megabyte, 'x'))]));
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  const expiry = (anchor: string | undefined, seconds: string | undefined) => [
    filePart(),
    purposePart(),
    ...(anchor === undefined ? [] : [{ name: 'expires_after[anchor]', value: anchor }]),
    ...(seconds === undefined ? [] : [{ name: 'expires_after[seconds]', value: seconds }]),
  ];
  test.each([
    ['without a file', [purposePart()], 'file', 'missing'],
    ['with an empty file', [filePart(''), purposePart()], 'file', 'empty'],
    ['without a purpose', [filePart()], 'purpose', 'user_data'],
    ['with a wrong purpose', [filePart(), purposePart('fun')], 'purpose', 'fine-tune'],
    ['with a wrong purpose before the file', [purposePart('fun'), filePart()], 'purpose', 'fine-tune'],
    ['that would expire too soon', expiry('created_at', '60'), 'expires_after[seconds]', '3600'],
    ['that would expire after no time', expiry('created_at', 'soon'), 'expires_after[seconds]', '3600'],
    ['that would expire after something else', expiry('now', '3600'), 'expires_after[anchor]', 'created_at'],
    ['that would expire without an anchor', expiry(undefined, '3600'), 'expires_after[anchor]', 'needed'],
    ['that would expire without a time', expiry('created_at', undefined), 'expires_after[seconds]', 'needed'],
  ])('%s is refused by name, and leaves nothing', async (_title, parts, param, says) => {
    const { status, body } = await post(form(parts));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'INVALID_REQUEST', param });
    expect(body.error?.message).toContain(says);
    await expectNothing();
  });

  test('that is cut off is refused, and leaves nothing', async () => {
    const { status, body } = await post(form([purposePart(), filePart()]).subarray(0, -20));
    expect(status).toBe(400);
    expect(body.error?.message).toContain('boundary');
    await expectNothing();
  });

  test('is the only thing an upload can be, and an upload the only thing it can be', async () => {
    const wrong = await post(Buffer.from('{}'), { 'content-type': 'application/json' });
    expect(wrong).toMatchObject({ status: 415, body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } } });
    expect(wrong.body.error?.message).toContain('multipart/form-data');
    const elsewhere = await composition.app.inject({
      method: 'POST',
      url: '/v1/chat/completions',
      headers: { authorization: `Bearer ${owner.key}`, 'content-type': `multipart/form-data; boundary=${boundary}` },
      payload: form([purposePart()]),
    });
    expect(elsewhere.statusCode).toBe(415);
    expect((elsewhere.json() satisfies Wire).error?.message).toContain('application/json');
  });

  test('names no place on this machine, whatever its file is called', async () => {
    const names = ['../../../etc/passwd', '/etc/passwd', '..\\\\..\\\\boot.ini', '日本語.txt', 'a\u202etxt.exe'];
    const replies = await Promise.all(names.map((name) => post(form([filePart('x', name), purposePart()]))));
    expect(replies.map(({ body }) => body['filename'])).toEqual([
      'passwd',
      'passwd',
      'boot.ini',
      '日本語.txt',
      'a\u202etxt.exe',
    ]);
    expect(await stored()).toEqual(replies.map(({ body }) => String(body['id'])).toSorted());
  });
});

describe('a file that is too large', () => {
  test('is refused at once where its length is told', async () => {
    const { request, reply } = begin({ 'content-length': 500 * megabyte });
    request.on('error', () => undefined);
    request.write(form([purposePart()]).subarray(0, 40));
    const message = await reply;
    expect(message.statusCode).toBe(413);
    expect(((await json(message)) as Wire).error?.message).toContain(String(settings.max_file_bytes));
    request.destroy();
  });

  test('is refused while it is being sent, and the sender may go on with the same connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { request, reply } = begin({}, agent);
    const whole = form([purposePart(), filePart(Buffer.alloc(13 * megabyte))]);
    request.write(whole);
    const message = await reply;
    expect(message.statusCode).toBe(413);
    expect(((await json(message)) as Wire).error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', param: 'file' });
    await expectNothing();
    request.end(Buffer.alloc(megabyte));
    await once(request, 'close');
    const next = begin({}, agent);
    next.request.end(form([filePart(), purposePart()]));
    expect((await next.reply).statusCode).toBe(200);
    expect(next.request.reusedSocket).toBe(true);
    agent.destroy();
  });

  test('is cut off when the sender never ends', async () => {
    const { request, reply } = begin();
    const closed = once(request, 'close');
    request.on('error', () => undefined);
    request.write(form([purposePart(), filePart(Buffer.alloc(13 * megabyte))]));
    const message = await reply;
    expect(message.statusCode).toBe(413);
    message.resume();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10_000);
    await closed;
  });

  test('cannot pass the limit of the tenant together with another one', async () => {
    const body = form([purposePart(), filePart(Buffer.alloc(11 * megabyte))]);
    const replies = await Promise.all([post(body), post(body), post(body)]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 413, 413]);
    expect(replies.find(({ status }) => status === 413)?.body.error?.message).toContain(
      String(settings.max_tenant_bytes),
    );
    expect(await stored()).toHaveLength(1);
  });
});

describe('an upload', () => {
  test('of a client that leaves in the middle leaves nothing', async () => {
    const { request } = begin();
    request.on('error', () => undefined);
    request.write(form([purposePart(), filePart(Buffer.alloc(6 * megabyte))]).subarray(0, 6 * megabyte));
    await expect.poll(stored).toHaveLength(1);
    request.destroy();
    await expectNothing();
  });

  test('may take longer than other requests', async () => {
    const whole = form([purposePart(), filePart('slow')]);
    const { request, reply } = begin({ 'content-length': whole.length });
    const late = once(app.server, 'clientError');
    request.write(whole.subarray(0, 100));
    const [error] = (await late) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_HTTP_REQUEST_TIMEOUT');
    request.end(whole.subarray(100));
    expect((await reply).statusCode).toBe(200);
    (await reply).resume();
  });

  test('may not take for ever', async () => {
    const { request, reply } = begin();
    request.on('error', () => undefined);
    request.write(form([purposePart(), filePart(Buffer.alloc(megabyte))]).subarray(0, megabyte));
    await expect.poll(stored).toHaveLength(1);
    clock.advance(settings.upload_timeout_ms);
    const message = await reply;
    expect(message.statusCode).toBe(408);
    expect(((await json(message)) as Wire).error?.code).toBe('REQUEST_TIMEOUT');
    request.destroy();
    await expectNothing();
  });
});

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'upload-0001' };

  test('has a retry answered with the first file, stored once', async () => {
    const first = await post(form([filePart('same'), purposePart()]), key);
    const again = await post(form([purposePart(), filePart('same')]), key);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.headers['upload-digest']).toBeUndefined();
    expect(await stored()).toEqual([first.body['id']]);
  });

  test.each([
    ['other bytes', [filePart('other'), purposePart()]],
    ['another purpose', [filePart('same'), purposePart('vision')]],
    ['another name', [filePart('same', 'b.txt'), purposePart()]],
  ])('is refused with %s', async (_title, parts) => {
    await post(form([filePart('same'), purposePart()]), key);
    expect(await post(form(parts), key)).toMatchObject({
      status: 409,
      body: { error: { code: 'IDEMPOTENCY_KEY_REUSED' } },
    });
    expect(await stored()).toHaveLength(1);
  });

  test('is busy while the first upload runs, and free when it has failed', async () => {
    const { request } = begin(key);
    request.on('error', () => undefined);
    request.write(form([purposePart(), filePart(Buffer.alloc(megabyte))]).subarray(0, megabyte));
    await expect.poll(stored).toHaveLength(1);
    const second = await post(form([filePart('same'), purposePart()]), key);
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'IDEMPOTENCY_IN_PROGRESS' } } });
    request.destroy();
    await expectNothing();
    await expect.poll(async () => (await post(form([filePart('same'), purposePart()]), key)).status).toBe(200);
  });
});

describe('a download', () => {
  test('goes no faster than it is read, and ends when its reader stands still', async () => {
    const { body } = await post(form([purposePart(), filePart(Buffer.alloc(11 * megabyte))]));
    const connected = once(app.server, 'connection');
    const request = httpRequest(`${origin}/v1/files/${String(body['id'])}/content`, {
      agent: false,
      headers: { authorization: `Bearer ${owner.key}` },
    }).end();
    const [connection] = (await connected) as [Socket];
    const [message] = (await once(request, 'response')) as [IncomingMessage];
    expect(message.headers['content-length']).toBe(String(11 * megabyte));
    await expect
      .poll(() => {
        clock.advance(composition.services.gateway.relay.client_stall_timeout_ms);
        return connection.destroyed;
      })
      .toBe(true);
    expect(connection.bytesWritten).toBeLessThan(11 * megabyte);
    const got = await buffer(message).then(
      () => 'whole',
      () => 'cut',
    );
    expect(got).toBe('cut');
  });

  test('breaks off where the stored bytes are not what they were', async () => {
    const { body } = await post(form([purposePart(), filePart('0123456789')]));
    await writeFile(join(dataDir, 'files', owner.tenantId, String(body['id'])), '01234');
    const reply = await fetch(`${origin}/v1/files/${String(body['id'])}/content`, {
      headers: { authorization: `Bearer ${owner.key}` },
    });
    await expect(reply.arrayBuffer()).rejects.toThrow();
  });
});
