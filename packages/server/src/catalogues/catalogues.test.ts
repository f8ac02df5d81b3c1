import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectFolder } from '../project-folders.ts';
import { readCatalogues } from './catalogues.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-catalogues-'));
  await mkdir(join(folder, 'content'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = (text: string) => writeFile(join(folder, 'content', 'catalogues.yaml'), text);

test.each(['simosphere', 'spycore'])('the catalogues of %s are valid', async (preset) => {
  const { site } = await readCatalogues(join(projectFolder, 'presets', preset));
  expect(site.name).toEqual(expect.any(String));
});

test('what the brand states is there', async () => {
  const {
    consulting,
    hardware,
    discovery_call: call,
  } = await readCatalogues(join(projectFolder, 'presets/simosphere'));
  expect(consulting.find(({ id }) => id === 'quick-check')).toMatchObject({ price: 990, currency: 'EUR' });
  expect(hardware.find(({ id }) => id === 'pi')).toMatchObject({ price: 349, specs: { defaultLlm: 'Qwen3-8B' } });
  expect(call).toMatchObject({ duration: '30 minutes', price: 0 });
});

test('a preset without the file offers nothing; a wrong file stops the start with the place of the fault', async () => {
  expect(await readCatalogues(join(folder, 'nowhere'))).toMatchObject({ consulting: [], hardware: [] });
  await write('hardware:\n  - { id: pi, name: Pi, price: cheap, currency: EUR, specs: {} }\n');
  await expect(readCatalogues(folder)).rejects.toThrow(/hardware\[0\]\.price/);
  await write('hardware: [');
  await expect(readCatalogues(folder)).rejects.toThrow(/catalogues\.yaml/);
});
