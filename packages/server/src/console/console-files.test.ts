import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createConsoleFiles } from './console-files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-console-'));
  await mkdir(join(folder, 'assets'));
  await mkdir(join(folder, '.vite'));
  await writeFile(join(folder, 'assets/index-B2x.js'), 'run()');
  await writeFile(join(folder, 'secret.js'), 'secret');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the files of the console', () => {
  test('are given out by name, with their type', async () => {
    const found = await createConsoleFiles(folder).asset('index-B2x.js');
    expect([found?.plain.toString(), found?.contentType]).toEqual(['run()', 'text/javascript; charset=utf-8']);
  });

  test.each(['../secret.js', '..%2fsecret.js', '.hidden.js', 'index-B2x.js.map', 'a/../index-B2x.js', '', 'none.js'])(
    'are those of one folder: %j is none',
    async (name) => {
      expect(await createConsoleFiles(folder).asset(name)).toBeUndefined();
    },
  );

  test('may come while the server runs', async () => {
    const files = createConsoleFiles(folder);
    expect(await files.page()).toBeUndefined();
    await writeFile(join(folder, 'index.html'), '<!doctype html>');
    expect((await files.page())?.plain.toString()).toBe('<!doctype html>');
  });
});
