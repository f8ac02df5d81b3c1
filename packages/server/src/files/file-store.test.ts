import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createFileStore, type FileStore } from './file-store.ts';
import { openFolderStorage } from './folder-storage.ts';
import type { FileStorage } from './storage.ts';

const megabyte = 1024 * 1024;
const maxTenantBytes = 10 * megabyte;

function of(bytes: Buffer): Readable {
  return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false });
}

describeEachDatabase('files', (database) => {
  let folder: string;
  let storage: FileStorage;
  let clock: ManualClock;
  let store: FileStore;
  let tenant = 0;
  let owner: { tenantId: string; keyId: string };
  /** What the storage is to fail at. */
  let broken: 'put' | 'delete' | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turnpike-store-'));
    const real = await openFolderStorage({ folder, isSoleUser: false });
    const failure = () => Promise.reject(new AppError('INTERNAL_ERROR', 'The storage is broken.'));
    storage = {
      ...{ get: (key) => real.get(key), close: () => real.close() },
      put: (key, content, signal) => {
        if (broken !== 'put') return real.put(key, content, signal);
        content.destroy();
        return failure();
      },
      delete: (key) => (broken === 'delete' ? failure() : real.delete(key)),
      discard: (key) => (broken === 'delete' ? failure() : real.discard(key)),
    };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => {
    broken = undefined;
    tenant += 1;
    owner = { tenantId: `ten_${tenant}`, keyId: 'key_1' };
    clock = createManualClock();
    store = open();
  });
  afterEach(() => store.close());

  function open(): FileStore {
    const settings = { max_file_bytes: 8 * megabyte, max_tenant_bytes: maxTenantBytes };
    return createFileStore({ database: database(), clock, logger: createRecordingLogger(), storage, settings });
  }

  const create = (bytes: Buffer | Readable, more: { purpose?: string; expiresAfterSeconds?: number } = {}) =>
    store.create(
      { ...owner, filename: 'a.txt', purpose: 'user_data', ...more },
      bytes instanceof Readable ? bytes : of(bytes),
    );

  /** What is stored of the tenant: names in the folder, rows, counted bytes. */
  async function remains() {
    const names = await readdir(join(folder, owner.tenantId)).catch(() => []);
    const { rows } = await database().query((executor) =>
      executor.execute<{ rows: number; total: number; sum: number }>(sql`
        SELECT count(*)::int AS rows, coalesce(sum(bytes), 0)::int AS sum,
          coalesce((SELECT bytes FROM file_totals WHERE tenant_id = ${owner.tenantId}), 0)::int AS total
        FROM files WHERE tenant_id = ${owner.tenantId}`),
    );
    return { names, ...rows[0] };
  }
  const nothing = { names: [], rows: 0, sum: 0, total: 0 };

  async function codeOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'none',
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    );
  }

  test('gives a file back as it was stored', async () => {
    const bytes = randomBytes(5 * megabyte + 1);
    const file = await create(bytes, { expiresAfterSeconds: 3600 });
    expect(file).toMatchObject({ ...owner, filename: 'a.txt', purpose: 'user_data', bytes: bytes.length });
    expect(file.id).toMatch(/^file-[0-9A-Z]{26}$/);
    expect(file.createdAt.getTime()).toBe(clock.now());
    expect(file.expiresAt?.getTime()).toBe(clock.now() + 3_600_000);
    expect(await store.get(owner.tenantId, file.id)).toEqual(file);
    const opened = await store.open(owner.tenantId, file.id);
    expect((await buffer(opened.content)).equals(bytes)).toBe(true);
    expect(await remains()).toEqual({ names: [file.id], rows: 1, sum: bytes.length, total: bytes.length });
  });

  test('keeps an empty file too', async () => {
    const file = await create(Buffer.alloc(0));
    const { content } = await store.open(owner.tenantId, file.id);
    expect(await buffer(content)).toHaveLength(0);
  });

  test('shows nothing to another tenant', async () => {
    const { id } = await create(randomBytes(3));
    expect(await codeOf(store.get('ten_other', id))).toBe('RESOURCE_NOT_FOUND');
    expect(await codeOf(store.open('ten_other', id))).toBe('RESOURCE_NOT_FOUND');
    expect(await codeOf(store.delete('ten_other', id))).toBe('RESOURCE_NOT_FOUND');
    expect(await store.list({ tenantId: 'ten_other', limit: 10, order: 'asc' })).toEqual([]);
    await store.get(owner.tenantId, id);
  });

  test('shows an upload to nobody before it is finished', async () => {
    const upload = await store.upload(owner, of(randomBytes(10)));
    expect(upload.bytes).toBe(10);
    expect(await store.list({ tenantId: owner.tenantId, limit: 10, order: 'asc' })).toEqual([]);
    const { id } = await upload.finish({ filename: 'b', purpose: 'batch' });
    expect((await store.get(owner.tenantId, id)).purpose).toBe('batch');
    await (await store.upload(owner, of(randomBytes(10)))).discard();
    expect(await remains()).toEqual({ names: [id], rows: 1, sum: 10, total: 10 });
  });

  test('lists by time and purpose, page by page, also after a file that is gone', async () => {
    const ids: string[] = [];
    for (const purpose of ['batch', 'user_data', 'batch', 'batch', 'user_data']) {
      clock.advance(1);
      ids.push((await create(randomBytes(1), { purpose })).id);
    }
    const list = async (more: { purpose?: string; after?: string; order?: 'asc' | 'desc'; limit?: number }) => {
      const found = await store.list({ tenantId: owner.tenantId, limit: 2, order: 'asc', ...more });
      return found.map(({ id }) => ids.indexOf(id));
    };
    expect(await list({})).toEqual([0, 1, 2]);
    expect(await list({ order: 'desc' })).toEqual([4, 3, 2]);
    expect(await list({ after: ids[1] ?? '' })).toEqual([2, 3, 4]);
    expect(await list({ after: ids[1] ?? '', order: 'desc' })).toEqual([0]);
    expect(await list({ purpose: 'user_data', limit: 10 })).toEqual([1, 4]);
    await store.delete(owner.tenantId, ids[1] ?? '');
    expect(await list({ after: ids[1] ?? '' })).toEqual([2, 3, 4]);
  });

  test('deletes a file and what it took, once', async () => {
    const { id } = await create(randomBytes(1000));
    const [first, second] = await Promise.all([
      codeOf(store.delete(owner.tenantId, id)),
      codeOf(store.delete(owner.tenantId, id)),
    ]);
    expect([first, second].toSorted()).toEqual(['RESOURCE_NOT_FOUND', 'none']);
    expect(await codeOf(store.get(owner.tenantId, id))).toBe('RESOURCE_NOT_FOUND');
    expect(await remains()).toEqual(nothing);
  });

  test('hides a file that the storage cannot delete yet, and removes it later', async () => {
    const { id } = await create(randomBytes(1000));
    broken = 'delete';
    await store.delete(owner.tenantId, id);
    expect(await codeOf(store.get(owner.tenantId, id))).toBe('RESOURCE_NOT_FOUND');
    expect(await remains()).toMatchObject({ names: [id], rows: 1, total: 1000 });
    clock.leap(clock.now() + 5 * 60_000);
    await store.clean();
    expect(await remains()).toMatchObject({ names: [id], rows: 1 });
    broken = undefined;
    clock.leap(clock.now() + 5 * 60_000);
    await store.clean();
    expect(await remains()).toEqual(nothing);
  });

  test('shows no file past its time, and removes it', async () => {
    const { id } = await create(randomBytes(1000), { expiresAfterSeconds: 3600 });
    const kept = await create(randomBytes(1));
    clock.leap(clock.now() + 3_600_000);
    expect(await codeOf(store.get(owner.tenantId, id))).toBe('RESOURCE_NOT_FOUND');
    expect(await codeOf(store.delete(owner.tenantId, id))).toBe('RESOURCE_NOT_FOUND');
    clock.leap(clock.now() + 5 * 60_000);
    await store.clean();
    expect(await remains()).toEqual({ names: [kept.id], rows: 1, sum: 1, total: 1 });
  });

  describe('an upload that fails leaves nothing', () => {
    test('past the limit of a file', async () => {
      expect(await codeOf(create(randomBytes(8 * megabyte + 1)))).toBe('PAYLOAD_TOO_LARGE');
      const tight = store.create({ ...owner, filename: 'a', purpose: 'batch' }, of(randomBytes(11)), { maxBytes: 10 });
      await expect(tight).rejects.toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
        message: expect.stringContaining('10 bytes') as string,
      });
      expect(await remains()).toEqual(nothing);
    });

    test('when its sender breaks off', async () => {
      const content = new PassThrough();
      const error = new Error('gone');
      const created = create(content);
      content.write(randomBytes(6 * megabyte), () => content.destroy(error));
      await expect(created).rejects.toBe(error);
      expect(await remains()).toEqual(nothing);
    });

    test('when its content had failed before it began', async () => {
      const content = new PassThrough();
      content.on('error', () => undefined);
      content.destroy(new Error('gone'));
      await expect(create(content)).rejects.toThrow();
      expect(await remains()).toEqual(nothing);
    });

    test('when it is aborted, with the reason', async () => {
      const abort = new AbortController();
      const reason = new AppError('REQUEST_TIMEOUT', 'too slow');
      const content = new PassThrough();
      const created = store.create({ ...owner, filename: 'a', purpose: 'batch' }, content, { signal: abort.signal });
      content.write(randomBytes(megabyte), () => {
        abort.abort(reason);
      });
      await expect(created).rejects.toBe(reason);
      expect(content.destroyed).toBe(true);
      expect(await remains()).toEqual(nothing);
    });

    test('when the storage breaks', async () => {
      broken = 'put';
      expect(await codeOf(create(randomBytes(10)))).toBe('INTERNAL_ERROR');
      expect(await remains()).toEqual(nothing);
    });
  });

  test('takes exactly what fits, however many come at once', async () => {
    const sizes = Array.from({ length: 8 }, () => 3 * megabyte);
    const codes = await Promise.all(sizes.map((size) => codeOf(create(randomBytes(size)))));
    const stored = codes.filter((code) => code === 'none').length;
    expect(codes.filter((code) => code === 'PAYLOAD_TOO_LARGE')).toHaveLength(8 - stored);
    expect(stored).toBe(3);
    expect(await remains()).toMatchObject({ rows: 3, sum: 9 * megabyte, total: 9 * megabyte });
    expect(await codeOf(create(randomBytes(megabyte + 1)))).toBe('PAYLOAD_TOO_LARGE');
    expect(await codeOf(create(randomBytes(megabyte)))).toBe('none');
    expect(await codeOf(create(randomBytes(1)))).toBe('PAYLOAD_TOO_LARGE');
    expect((await remains()).total).toBe(maxTenantBytes);
  });

  describe('what a dead process left', () => {
    const orphans: PassThrough[] = [];
    afterAll(() => {
      for (const content of orphans) content.destroy();
    });

    /** An upload that nobody goes on with, as after a kill. */
    async function orphan(): Promise<void> {
      const content = new PassThrough();
      orphans.push(content);
      const dead = open();
      const hanging = dead.create({ ...owner, filename: 'a', purpose: 'batch' }, content);
      hanging.catch(() => undefined);
      content.write(randomBytes(5 * megabyte));
      await expect.poll(async () => (await remains()).total).toBeGreaterThan(0);
      // Its timers end with the process; the promise of its upload never settles.
      void dead.close();
    }

    test('is removed when its lease is over, not before', async () => {
      await orphan();
      await store.clean();
      expect(await remains()).toMatchObject({ rows: 1 });
      clock.leap(clock.now() + 5 * 60_000);
      await store.clean();
      expect(await remains()).toEqual(nothing);
    });

    test('is not an upload that goes on for longer than a lease', async () => {
      const content = new PassThrough();
      const created = create(content);
      content.write(randomBytes(5 * megabyte));
      await expect.poll(async () => (await remains()).total).toBeGreaterThan(0);
      const other = open();
      for (let minute = 0; minute < 12; minute += 1) {
        clock.advance(60_000);
        // Renewals are queries of their own: whatever has begun is over when a later one is.
        await expect
          .poll(async () => {
            const { rows } = await database().query((executor) =>
              executor.execute<{ left: number }>(
                sql`SELECT extract(epoch FROM lease_until)::float8 * 1000 - ${clock.now()}::float8 AS left FROM files WHERE tenant_id = ${owner.tenantId}`,
              ),
            );
            return rows[0]?.left ?? 0;
          })
          .toBeGreaterThan(3 * 60_000 - 1);
        await other.clean();
      }
      content.end(randomBytes(10));
      expect((await created).bytes).toBe(5 * megabyte + 10);
      await other.close();
    });

    test('cannot be finished by a process that was only slow', async () => {
      const upload = await store.upload(owner, of(randomBytes(10)));
      await database().query((executor) =>
        executor.execute(
          sql`UPDATE files SET lease_until = now() - interval '10 years' WHERE tenant_id = ${owner.tenantId}`,
        ),
      );
      const other = open();
      await other.clean();
      expect(await codeOf(upload.finish({ filename: 'a', purpose: 'batch' }))).toBe('INTERNAL_ERROR');
      expect(await remains()).toEqual(nothing);
      await other.close();
    });
  });

  test('waits at its end for what runs', async () => {
    const content = new PassThrough();
    const created = create(content);
    content.write('some');
    const closed = store.close();
    content.end('thing');
    expect((await created).bytes).toBe(9);
    await closed;
  });
});
