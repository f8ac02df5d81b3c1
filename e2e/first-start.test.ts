import { spawnSync } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startFakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { postChat } from './chat-calls.ts';
import { cleanUp, environmentOf, freePort, launch, startTurnpike } from './turnpike-process.ts';

afterAll(cleanUp);

const main = ['packages/server/src/main.ts'];
const firstKey = (text: string) => /sk_live_\w+/.exec(text)?.[0] ?? '';
const demo = (content: string) => ({ model: 'turnpike-demo', messages: [{ role: 'user', content }] });
/** PATH as a login shell has it: without the folders npm and its scripts put before it. */
const systemPath = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');

test('npm start needs no other Node than the one it brings', async () => {
  const systemNode = spawnSync('node', ['--version'], { env: { PATH: systemPath } })
    .stdout.toString()
    .trim();
  expect(systemNode).toMatch(/^v\d+\./);
  const env = await environmentOf({});
  const { output, child, exited } = launch('npm', ['start'], {
    ...env,
    PATH: systemPath,
    npm_config_update_notifier: 'false',
  });
  await expect.poll(() => output.err, { timeout: 30_000 }).toContain('is ready at');
  const key = firstKey(output.err);
  expect((await postChat(`http://127.0.0.1:${env['PORT'] ?? ''}`, key, demo('What is a plan?'))).status).toBe(200);
  child.kill('SIGTERM');
  await exited;
});

test('the key of the first start is shown once and works after a crash', async () => {
  const first = await startTurnpike();
  const key = firstKey(first.stderr());
  expect(first.stderr().split(key)).toHaveLength(3);
  expect(first.stdout()).not.toContain(key);
  await first.kill();
  const again = await startTurnpike({ dataDir: first.dataDir });
  expect(again.stderr()).not.toContain('sk_live_');
  expect(again.stderr()).not.toContain('curl');
  expect((await postChat(again.url, key, demo('How do rate limits work?'))).status).toBe(200);
  await again.kill();
});

test('the demo model streams what it says unstreamed, and says so plainly where it finds nothing', async () => {
  const turnpike = await startTurnpike();
  const key = firstKey(turnpike.stderr());
  const text = async (body: object) => (await postChat(turnpike.url, key, body)).text();
  const found = demo('How do rate limits work?');
  await expect.poll(() => text(found), { timeout: 20_000 }).toContain('Sources');
  const streamed = await text({ ...found, stream: true });
  const pieces = streamed.split('\n').filter((line) => line.startsWith('data: {'));
  expect(pieces.length).toBeGreaterThan(3);
  expect(streamed.endsWith('data: [DONE]\n\n')).toBe(true);
  const nothing = await text(demo('zxqv wobblefrotz'));
  expect(nothing).not.toContain('Sources');
  expect(nothing).toMatch(/nothing|not found|no passage/i);
  await turnpike.kill();
});

test('models of a server named by OPENAI_BASE_URL are offered, said at the start, and answer', async () => {
  const upstream = await startFakeUpstream({ apiKey: 'provider-secret-123', models: ['found-model'] });
  const turnpike = await startTurnpike({
    config: { discovery: { local: false, providers: true } },
    env: { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'provider-secret-123' },
  });
  const key = firstKey(turnpike.stderr());
  expect(turnpike.stderr()).toMatch(/Found .*found-model/);
  expect(turnpike.stderr() + turnpike.stdout()).not.toContain('provider-secret-123');
  const answer = await postChat(turnpike.url, key, { ...demo('one two'), model: 'found-model' });
  expect(await answer.text()).toContain('You said: one two');
  await turnpike.kill();
  await upstream.close();
});

test('a provider that does not answer delays nothing and is told', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  const port = (silent.address() as { port: number }).port;
  const turnpike = await startTurnpike({
    config: { discovery: { local: false, providers: true } },
    env: { OPENAI_BASE_URL: `http://127.0.0.1:${String(port)}/v1`, OPENAI_API_KEY: 'provider-secret-123' },
  });
  expect(turnpike.stderr()).toMatch(/No answer yet +OPENAI/);
  await turnpike.kill();
  silent.close();
});

test.each(['PG_VERSION', join('global', 'pg_control'), 'postgresql.conf'])(
  'a database folder whose %s was overwritten stops the start with one line',
  async (name) => {
    const first = await startTurnpike();
    expect(await first.stop()).toBe(0);
    const folder = join(first.dataDir, 'database');
    expect((await readdir(folder)).length).toBeGreaterThan(0);
    await writeFile(join(folder, name), 'rubbish');
    const { output, exited } = launch(process.execPath, main, await environmentOf({ dataDir: first.dataDir }));
    const code = await exited;
    const lines = output.err.split('\n').filter((line) => line !== '');
    expect([code, lines]).toEqual([1, [expect.stringMatching(/embedded database .* cannot be opened/)]]);
  },
);

test('a start that failed leaves nothing that stands in the way of the next one', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  const env = await environmentOf({ port });
  expect(await launch(process.execPath, main, env).exited).toBe(1);
  server.close();
  const { output } = launch(process.execPath, main, env);
  await expect.poll(() => output.err, { timeout: 20_000 }).toContain('is ready at');
  expect(firstKey(output.err)).not.toBe('');
});

test('the generated admin token is for its owner only, and works', async () => {
  const { TURNPIKE_ADMIN_TOKEN: _token, ...env } = await environmentOf({});
  const { output } = launch(process.execPath, main, env);
  await expect.poll(() => output.err, { timeout: 20_000 }).toContain('is ready at');
  const file = join(env['DATA_DIR'] ?? '', 'admin-token');
  const token = (await readFile(file, 'utf8')).trim();
  expect(spawnSync('stat', ['-c', '%a', file]).stdout.toString().trim()).toBe('600');
  const answer = await fetch(`http://127.0.0.1:${env['PORT'] ?? ''}/admin/v1/tenants`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
  expect(output.err + output.out).not.toContain(token);
});
