import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createCipher } from '../secrets/cipher.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { AsyncJobStore } from './async-job-store.ts';
import { runAsyncJob, type JobRunner } from './run-async-job.ts';

const minuteMs = 60_000;
const masterKey = randomBytes(32);

describeEachDatabase('jobs', (database) => {
  let clock: ManualClock;
  let store: AsyncJobStore;
  const running = new AbortController().signal;
  beforeEach(() => {
    clock = createManualClock(Date.UTC(2026, 10, 24, 9));
    store = new AsyncJobStore({ database: database(), clock, cipher: createCipher(masterKey, 'jobs') });
  });

  const order = (ownerId = 'ten_1') =>
    store.create({ ownerId, keyId: null, type: 'ask', input: { query: 'something secret' } });
  const run = (id: string, runner: JobRunner, stopping = running) => {
    const runners = { ask: runner, faq_lookup: runner, kb_refresh: runner };
    return runAsyncJob({ store, clock, runners, logger: createRecordingLogger() }, id, stopping);
  };
  const hang: JobRunner = (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('put down'));
      });
    });

  test('go from queued to succeeded, and are gone thirty minutes later', async () => {
    const { id } = await order();
    const seen: number[] = [];
    await run(id, async ({ query }, { onProgress }) => {
      await onProgress(41.7);
      seen.push((await store.find('ten_1', id))?.progress ?? -1);
      return { heard: query as never };
    });
    expect(seen).toEqual([41]);
    expect(await store.find('ten_1', id)).toMatchObject({
      ...{ status: 'succeeded', progress: 100, attempts: 1 },
      result: { heard: 'something secret' },
    });
    clock.advance(30 * minuteMs - 1);
    expect(await store.find('ten_1', id)).toBeDefined();
    clock.advance(1);
    expect(await store.find('ten_1', id)).toBeUndefined();
    expect(await store.dropExpired()).toBeGreaterThanOrEqual(1);
  });

  test('are found by their owner only', async () => {
    const { id } = await order('ten_1');
    expect(await store.find('ten_2', id)).toBeUndefined();
    expect(await store.cancel('ten_2', id)).toBeUndefined();
    expect(await store.find('ten_1', id)).toMatchObject({ status: 'queued' });
    await store.cancel('ten_1', id);
  });

  test('are listed for their owner only, the newest first, by status, page by page, though one has gone meanwhile', async () => {
    const ordered: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ordered.unshift((await order('ten_list')).id);
      if (count !== 2) clock.advance(1_000);
    }
    await order('ten_other');
    await store.cancel('ten_list', ordered[0] ?? '');
    const all = await store.list({ ownerId: 'ten_list', limit: 10 });
    expect(all.map(({ id }) => id).toSorted()).toEqual(ordered.toSorted());
    expect(all.map(({ createdAt }) => createdAt.getTime())).toEqual(
      all.map(({ createdAt }) => createdAt.getTime()).toSorted((left, right) => right - left),
    );
    const queued = await store.list({ ownerId: 'ten_list', status: 'queued', limit: 10 });
    expect(queued).toHaveLength(4);

    const [first, ...rest] = all;
    const after = { createdAt: first?.createdAt.toISOString() ?? '', id: first?.id ?? '' };
    clock.advance(31 * minuteMs);
    await store.dropExpired();
    expect(await store.find('ten_list', after.id)).toBeUndefined();
    const next = await store.list({ ownerId: 'ten_list', after, limit: 2 });
    // One more than was asked for tells that there is more.
    expect(next.map(({ id }) => id)).toEqual(rest.slice(0, 3).map(({ id }) => id));
    for (const id of ordered) await store.cancel('ten_list', id);
  });

  test('are found by an index that begins with their owner', async () => {
    const { rows } = await database().query((executor) =>
      executor.execute<{ indexdef: string }>(
        `SELECT indexdef FROM pg_indexes WHERE tablename = 'async_jobs' AND indexdef LIKE '%(owner_id, created_at DESC, id DESC)%'`,
      ),
    );
    expect(rows).toHaveLength(1);
  });

  test('keep what was asked sealed', async () => {
    const { id } = await order();
    const { rows } = await database().query((executor) =>
      executor.execute<{ text: string }>(`SELECT encode(input, 'escape') AS text FROM async_jobs WHERE id = '${id}'`),
    );
    expect(rows[0]?.text).not.toContain('secret');
    await store.cancel('ten_1', id);
  });

  test('that fail keep the reason, with nothing of the inside of an unexpected one', async () => {
    const refused = await order();
    await run(refused.id, () => Promise.reject(new AppError('UPSTREAM_ERROR', 'No model answers.')));
    expect(await store.find('ten_1', refused.id)).toMatchObject({
      status: 'failed',
      error: { code: 'UPSTREAM_ERROR', message: 'No model answers.', type: 'server_error', param: null },
    });
    const broken = await order();
    await run(broken.id, () => Promise.reject(new Error('password=1')));
    const failed = await store.find('ten_1', broken.id);
    expect(failed?.error?.code).toBe('INTERNAL_ERROR');
    expect(JSON.stringify(failed?.error)).not.toContain('password');
  });

  test('are taken over once their worker is silent, and not before; what it writes then counts no more', async () => {
    const { id } = await order();
    const first = await store.begin(id);
    expect(await store.begin(id)).toBeUndefined();
    expect(await store.forgotten(1_000)).not.toContain(id);
    clock.advance(15_000);
    expect(await store.forgotten(1_000)).toContain(id);
    const second = await store.begin(id);
    expect(second).toMatchObject({ attempts: 2 });
    if (first === undefined || second === undefined) throw new Error('not begun');
    expect(await store.renew(first)).toBe(false);
    await store.succeed(first, { from: 'the first' });
    await store.succeed(second, { from: 'the second' });
    expect(await store.find('ten_1', id)).toMatchObject({ result: { from: 'the second' } });
  });

  test('whose workers die twice are not begun a third time', async () => {
    const { id } = await order();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await store.begin(id);
      clock.advance(15_000);
    }
    await run(id, () => Promise.resolve({ never: true }));
    expect(await store.find('ten_1', id)).toMatchObject({ status: 'failed', result: null });
  });

  test('cancelled while they run are put down, and stay cancelled', async () => {
    const { id } = await order();
    const over = run(id, hang);
    await expect.poll(async () => (await store.find('ten_1', id))?.status).toBe('running');
    await store.cancel('ten_1', id);
    // The look of each second.
    await expect
      .poll(async () => {
        clock.advance(1_000);
        return Promise.race([over.then(() => 'over'), new Promise((resolve) => setImmediate(resolve, 'not yet'))]);
      })
      .toBe('over');
    expect(await store.find('ten_1', id)).toMatchObject({ status: 'cancelled', result: null });
  });

  test('of a process that stops are given back, and that was no attempt', async () => {
    const { id } = await order();
    const stopping = new AbortController();
    const over = run(id, hang, stopping.signal);
    const outcome = expect(over).rejects.toThrow('put down');
    await expect.poll(async () => (await store.find('ten_1', id))?.status).toBe('running');
    stopping.abort(new Error('stopping'));
    await outcome;
    expect(await store.find('ten_1', id)).toMatchObject({ status: 'queued', attempts: 0 });
    await store.cancel('ten_1', id);
  });

  test('that wait too long are brought back', async () => {
    const { id } = await order();
    expect(await store.forgotten(1_000)).not.toContain(id);
    clock.advance(5_000);
    expect(await store.forgotten(1_000)).toContain(id);
    expect(await store.hasUnfinished()).toBe(true);
    await store.cancel('ten_1', id);
  });
});
