import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

const run = promisify(execFile);
const guide = new URL('../docs/guide/clients.md', import.meta.url);
let turnpike: Turnpike;
let env: Record<string, string>;
let folder: string;

beforeAll(async () => {
  turnpike = await startTurnpike();
  const { key } = await turnpike.createKey('personal');
  env = { PATH: process.env['PATH'] ?? '', TURNPIKE_URL: turnpike.url, TURNPIKE_KEY: key };
  // Beside the packages that the examples import.
  folder = await mkdtemp(join(import.meta.dirname, 'guide-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await cleanUp();
});

/** The code blocks of the guide with the headings above them. */
async function examples(language: string): Promise<{ title: string; code: string }[]> {
  const sections = (await readFile(guide, 'utf8')).split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    const blocks = [...section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))];
    return blocks.map(([, code = '']) => ({ title, code }));
  });
}

test('each example of the client guide runs as it is printed', async () => {
  const found = await examples('js');
  expect(found.map(({ title }) => title)).toEqual([
    'OpenAI for JavaScript',
    'Anthropic for JavaScript',
    'AI SDK',
    'SpyCore’s endpoints, with fetch alone',
  ]);
  for (const [index, { title, code }] of found.entries()) {
    const file = join(folder, `example-${index}.mjs`);
    await writeFile(file, code);
    const { stdout } = await run(process.execPath, [file], { env, timeout: 30_000 });
    expect(stdout.length, title).toBeGreaterThan(50);
  }
  for (const { code } of await examples('sh')) {
    const { stdout } = await run('sh', ['-c', code], { env, timeout: 30_000 });
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion' });
  }
});
