import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { generateMasterKey, masterKeyForm, parseMasterKey } from './secret-forms.ts';
import { readOrCreateSecret } from './secrets-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-secrets-'));
});
afterEach(() => rm(folder, { recursive: true }));

const masterKey = () =>
  readOrCreateSecret({
    folder,
    name: 'master-key',
    generate: generateMasterKey,
    parse: parseMasterKey,
    allowed: masterKeyForm,
  });

test('makes a secret that only its owner can read, and reads the same one ever after', async () => {
  const made = await masterKey();
  expect(made).toHaveLength(32);
  expect((await stat(join(folder, 'master-key'))).mode & 0o777).toBe(0o600);
  expect(await masterKey()).toEqual(made);
  expect(await readdir(folder)).toEqual(['master-key']);
});

test('many that start at the same time get one value', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, masterKey));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(await readdir(folder)).toEqual(['master-key']);
});

test('reads a key written by hand, as base64 too', async () => {
  await writeFile(join(folder, 'master-key'), `${Buffer.alloc(32, 9).toString('base64')}\r\n`);
  expect(await masterKey()).toEqual(Buffer.alloc(32, 9));
});

test.each(['', 'sekret', 'ab'.repeat(31)])('refuses a file that holds %j, without showing it', async (content) => {
  await writeFile(join(folder, 'master-key'), content);
  await expect(masterKey()).rejects.toThrow(ConfigError);
  await expect(masterKey()).rejects.toThrow(/master-key: found .*; allowed: 32 bytes/);
  await expect(masterKey()).rejects.not.toThrow(/sekret|abab/);
});

test('a path that cannot be read is one clear line', async () => {
  await expect(
    readOrCreateSecret({
      folder: join(folder, 'none'),
      name: 'k',
      generate: generateMasterKey,
      parse: parseMasterKey,
      allowed: '',
    }),
  ).rejects.toThrow(/k: found a file that cannot be used \(ENOENT\)/);
});
