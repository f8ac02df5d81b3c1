import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, temporaryFolder, upstreamConfig, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let client: OpenAI;
let tenantId = '';

function config() {
  const base = upstreamConfig(upstream.url, ['plain', 'picky', 'slow', 'many']) as { models: object; plans: object };
  const vectors = {
    targets: [{ upstream: 'fake', model: 'vectors' }],
    context_tokens: 1_000,
    max_output_tokens: 1,
    capabilities: ['embeddings'],
  };
  return { ...base, models: { ...base.models, vectors }, plans: { ...base.plans, bare: { features: [] } } };
}

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({ config: config() });
  const created = await turnpike.createKey('wide');
  ({ tenantId } = created);
  client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: created.key, maxRetries: 0 });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

const line = (customId: string, model: string, content = customId) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: `public-${model}`, messages: [{ role: 'user', content }] },
});
const jsonl = (lines: readonly object[]) => lines.map((entry) => JSON.stringify(entry)).join('\n');

interface OutputLine {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly body: { readonly choices?: unknown[] } } | null;
  readonly error: { readonly code: string } | null;
}

async function readOutput(from: OpenAI, id: string | null | undefined): Promise<OutputLine[]> {
  if (id === null || id === undefined) return [];
  const text = await (await from.files.content(id)).text();
  return text
    .trim()
    .split('\n')
    .map((entry) => JSON.parse(entry) as OutputLine);
}

async function startBatch(at: OpenAI, lines: readonly object[], endpoint = '/v1/chat/completions') {
  const file = await at.files.create({
    file: await toFile(Buffer.from(jsonl(lines)), 'input.jsonl'),
    purpose: 'batch',
  });
  return at.batches.create({
    input_file_id: file.id,
    endpoint: endpoint as '/v1/chat/completions',
    completion_window: '24h',
    metadata: { run: 'first' },
  });
}

async function untilStatus(at: OpenAI, id: string, status: string, timeout = 60_000): Promise<OpenAI.Batch> {
  let batch = await at.batches.retrieve(id);
  await expect
    .poll(
      async () => {
        batch = await at.batches.retrieve(id);
        return batch.status;
      },
      { timeout, interval: 100 },
    )
    .toBe(status);
  return batch;
}

describe('files', () => {
  test('are stored, listed, read, and deleted by the official client', async () => {
    const text = 'größer\n'.repeat(1_000);
    const file = await client.files.create({
      file: await toFile(Buffer.from(text), 'größe.txt'),
      purpose: 'user_data',
    });
    expect(file).toMatchObject({
      object: 'file',
      filename: 'größe.txt',
      purpose: 'user_data',
      bytes: Buffer.byteLength(text),
    });
    const listed: string[] = [];
    for await (const entry of client.files.list({ purpose: 'user_data', limit: 1 })) listed.push(entry.id);
    expect(listed).toContain(file.id);
    expect(await (await client.files.content(file.id)).text()).toBe(text);
    expect(await client.files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
  });

  test('of 200 MB pass through in bounded memory, the same both ways', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'turnpike ');
    const chunks = 200;
    const sent = createHash('sha256');
    const boundary = 'e2e-boundary';
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="large.bin"\r\ncontent-type: application/octet-stream\r\n\r\n`;
    async function* form() {
      yield Buffer.from(head);
      for (let count = 0; count < chunks; count += 1) {
        sent.update(chunk);
        yield chunk;
        await new Promise(setImmediate);
      }
      yield Buffer.from(`\r\n--${boundary}--\r\n`);
    }
    let peakBytes = 0;
    const before = await residentBytes();
    const timer = setInterval(() => {
      void residentBytes().then((bytes) => (peakBytes = Math.max(peakBytes, bytes)));
    }, 20);
    const answer = await fetch(`${turnpike.url}/v1/files`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${client.apiKey ?? ''}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
      body: Readable.toWeb(Readable.from(form())) as ReadableStream,
      duplex: 'half',
    });
    const file = (await answer.json()) as { id: string; bytes: number };
    expect([answer.status, file.bytes]).toEqual([200, chunks * chunk.length]);
    const received = createHash('sha256');
    const content = await client.files.content(file.id);
    for await (const piece of content.body as AsyncIterable<Uint8Array>) received.update(piece);
    clearInterval(timer);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    expect(peakBytes - before).toBeLessThan(120 * 1024 * 1024);
    await client.files.delete(file.id);
  });
});

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${String(turnpike.child.pid)}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

describe('a batch', () => {
  test('carries out its lines at half the price, errors in a file of their own', async () => {
    upstream.script('plain', {
      kind: 'chat',
      content: 'an answer',
      usage: { prompt_tokens: 100, completion_tokens: 50 },
    });
    upstream.script('picky', { kind: 'status', status: 400, body: { error: { message: 'not this' } } });
    const lines = [line('a', 'plain'), line('b', 'picky'), line('c', 'plain'), line('d', 'nothing')];
    const started = await startBatch(client, lines);
    expect(started).toMatchObject({
      object: 'batch',
      status: 'validating',
      completion_window: '24h',
      metadata: { run: 'first' },
    });
    const batch = await untilStatus(client, started.id, 'completed');
    expect(batch.request_counts).toEqual({ total: 4, completed: 2, failed: 2 });
    const output = await readOutput(client, batch.output_file_id);
    expect(output.map(({ custom_id: id, response }) => [id, response?.status_code])).toEqual([
      ['a', 200],
      ['c', 200],
    ]);
    expect(output[0]?.response?.body.choices).toHaveLength(1);
    const errors = await readOutput(client, batch.error_file_id);
    expect(errors.map(({ custom_id: id, response }) => [id, response?.status_code])).toEqual([
      ['b', 400],
      ['d', 404],
    ]);
    const [row] = await turnpike.usage(`tenant=${tenantId}`);
    // 1 and 2 a million, halved: two lines of 100 and 50 tokens.
    expect(Number(row?.cost)).toBeCloseTo(2 * 0.5 * (100 * 1e-6 + 50 * 2e-6), 9);
    const [newest] = (await client.batches.list({ limit: 1 })).data;
    expect(newest?.id).toBe(batch.id);
  });

  test('of embeddings and of responses works as well', async () => {
    const body = { model: 'vectors', input: 'some text' };
    const vectors = await startBatch(
      client,
      [{ custom_id: 'v', method: 'POST', url: '/v1/embeddings', body }],
      '/v1/embeddings',
    );
    const responses = await startBatch(
      client,
      [{ custom_id: 'r', method: 'POST', url: '/v1/responses', body: { model: 'public-plain', input: 'hello' } }],
      '/v1/responses',
    );
    for (const { id } of [vectors, responses])
      expect((await untilStatus(client, id, 'completed')).request_counts).toMatchObject({ completed: 1, failed: 0 });
  });

  test('with a wrong input fails with the lines at fault, and does nothing', async () => {
    const started = await startBatch(client, [
      line('a', 'plain'),
      { ...line('b', 'plain'), url: '/v1/embeddings' },
      line('a', 'plain'),
      { nonsense: true },
    ]);
    const batch = await untilStatus(client, started.id, 'failed');
    expect(batch.errors?.data?.map(({ code, line: at }) => [code, at])).toEqual([
      ['mismatched_endpoint', 2],
      ['duplicate_custom_id', 3],
      ['invalid_request', 4],
    ]);
    await expect(
      client.batches.create({
        input_file_id: 'file-nothing',
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      }),
    ).rejects.toMatchObject({ status: 404 });
  });

  test('waits where a limit is used up, and goes on', async () => {
    upstream.script('slow', [
      { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
      { kind: 'status', status: 503 },
      { kind: 'chat', content: 'at last' },
    ]);
    const batch = await untilStatus(client, (await startBatch(client, [line('x', 'slow')])).id, 'completed');
    expect(batch.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
  });

  test('that is cancelled stops soon; what was carried out stays', async () => {
    upstream.script('many', { kind: 'chat', content: 'slowly', delayMs: 100 });
    const started = await startBatch(
      client,
      Array.from({ length: 400 }, (_, index) => line(`n${index}`, 'many')),
    );
    await expect
      .poll(async () => (await client.batches.retrieve(started.id)).request_counts?.completed ?? 0, { timeout: 15_000 })
      .toBeGreaterThan(0);
    expect((await client.batches.cancel(started.id)).status).toBe('cancelling');
    const batch = await untilStatus(client, started.id, 'cancelled');
    const done = batch.request_counts?.completed ?? 0;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(400);
    expect(await readOutput(client, batch.output_file_id)).toHaveLength(done);
    expect(
      (await readOutput(client, batch.error_file_id)).every(({ error }) => error?.code === 'batch_cancelled'),
    ).toBe(true);
  });

  test('is a feature of the plan and needs its scopes', async () => {
    const { key: bare } = await turnpike.createKey('bare');
    const { key: noFiles } = await turnpike.createKey('wide', { scopes: ['chat'] });
    for (const [secret, code] of [
      [bare, 'PLAN_LIMIT_EXCEEDED'],
      [noFiles, 'INSUFFICIENT_SCOPE'],
    ] as const)
      await expect(
        new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: secret, maxRetries: 0 }).batches.list(),
      ).rejects.toMatchObject({ status: 403, code });
  });
});

test('a batch of 1,000 lines with a kill in the middle loses nothing and has nothing twice', async () => {
  const dataDir = await temporaryFolder();
  const first = await startTurnpike({ config: config(), dataDir });
  const { key } = await first.createKey('wide');
  upstream.script('many', { kind: 'chat', content: 'done', delayMs: 5 });
  const at = new OpenAI({ baseURL: `${first.url}/v1`, apiKey: key, maxRetries: 0 });
  const lines = Array.from({ length: 1_000 }, (_, index) => line(`line-${index}`, 'many', `kill ${index}`));
  const { id } = await startBatch(at, lines);
  await expect
    .poll(async () => (await at.batches.retrieve(id)).request_counts?.completed ?? 0, { timeout: 30_000 })
    .toBeGreaterThan(200);
  await first.kill();
  const second = await startTurnpike({ config: config(), dataDir });
  const again = new OpenAI({ baseURL: `${second.url}/v1`, apiKey: key, maxRetries: 0 });
  const batch = await untilStatus(again, id, 'completed', 90_000);
  expect(batch.request_counts).toEqual({ total: 1_000, completed: 1_000, failed: 0 });
  const output = await readOutput(again, batch.output_file_id);
  expect(output.map(({ custom_id: customId }) => customId)).toEqual(lines.map(({ custom_id: customId }) => customId));
  expect(new Set(output.map((entry) => entry.id)).size).toBe(1_000);
  // Only what was under way when the process died was asked again.
  const asked = upstream.requestsFor('many').filter(({ bodyText }) => bodyText.includes('kill ')).length;
  expect(asked).toBeGreaterThanOrEqual(1_000);
  expect(asked).toBeLessThanOrEqual(1_000 + 8);
}, 180_000);
