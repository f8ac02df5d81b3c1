import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readToolFiles } from './tool-files.ts';

const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function preset(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'preset-'));
  folders.push(folder);
  await mkdir(join(folder, 'tools'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'tools', name), text);
  return folder;
}

const whole = `export const tool = {
  name: 'echo', description: 'Says again what it was told.', input: { type: 'object' },
  handle: async (args) => args,
};`;

describe('a file in the folder tools of a preset', () => {
  test('adds a tool', async () => {
    const [tool] = await readToolFiles(await preset({ 'echo.mjs': whole, 'notes.md': '' }));
    expect(tool).toMatchObject({ name: 'echo', title: 'echo', isReadOnly: false, scopes: [] });
    const signal = new AbortController().signal;
    expect(await tool?.handle({ x: 1 }, { principal: undefined, signal })).toEqual({ x: 1 });
  });

  test.each([
    ['', 'tool.name'],
    [whole.replace("'Says again what it was told.'", "'short'"), 'tool.description'],
    [whole.replace('async (args) => args', '1'), 'tool.handle'],
    ['export const tool = {', 'cannot be loaded'],
  ])('stops the start with its name when it is wrong', async (text, message) => {
    await expect(readToolFiles(await preset({ 'bad.mjs': text }))).rejects.toThrow(message);
    await expect(readToolFiles(await preset({ 'bad.mjs': text }))).rejects.toThrow('tools/bad.mjs');
  });

  test('need not be there', async () => {
    expect(await readToolFiles('/nowhere')).toEqual([]);
  });
});
