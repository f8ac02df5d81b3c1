import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process that takes the lock, says so and stays. */
async function otherProcess(path: string): Promise<{ kill(): Promise<void> }> {
  const program = `
    const { lockFolder } = await import(${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)});
    console.log((await lockFolder(${JSON.stringify(path)}, 'turnpike')) === undefined ? 'refused' : 'locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString().trim()).toBe('locked');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('a folder lock', () => {
  test('is held by one at a time, and given back', async () => {
    const first = await lockFolder(folder, 'turnpike');
    expect(first).toBeDefined();
    expect(await lockFolder(folder, 'turnpike')).toBeUndefined();
    await first?.release();
    const second = await lockFolder(folder, 'turnpike');
    expect(second).toBeDefined();
    await second?.release();
  });

  test('has a name: another name is another lock', async () => {
    const locks = [await lockFolder(folder, 'one'), await lockFolder(folder, 'two')];
    expect(locks.every((lock) => lock !== undefined)).toBe(true);
    for (const lock of locks) await lock?.release();
  });

  test('of another process is respected, and taken over once that was killed', async () => {
    const other = await otherProcess(folder);
    expect(await lockFolder(folder, 'turnpike')).toBeUndefined();
    await other.kill();
    expect(existsSync(join(folder, 'turnpike.lock'))).toBe(true);
    const lock = await lockFolder(folder, 'turnpike');
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test('left by a killed process goes to exactly one of many that want it', async () => {
    const other = await otherProcess(folder);
    await other.kill();
    const locks = await Promise.all(Array.from({ length: 8 }, () => lockFolder(folder, 'turnpike')));
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
    for (const lock of locks) await lock?.release();
  });

  test('holds for a path longer than a socket may have', async () => {
    const deep = join(folder, 'a'.repeat(120));
    await mkdir(deep);
    const other = await otherProcess(deep);
    expect(await lockFolder(deep, 'turnpike')).toBeUndefined();
    expect(await lockFolder(join(deep, '..', 'a'.repeat(120)), 'turnpike')).toBeUndefined();
    await other.kill();
    const lock = await lockFolder(deep, 'turnpike');
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test('takes over what is no lock but a plain file of that name', async () => {
    await writeFile(join(folder, 'turnpike.lock'), '');
    const lock = await lockFolder(folder, 'turnpike');
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test('of a folder that is not there is an error, not a refusal', async () => {
    await expect(lockFolder(join(folder, 'missing'), 'turnpike')).rejects.toThrow();
  });
});
