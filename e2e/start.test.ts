import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  cleanUp,
  environmentOf,
  freePort,
  launch,
  startTurnpike,
  temporaryFolder,
  type StartOptions,
} from './turnpike-process.ts';

afterAll(cleanUp);

/** A start that must fail: what it says, line by line. */
async function failingStart(options: StartOptions): Promise<{ lines: string[]; code: number | null }> {
  const { output, exited } = launch(process.execPath, ['packages/server/src/main.ts'], await environmentOf(options));
  const code = await exited;
  return { lines: output.err.split('\n').filter((line) => line !== ''), code };
}

describe('a first start', () => {
  test('by npm prints a key and a curl line that works as it stands', async () => {
    const env = await environmentOf({});
    const { output, child, exited } = launch('npm', ['start', '--silent'], {
      ...env,
      npm_config_update_notifier: 'false',
    });
    await expect.poll(() => output.err, { timeout: 30_000 }).toContain('curl -N');
    const line =
      output.err
        .split('\n')
        .find((text) => text.includes('curl -N'))
        ?.trim() ?? '';
    const curl = launch('bash', ['-c', line], {});
    expect(await curl.exited).toBe(0);
    expect(curl.output.out).toContain('Sources');
    expect(curl.output.out.trimEnd().endsWith('data: [DONE]')).toBe(true);
    const console = await fetch(/Console +(\S+)/.exec(output.err)?.[1] ?? '');
    expect(console.status).toBe(200);
    expect(await console.text()).toContain('<div id="root">');
    const key = /sk_live_\w+/.exec(output.err)?.[0] ?? '';
    const nothing = await fetch(`http://127.0.0.1:${env['PORT'] ?? ''}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'turnpike-demo',
        messages: [{ role: 'user', content: 'Which cheese melts best on a raclette?' }],
      }),
    });
    const { choices } = (await nothing.json()) as { choices: { message: { content: string } }[] };
    expect(choices[0]?.message.content).toMatch(/nothing|not found|no passage/i);
    expect(output.out).not.toContain(key);
    // npm passes the signal on: what a service manager stops has stopped.
    child.kill('SIGTERM');
    await exited;
    await expect(fetch(`http://127.0.0.1:${env['PORT'] ?? ''}/api/status.php`)).rejects.toThrow();
  });

  test('a second process on the same folder is refused; a killed one leaves no lock', async () => {
    const first = await startTurnpike();
    const { tenantId } = await first.createKey('personal');
    const refused = await failingStart({ dataDir: first.dataDir });
    expect([refused.code, refused.lines.length]).toEqual([1, 1]);
    expect(refused.lines[0]).toContain('in use by another Turnpike process');
    await first.kill();
    const again = await startTurnpike({ dataDir: first.dataDir });
    expect(await again.admin('GET', `/admin/v1/tenants/${tenantId}`)).toMatchObject({ id: tenantId });
    await again.kill();
  });
});

describe('what is wrong stops the start with one line', () => {
  test('a port in use', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    const { lines, code } = await failingStart({ port });
    server.close();
    expect([code, lines]).toEqual([1, [expect.stringMatching(/PORT: .* already in use/)]]);
  });

  test('a data folder that cannot be made', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const { lines, code } = await failingStart({ dataDir: join(folder, 'file', 'data') });
    expect([code, lines]).toEqual([1, [expect.stringContaining('DATA_DIR')]]);
  });

  test('a broken embedded database', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'database'), { recursive: true });
    await writeFile(join(folder, 'database', 'PG_VERSION'), 'rubbish');
    const { lines, code } = await failingStart({ dataDir: folder });
    expect([code, lines]).toEqual([1, [expect.stringMatching(/embedded database .* cannot be opened/)]]);
  });

  test('another master key than the database began with', async () => {
    const first = await startTurnpike({});
    await first.stop();
    const { lines, code } = await failingStart({
      dataDir: first.dataDir,
      env: { TURNPIKE_MASTER_KEY: '0123456789abcdef'.repeat(4) },
    });
    expect([code, lines]).toEqual([1, [expect.stringContaining('TURNPIKE_MASTER_KEY')]]);
  });

  test('a PostgreSQL server that is not there', async () => {
    const { lines, code } = await failingStart({ env: { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' } });
    expect([code, lines]).toEqual([1, [expect.stringContaining('DATABASE_URL')]]);
    expect(lines[0]).not.toContain('secret');
  });

  test.each([
    [{ env: { PORT: 'abc' } }, /PORT: found "abc"; allowed: a whole number/],
    [
      { config: { plans: { personal: { requests_per_minute: 'many' } } } },
      /plans\.personal\.requests_per_minute.*found "many"/,
    ],
    [{ config: { plan: {} } }, /plan.*plans/],
  ])('%j', async (options, message) => {
    const { lines, code } = await failingStart(options);
    expect([code, lines]).toEqual([1, [expect.stringMatching(message)]]);
  });
});
