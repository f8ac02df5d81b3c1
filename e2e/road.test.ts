import OpenAI from 'openai';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

/** Processes that share a database share it. */
const master = { TURNPIKE_MASTER_KEY: '0123456789abcdef'.repeat(4) };
const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');
const models = ['plain', 'slow', 'fixed'];
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  upstream.script('fixed', {
    kind: 'chat',
    content: 'ok',
    usage: { prompt_tokens: 5, completion_tokens: 40, total_tokens: 45 },
  });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

function post(url: string, key: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
const ask = (model: string, more: object = {}) => ({
  model: `public-${model}`,
  messages: [{ role: 'user', content: 'Hello there' }],
  ...more,
});

/** Fifty at once over all processes; again with a new key when the minute turned meanwhile. */
async function fiftyAtOnce(processes: readonly Turnpike[], plan: string, body: object): Promise<Response[]> {
  for (;;) {
    const first = processes[0];
    if (first === undefined) throw new Error('no process');
    const { key } = await first.createKey(plan);
    const minute = Math.floor(Date.now() / 60_000);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => post(processes[index % processes.length]?.url ?? '', key, body)),
    );
    if (Math.floor(Date.now() / 60_000) === minute) return answers;
  }
}

describe('limits', () => {
  test('50 at once at 20 a minute give exactly 20 answers, on one process', async () => {
    const turnpike = await startTurnpike({ config: upstreamConfig(upstream.url, models) });
    const answers = await fiftyAtOnce([turnpike], 'twenty', ask('plain'));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(20);
    const refused = answers.find((answer) => answer.status === 429);
    expect(refused?.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused?.headers.get('ratelimit-policy')).toBe('"rpm";q=20;w=60');
    await turnpike.kill();
  });

  test('tokens are never overdrawn by answers in flight', async () => {
    const turnpike = await startTurnpike({ config: upstreamConfig(upstream.url, models) });
    const answers = await fiftyAtOnce([turnpike], 'hundred', ask('fixed', { max_tokens: 40 }));
    const passed = answers.filter((answer) => answer.status === 200).length;
    expect(passed).toBeGreaterThan(0);
    expect(passed * 45).toBeLessThanOrEqual(1_000);
    await turnpike.kill();
  });

  test('monthly tokens survive a restart', async () => {
    const config = upstreamConfig(upstream.url, models);
    const before = await startTurnpike({ config });
    const { key } = await before.createKey('wide');
    for (let index = 0; index < 3; index += 1) await post(before.url, key, ask('fixed', { max_tokens: 50 }));
    expect(await before.stop()).toBe(0);
    const after = await startTurnpike({ config, dataDir: before.dataDir });
    const answer = await post(after.url, key, ask('fixed', { max_tokens: 1 }));
    const remaining = Number(answer.headers.get('x-ratelimit-remaining-tokens'));
    expect(remaining).toBeLessThanOrEqual(1_000_000_000 - 135);
    expect(remaining).toBeGreaterThan(1_000_000_000 - 300);
    await after.kill();
  });

  test.skipIf(databaseUrl === undefined || redisUrl === undefined)(
    '50 at once over two processes on Redis give exactly 20 (set TEST_DATABASE_URL and TEST_REDIS_URL to run)',
    async () => {
      const database = await createServerDatabase(databaseUrl ?? '');
      const env = { ...master, DATABASE_URL: database.url, REDIS_URL: redisUrl ?? '' };
      const config = upstreamConfig(upstream.url, models);
      const processes = await Promise.all([startTurnpike({ config, env }), startTurnpike({ config, env })]);
      const answers = await fiftyAtOnce(processes, 'twenty', ask('plain'));
      expect(answers.filter((answer) => answer.status === 200)).toHaveLength(20);
      await Promise.all(processes.map((turnpike) => turnpike.kill()));
      await database.drop();
    },
  );

  test.skipIf(databaseUrl === undefined)(
    'without Redis a second process on the same database is refused (set TEST_DATABASE_URL to run)',
    async () => {
      const database = await createServerDatabase(databaseUrl ?? '');
      const env = { ...master, DATABASE_URL: database.url };
      const first = await startTurnpike({ env });
      await expect(startTurnpike({ env })).rejects.toThrow('REDIS_URL');
      await first.kill();
      const second = await startTurnpike({ env });
      await second.kill();
      await database.drop();
    },
  );
});

describe('keys', () => {
  test.skipIf(databaseUrl === undefined || redisUrl === undefined)(
    'a revoked key is refused by every process within a second (set TEST_DATABASE_URL and TEST_REDIS_URL to run)',
    async () => {
      const database = await createServerDatabase(databaseUrl ?? '');
      const env = { ...master, DATABASE_URL: database.url, REDIS_URL: redisUrl ?? '' };
      const config = upstreamConfig(upstream.url, models);
      const [first, second] = await Promise.all([startTurnpike({ config, env }), startTurnpike({ config, env })]);
      const { key, keyId } = await first.createKey('wide');
      expect([
        (await post(first.url, key, ask('plain'))).status,
        (await post(second.url, key, ask('plain'))).status,
      ]).toEqual([200, 200]);
      await first.admin('DELETE', `/admin/v1/keys/${keyId}`);
      const revokedAtMs = Date.now();
      expect((await post(first.url, key, ask('plain'))).status).toBe(401);
      await expect
        .poll(async () => (await post(second.url, key, ask('plain'))).status, { interval: 20, timeout: 5_000 })
        .toBe(401);
      expect(Date.now() - revokedAtMs).toBeLessThan(1_000);
      await Promise.all([first.kill(), second.kill()]);
      await database.drop();
    },
  );

  test('scopes, models, expiry, rotation and test mode are what they say', async () => {
    const turnpike = await startTurnpike({ config: upstreamConfig(upstream.url, models) });
    const status = async (key: string, body: object) => {
      const answer = await post(turnpike.url, key, body);
      const { error } = (await answer.json()) as { error?: { code: string } };
      return [answer.status, error?.code];
    };
    const unscoped = await turnpike.createKey('wide', { scopes: ['models'] });
    expect(await status(unscoped.key, ask('plain'))).toEqual([403, 'INSUFFICIENT_SCOPE']);
    const limited = await turnpike.createKey('wide', { models: ['public-slow'] });
    expect(await status(limited.key, ask('plain'))).toEqual([403, 'MODEL_NOT_ALLOWED']);
    const typo = limited.key.slice(0, 20) + (limited.key[20] === 'a' ? 'b' : 'a') + limited.key.slice(21);
    expect(await status(typo, ask('plain'))).toEqual([401, 'INVALID_API_KEY']);
    const rotated = await turnpike.createKey('wide');
    const { key: fresh } = await turnpike.admin<{ key: string }>('POST', `/admin/v1/keys/${rotated.keyId}/rotate`, {
      overlap_seconds: 60,
    });
    expect([await status(rotated.key, ask('plain')), await status(fresh, ask('plain'))]).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    await turnpike.admin('POST', `/admin/v1/keys/${rotated.keyId}/rotate`, { overlap_seconds: 0 });
    expect(await status(fresh, ask('plain'))).toEqual([401, 'INVALID_API_KEY']);
    const testing = await turnpike.createKey('wide', { mode: 'test' });
    const before = upstream.counts.chat;
    expect(await status(testing.key, ask('plain'))).toEqual([200, undefined]);
    expect(upstream.counts.chat).toBe(before);
    expect((await turnpike.usage(`key=${testing.keyId}`))[0]).toMatchObject({ requests: 1, cost: '0' });
    await turnpike.admin('PATCH', `/admin/v1/tenants/${rotated.tenantId}`, { suspended: true });
    await turnpike.kill();
  });
});

interface Seen {
  readonly id: string;
  usage: { prompt_tokens: number; completion_tokens: number } | undefined;
  pieces: number;
  piecesBeforeLastSecond: number;
  failed: boolean;
}

/** Follows one stream until it ends or the server dies. */
async function follow(client: OpenAI, id: string, killedAt: { ms: number }): Promise<Seen> {
  const seen: Seen = { id, usage: undefined, pieces: 0, piecesBeforeLastSecond: 0, failed: false };
  const arrivals: number[] = [];
  try {
    const stream = await client.chat.completions.create(
      {
        model: 'public-slow',
        messages: [{ role: 'user', content: `stream ${id}` }],
        stream: true,
        stream_options: { include_usage: true },
      },
      { headers: { 'x-request-id': `request-${id}` } },
    );
    for await (const chunk of stream) {
      if (chunk.usage !== undefined && chunk.usage !== null) seen.usage = chunk.usage;
      if ((chunk.choices[0]?.delta.content ?? '') !== '') arrivals.push(Date.now());
    }
  } catch {
    seen.failed = true;
  }
  seen.pieces = arrivals.length;
  seen.piecesBeforeLastSecond = arrivals.filter((ms) => ms < killedAt.ms - 1_600).length;
  return seen;
}

describe('kill -9 in the middle of 200 streams', () => {
  test.skipIf(databaseUrl === undefined)(
    'the ledger holds what clients were told, and an interrupted event for the rest (set TEST_DATABASE_URL to run)',
    async () => {
      const database = await createServerDatabase(databaseUrl ?? '');
      const env = { ...master, DATABASE_URL: database.url };
      const config = upstreamConfig(upstream.url, models);
      let count = 0;
      upstream.script('slow', () => {
        count += 1;
        const length = count % 4 === 0 ? 10 : 150;
        return {
          kind: 'chat',
          content: '',
          stream: { chunks: Array.from({ length }, () => ' token'), chunkDelayMs: 40 },
        };
      });
      const turnpike = await startTurnpike({ config, env });
      const { key } = await turnpike.createKey('wide');
      const client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: key, maxRetries: 0 });
      const killedAt = { ms: 0 };
      const streams = Array.from({ length: 200 }, (_, index) =>
        follow(client, String(index).padStart(8, '0'), killedAt),
      );
      await upstream.until(
        () => upstream.requestsFor('slow').filter((request) => request.chunksSent >= 60).length > 100,
      );
      killedAt.ms = Date.now();
      await turnpike.kill();
      const seen = await Promise.all(streams);
      const again = await startTurnpike({ config, env, dataDir: turnpike.dataDir });
      const sql = new Client({ connectionString: database.url });
      await sql.connect();
      const { rows } = await sql.query<{ request_id: string; status: string; prompt: number; completion: number }>(
        'SELECT request_id, status, prompt_tokens::int AS prompt, completion_tokens::int AS completion FROM usage_events',
      );
      await sql.end();
      expect(rows).toHaveLength(200);
      const byRequest = new Map(rows.map((row) => [row.request_id, row]));
      const completed = seen.filter((stream) => stream.usage !== undefined);
      const cut = seen.filter((stream) => stream.usage === undefined);
      expect(completed.length).toBeGreaterThan(20);
      expect(cut.length).toBeGreaterThan(100);
      for (const stream of completed)
        expect(byRequest.get(`request-${stream.id}`)).toMatchObject({
          status: 'completed',
          prompt: stream.usage?.prompt_tokens,
          completion: stream.usage?.completion_tokens,
        });
      for (const stream of cut) {
        const row = byRequest.get(`request-${stream.id}`);
        // It may have completed in the journal just before the last bytes would have left.
        if (row?.status === 'completed') continue;
        expect(row?.status).toBe('interrupted');
        expect(row?.prompt).toBeGreaterThan(0);
        expect(row?.completion).toBeGreaterThanOrEqual(stream.piecesBeforeLastSecond);
        expect(row?.completion).toBeLessThanOrEqual(150);
      }
      await again.kill();
      await database.drop();
    },
  );
});
