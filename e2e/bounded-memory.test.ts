import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { startFakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, upstreamConfig } from './turnpike-process.ts';

afterAll(cleanUp);

const mebibyte = 1024 * 1024;

/** Resident memory of a process, in bytes (Linux). */
function residentBytes(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

test.skipIf(process.platform !== 'linux')(
  'a stream of 200 MB to clients that do not read costs bounded memory, and the model is held back',
  async () => {
    const upstream = await startFakeUpstream();
    const chunk = 'x'.repeat(20_000);
    upstream.script('huge', { kind: 'chat', content: '', stream: { chunks: [chunk], repeat: 10_000 } });
    const turnpike = await startTurnpike({
      config: upstreamConfig(upstream.url, ['huge'], { relay: { client_stall_timeout_ms: 60_000 } }),
    });
    const { key } = await turnpike.createKey('wide');
    const pid = turnpike.child.pid ?? 0;
    const before = residentBytes(pid);
    const clients = Array.from({ length: 4 }, () => {
      const client = request(`${turnpike.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      });
      client.on('response', (response) => response.pause());
      client.on('error', () => undefined);
      client.end(
        JSON.stringify({ model: 'public-huge', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
      );
      return client;
    });
    // Until the upstream has been held back: it sends nothing more for a while.
    let sent = -1;
    await expect
      .poll(
        () => {
          const now = upstream.requestsFor('huge').reduce((sum, entry) => sum + entry.chunksSent, 0);
          const isHeld = now > 0 && now === sent;
          sent = now;
          return isHeld;
        },
        { interval: 700, timeout: 30_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(4 * 2_000);
    expect(residentBytes(pid) - before).toBeLessThan(150 * mebibyte);
    for (const client of clients) client.destroy();
    await upstream.until(() => upstream.requestsFor('huge').every((entry) => entry.aborted));
    await turnpike.kill();
    await upstream.close();
  },
);
