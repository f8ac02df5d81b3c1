import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createFileStore } from '../files/file-store.ts';
import { openFolderStorage } from '../files/folder-storage.ts';
import { createCipher } from '../secrets/cipher.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { runBatch, type BatchRunnerOptions } from './run-batch.ts';
import type { LineAnswer, RunLine } from './run-lines.ts';
import { BatchStore } from './store.ts';

const endpoint = '/v1/chat/completions';
const ok = (body: Record<string, unknown> = { said: 'yes' }): LineAnswer => ({ status: 200, requestId: 'req_1', body });

describeEachDatabase('a batch', (database) => {
  async function create(count: number, runLine: RunLine) {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-batch-'));
    const clock = createManualClock();
    const files = createFileStore({
      database: database(),
      clock,
      logger: createRecordingLogger(),
      storage: await openFolderStorage({ folder, isSoleUser: true }),
      settings: { max_file_bytes: 10_000_000, max_tenant_bytes: 100_000_000 },
    });
    const store = new BatchStore({ database: database(), clock, cipher: createCipher(randomBytes(32), 'batches') });
    const tenantId = `ten_${randomBytes(6).toString('hex')}`;
    const lines = Array.from({ length: count }, (_, index) =>
      JSON.stringify({ custom_id: `c${index}`, method: 'POST', url: endpoint, body: { model: 'm', n: index } }),
    );
    const owner = { tenantId, keyId: 'key_1' };
    const input = await files.create(
      { ...owner, filename: 'in.jsonl', purpose: 'batch' },
      Readable.from([Buffer.from(lines.join('\n'))]),
    );
    const batch = await store.create({
      ...owner,
      id: `batch_${randomBytes(8).toString('hex')}`,
      inputFileId: input.id,
      endpoint,
      metadata: null,
      outputExpiresAfterSeconds: null,
      expiresAt: new Date(clock.now() + 86_400_000),
    });
    const settings = {
      price_factor: 0.5,
      max_requests: 1_000,
      max_file_bytes: 1_000_000,
      concurrency: 4,
      completion_window_hours: 24,
    };
    const options: BatchRunnerOptions = { store, files, clock, random: () => 0.5, settings, runLine };
    const outputOf = async (id: string | null) => {
      if (id === null) return [];
      const { content } = await files.open(tenantId, id);
      const written = await text(content);
      return written
        .trim()
        .split('\n')
        .map((entry) => JSON.parse(entry) as Record<string, unknown>);
    };
    const close = async () => {
      await files.close();
      await rm(folder, { recursive: true, force: true });
    };
    return { options, store, files, clock, batch, tenantId, outputOf, close };
  }
  const never = new AbortController().signal;

  test('that is put down is gone on with: each line is in the output once, in order', async () => {
    const stop = new AbortController();
    let calls = 0;
    const { options, store, batch, outputOf, close } = await create(60, ({ body }) => {
      calls += 1;
      if (calls === 25) stop.abort();
      return Promise.resolve(
        body['n'] === 7 ? { ...ok({ error: { code: 'no' } }), status: 400 } : ok({ n: body['n'] }),
      );
    });
    await expect(runBatch(options, batch.id, stop.signal)).rejects.toThrow('put down');
    expect((await store.find(batch.id))?.status).toBe('in_progress');
    await runBatch(options, batch.id, never);
    const ended = await store.get(batch.tenantId, batch.id);
    expect(ended).toMatchObject({ status: 'completed', counts: { total: 60, completed: 59, failed: 1 } });
    const output = await outputOf(ended.outputFileId);
    expect(output.map((entry) => entry['custom_id'])).toEqual(
      Array.from({ length: 60 }, (_, index) => `c${index}`).filter((id) => id !== 'c7'),
    );
    expect(await outputOf(ended.errorFileId)).toMatchObject([{ custom_id: 'c7', response: { status_code: 400 } }]);
    expect(calls).toBeLessThanOrEqual(60 + 4);
    await close();
  });

  test('is carried out at once only; again it changes nothing, and leaves one output file', async () => {
    const { options, store, files, batch, tenantId, close } = await create(5, () => Promise.resolve(ok()));
    await runBatch(options, batch.id, never);
    await runBatch(options, batch.id, never);
    const outputs = await files.list({ tenantId, purpose: 'batch_output', limit: 10, order: 'asc' });
    expect(outputs.map(({ id }) => id)).toEqual([(await store.get(tenantId, batch.id)).outputFileId]);
    await close();
  });

  test('whose input is gone fails and says so', async () => {
    const { options, store, files, batch, tenantId, close } = await create(1, () => Promise.resolve(ok()));
    await files.delete(tenantId, batch.inputFileId);
    await runBatch(options, batch.id, never);
    expect(await store.get(tenantId, batch.id)).toMatchObject({
      status: 'failed',
      errors: [{ code: 'input_file_not_found' }],
    });
    await close();
  });

  test('whose time is over expires: what was not carried out is told line by line', async () => {
    const { options, store, clock, batch, outputOf, close } = await create(6, ({ body }) =>
      Promise.resolve(body['n'] === 0 ? ok() : { ...ok(), status: 503 }),
    );
    const running = runBatch(options, batch.id, never);
    await expect.poll(async () => (await store.get(batch.tenantId, batch.id)).status).toBe('in_progress');
    await expect
      .poll(async () => {
        clock.advance(1_000);
        await store.count(batch.id);
        return (await store.get(batch.tenantId, batch.id)).counts.completed;
      })
      .toBe(1);
    clock.leap(clock.now() + 25 * 3_600_000);
    await running;
    const ended = await store.get(batch.tenantId, batch.id);
    expect(ended).toMatchObject({ status: 'expired', counts: { total: 6, completed: 1, failed: 5 } });
    expect(
      (await outputOf(ended.errorFileId)).every((entry) => JSON.stringify(entry['error']).includes('batch_expired')),
    ).toBe(true);
    await close();
  });

  test('is its tenant’s alone', async () => {
    const { store, batch, close } = await create(1, () => Promise.resolve(ok()));
    await expect(store.get('ten_other', batch.id)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    expect(await store.list({ tenantId: 'ten_other', limit: 10 })).toEqual([]);
    await close();
  });

  test('is listed by its status', async () => {
    const { store, batch, close } = await create(1, () => Promise.resolve(ok()));
    const { tenantId } = batch;
    const listed = async (status: 'validating' | 'completed') =>
      (await store.list({ tenantId, status, limit: 10 })).map(({ id }) => id);
    expect([await listed('validating'), await listed('completed')]).toEqual([[batch.id], []]);
    await store.advance(batch.id, ['validating'], 'completed');
    expect([await listed('validating'), await listed('completed')]).toEqual([[], [batch.id]]);
    await close();
  });
});
