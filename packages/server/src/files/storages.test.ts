import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startFakeS3, type FakeS3 } from '../testing/fake-s3.ts';
import { openFolderStorage } from './folder-storage.ts';
import { openS3Storage } from './s3-storage.ts';
import type { FileStorage } from './storage.ts';

const megabyte = 1024 * 1024;
let folder: string;
let s3: FakeS3;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-files-'));
  s3 = await startFakeS3();
});
afterAll(async () => {
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

function s3Settings(bucket = s3.bucket) {
  return {
    bucket,
    endpoint: s3.url,
    region: 'us-east-1',
    access_key_id: 'id',
    secret_access_key: 'secret',
    prefix: 'turnpike/',
    force_path_style: true,
  };
}

const openers = {
  folder: () => openFolderStorage({ folder, isSoleUser: false }),
  bucket: () => openS3Storage(s3Settings()),
} satisfies Record<string, () => Promise<FileStorage>>;

async function left(): Promise<string[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return [
    ...files.filter((entry) => entry.isFile()).map(({ name }) => name),
    ...s3.objects.keys(),
    ...[...s3.uploads.values()].map(({ key }) => key),
  ];
}

let next = 0;
function newKey(): string {
  next += 1;
  return `ten_A/file-${next}`;
}

/** A stream that gives `chunks` and then fails. */
function breaking(chunks: readonly Buffer[], error: Error): Readable {
  return Readable.from(
    (async function* () {
      for (const chunk of chunks) yield chunk;
      await Promise.resolve();
      throw error;
    })(),
    { objectMode: false },
  );
}

describe.each(['folder', 'bucket'] as const)('a storage in a %s', (kind) => {
  let storage: FileStorage;
  beforeEach(async () => {
    storage = await openers[kind]();
    return () => storage.close();
  });

  test.each([0, 1, 5 * megabyte, 20 * megabyte + 3])('gives %d bytes back as they came', async (size) => {
    const bytes = randomBytes(size);
    const key = newKey();
    expect(await storage.put(key, Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }))).toBe(size);
    const content = await storage.get(key);
    expect(content === undefined ? undefined : (await buffer(content)).equals(bytes)).toBe(true);
    await storage.delete(key);
    expect(await storage.get(key)).toBeUndefined();
  });

  test('has nothing under an unknown key, and deletes it without complaint', async () => {
    expect(await storage.get('ten_A/file-none')).toBeUndefined();
    await storage.delete('ten_A/file-none');
    await storage.discard('ten_A/file-none');
  });

  test.each([1, 17])('leaves nothing of a stream that breaks after %d MB, and tells its error', async (megabytes) => {
    const before = await left();
    const error = new Error('the sender left');
    const chunks = Array.from({ length: megabytes }, () => randomBytes(megabyte));
    await expect(storage.put(newKey(), breaking(chunks, error))).rejects.toBe(error);
    expect(await left()).toEqual(before);
  });

  test('leaves nothing of a stream that is aborted while it waits for more', async () => {
    const before = await left();
    const abort = new AbortController();
    const content = new PassThrough();
    content.write(randomBytes(9 * megabyte));
    const put = storage.put(newKey(), content, abort.signal);
    const reason = new Error('too slow');
    put.catch(() => undefined);
    await vi.waitFor(() => {
      expect(content.writableLength + content.readableLength).toBe(0);
    });
    abort.abort(reason);
    await expect(put).rejects.toBe(reason);
    expect(await left()).toEqual(before);
  });

  test('takes no key that is not of this project', async () => {
    for (const key of ['../x', 'a/../../x', 'a', 'a/b/c', '/etc/passwd', 'a/b\0'])
      await expect(storage.get(key)).rejects.toThrow();
  });
});

describe('a folder', () => {
  test('is readable by its owner only', async () => {
    const storage = await openFolderStorage({ folder, isSoleUser: false });
    const key = newKey();
    await storage.put(key, Readable.from([Buffer.from('secret')]));
    expect((await stat(join(folder, key))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'ten_A'))).mode & 0o777).toBe(0o700);
    await storage.delete(key);
  });

  test('loses half files of a crash when it is opened by its only user, and when one is discarded', async () => {
    await mkdir(join(folder, 'ten_B'), { recursive: true });
    const half = async (): Promise<void> => {
      await writeFile(join(folder, 'ten_B', 'file-half.part'), 'half');
      await writeFile(join(folder, 'ten_B', 'file-whole'), 'whole');
    };
    await half();
    await openFolderStorage({ folder, isSoleUser: false });
    expect(await readdir(join(folder, 'ten_B'))).toEqual(['file-half.part', 'file-whole']);
    const storage = await openFolderStorage({ folder, isSoleUser: true });
    expect(await readdir(join(folder, 'ten_B'))).toEqual(['file-whole']);
    await half();
    await storage.discard('ten_B/file-half');
    expect(await readdir(join(folder, 'ten_B'))).toEqual(['file-whole']);
    await storage.delete('ten_B/file-whole');
  });

  test('that fails in the middle of a file says so, and not the words of the system', async () => {
    const storage = await openFolderStorage({ folder, isSoleUser: false });
    const key = newKey();
    await writeFile(join(folder, `${key}.part`), 'somebody else’s');
    const put = storage.put(key, Readable.from([randomBytes(megabyte)]));
    await expect(put).rejects.toMatchObject({ name: 'AppError', cause: { code: 'EEXIST' } });
    expect(await readdir(join(folder, 'ten_A'))).toContain(`${key.slice('ten_A/'.length)}.part`);
    await storage.discard(key);
  });

  test('that cannot be written says so without telling where it lies', async () => {
    const storage = await openFolderStorage({ folder: join(folder, 'gone'), isSoleUser: true });
    await rm(join(folder, 'gone'), { recursive: true });
    await writeFile(join(folder, 'gone'), 'a file');
    const put = storage.put('ten_A/file-1', Readable.from([Buffer.from('x')]));
    await expect(put).rejects.toMatchObject({
      name: 'AppError',
      message: expect.not.stringContaining(folder) as string,
    });
    await rm(join(folder, 'gone'));
  });
});

describe('a bucket', () => {
  test('gets small files in one request and large ones in parts', async () => {
    const storage = await openS3Storage(s3Settings());
    const [small, large] = [newKey(), newKey()];
    await storage.put(small, Readable.from([randomBytes(megabyte)]));
    await storage.put(
      large,
      Readable.from(
        Array.from({ length: 17 }, () => randomBytes(megabyte)),
        { objectMode: false },
      ),
    );
    const of = (key: string) =>
      s3.requests.filter((line) => line.includes(key)).map((line) => line.replace(/uploadId=[\w-]+/, ''));
    expect(of(small)).toEqual([expect.stringMatching(/^PUT \/files\/turnpike\/ten_A\/file-\d+\?x-id=PutObject$/)]);
    expect(of(large).filter((line) => line.startsWith('PUT') && line.includes('partNumber='))).toHaveLength(3);
    expect(s3.objects.get(`turnpike/${large}`)).toHaveLength(17 * megabyte);
  });

  test('that fails once is asked again', async () => {
    const storage = await openS3Storage(s3Settings());
    const key = newKey();
    s3.fail({ method: 'PUT', matches: new RegExp(key), answer: { status: 503, code: 'SlowDown' }, times: 1 });
    s3.fail({ method: 'GET', matches: new RegExp(key), answer: 'cut', times: 1 });
    await storage.put(key, Readable.from([Buffer.from('twice')]));
    const content = await storage.get(key);
    expect(content === undefined ? '' : (await buffer(content)).toString()).toBe('twice');
  });

  test.each(['uploads', 'partNumber=2', 'uploadId=[^&]*$'])(
    'that refuses “%s” leaves no parts behind',
    async (step) => {
      const storage = await openS3Storage(s3Settings());
      const key = newKey();
      const method = step.startsWith('partNumber') ? 'PUT' : 'POST';
      s3.fail({
        method,
        matches: new RegExp(`${key}.*${step}`),
        answer: { status: 403, code: 'AccessDenied' },
        times: 1,
      });
      const content = Readable.from(
        Array.from({ length: 20 }, () => randomBytes(megabyte)),
        { objectMode: false },
      );
      await expect(storage.put(key, content)).rejects.toMatchObject({ name: 'AppError' });
      expect(s3.uploads.size).toBe(0);
      expect(s3.objects.has(`turnpike/${key}`)).toBe(false);
    },
  );

  test('loses the parts that a dead process left when the file is discarded, and no others', async () => {
    const storage = await openS3Storage(s3Settings());
    s3.uploads.set('dead', { key: 'turnpike/ten_A/file-dead', parts: new Map() });
    s3.uploads.set('alive', { key: 'turnpike/ten_A/file-dead2', parts: new Map() });
    await storage.discard('ten_A/file-dead');
    expect([...s3.uploads.keys()]).toEqual(['alive']);
    s3.uploads.clear();
    s3.fail({ method: 'GET', matches: /uploads/, answer: { status: 501, code: 'NotImplemented' }, times: 1 });
    await storage.discard('ten_A/file-dead');
  });

  test('that is not there is told apart from a file that is not there', async () => {
    const storage = await openS3Storage(s3Settings('other'));
    await expect(storage.get('ten_A/file-1')).rejects.toMatchObject({ name: 'AppError' });
    await expect(storage.delete('ten_A/file-1')).rejects.toMatchObject({ name: 'AppError' });
  });
});
