import OpenAI from 'openai';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');
const words = Array.from({ length: 60 }, (_, index) => `word${index} `);

describe.skipIf(databaseUrl === undefined || redisUrl === undefined)(
  'two processes on PostgreSQL and Redis (set TEST_DATABASE_URL and TEST_REDIS_URL to run)',
  () => {
    let upstream: FakeUpstream;
    let database: Awaited<ReturnType<typeof createServerDatabase>>;
    let first: Turnpike;
    let second: Turnpike;
    let key = '';
    let keyId = '';
    let config: object;
    let env: Record<string, string>;

    beforeAll(async () => {
      upstream = await startFakeUpstream();
      database = await createServerDatabase(databaseUrl ?? '');
      env = {
        DATABASE_URL: database.url,
        REDIS_URL: redisUrl ?? '',
        TURNPIKE_MASTER_KEY: '0123456789abcdef'.repeat(4),
      };
      config = upstreamConfig(upstream.url, ['json', 'held', 'words', 'crash', 'dies']);
      upstream.script('words', { kind: 'chat', content: '', stream: { chunks: words, chunkDelayMs: 10 } });
      upstream.script('dies', { kind: 'chat', content: '', stream: { chunks: ['a', 'b'], dieAfterChunks: 1 } });
      [first, second] = await Promise.all([startTurnpike({ config, env }), startTurnpike({ config, env })]);
      ({ key, keyId } = await first.createKey('wide'));
    });
    afterAll(async () => {
      await cleanUp();
      await upstream.close();
      await database.drop();
    });

    const post = (
      turnpike: Turnpike,
      model: string,
      headers: Record<string, string> = {},
      more: object = {},
      signal?: AbortSignal,
    ) =>
      fetch(`${turnpike.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: `public-${model}`, messages: [{ role: 'user', content: 'Hello' }], ...more }),
        ...(signal === undefined ? {} : { signal }),
      });
    const textOf = (events: string) =>
      events
        .split('\n')
        .filter((line) => line.startsWith('data: {'))
        .map(
          (line) =>
            (JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ??
            '',
        )
        .join('');

    test('50 identical keys at once are one execution; the others are told, or wait for its answer', async () => {
      upstream.script('held', { kind: 'chat', content: 'once', delayMs: 700 });
      const headers = { 'idempotency-key': 'fifty-at-once-1' };
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          post(index % 2 === 0 ? first : second, 'held', index < 40 ? headers : { ...headers, prefer: 'wait=20' }),
        ),
      );
      expect(upstream.requestsFor('held')).toHaveLength(1);
      const bodies = await Promise.all(
        answers.map(async (answer) => ({
          status: answer.status,
          replayed: answer.headers.get('idempotency-replayed'),
          body: await answer.text(),
        })),
      );
      const given = bodies.filter((answer) => answer.status === 200);
      expect(given.length).toBeGreaterThanOrEqual(10);
      expect(new Set(given.map((answer) => answer.body)).size).toBe(1);
      expect(given.filter((answer) => answer.replayed === null)).toHaveLength(1);
      expect(
        bodies
          .filter((answer) => answer.status === 409)
          .every((answer) => answer.body.includes('IDEMPOTENCY_IN_PROGRESS')),
      ).toBe(true);
      const later = await post(second, 'held', headers);
      expect([later.headers.get('idempotency-replayed'), await later.text()]).toEqual(['true', given[0]?.body]);
      expect(upstream.requestsFor('held')).toHaveLength(1);
      expect((await post(first, 'held', headers, { temperature: 1 })).status).toBe(409);
    });

    test('a stream that was dropped goes on, and is read again in full on the other process, billed once', async () => {
      const headers = { 'idempotency-key': 'dropped-stream-1' };
      const leaving = new AbortController();
      const answer = await post(first, 'words', headers, { stream: true }, leaving.signal);
      const streamId = answer.headers.get('x-stream-id') ?? '';
      const reader = answer.body?.getReader();
      await reader?.read();
      leaving.abort();
      // At once: from the start, then live to the end.
      const following = post(second, 'words', headers, { stream: true });
      const whole = await (await following).text();
      expect(textOf(whole)).toBe(words.join(''));
      expect(whole).not.toContain('\nid:');
      expect(whole.endsWith('data: [DONE]\n\n')).toBe(true);
      expect(upstream.requestsFor('words')).toHaveLength(1);
      const resumed = await (
        await post(first, 'words', { ...headers, 'last-event-id': '30' }, { stream: true })
      ).text();
      expect(resumed.startsWith('id: 31\n')).toBe(true);
      expect(whole.endsWith(resumed.replace(/^id: \d+\n/gm, ''))).toBe(true);
      const byId = await fetch(`${second.url}/v1/streams/${streamId}`, { headers: { authorization: `Bearer ${key}` } });
      expect(await byId.text()).toBe(whole);
      const stranger = await first.createKey('wide');
      expect(
        (await fetch(`${second.url}/v1/streams/${streamId}`, { headers: { authorization: `Bearer ${stranger.key}` } }))
          .status,
      ).toBe(404);
      const rows = await first.usage(`key=${keyId}&model=public-words`);
      expect(rows).toMatchObject([{ requests: 1, completion_tokens: words.length }]);
    });

    test('the official client reads a keyed stream, and a replay of it, as it reads any other', async () => {
      const client = new OpenAI({ baseURL: `${second.url}/v1`, apiKey: key, maxRetries: 0 });
      for (let round = 0; round < 2; round += 1) {
        const stream = await client.chat.completions.create(
          { model: 'public-words', messages: [{ role: 'user', content: 'Hello' }], stream: true },
          { headers: { 'Idempotency-Key': 'official-client-1' } },
        );
        let text = '';
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
        expect(text).toBe(words.join(''));
      }
    });

    test('a stream that failed frees its key: the retry is carried out', async () => {
      const headers = { 'idempotency-key': 'failed-stream-1' };
      expect(await (await post(first, 'dies', headers, { stream: true })).text()).toContain('UPSTREAM_ERROR');
      upstream.script('dies', { kind: 'chat', content: 'whole' });
      await expect
        .poll(async () => textOf(await (await post(second, 'dies', headers, { stream: true })).text()))
        .toBe('whole');
    });

    test('a process killed between claim and answer frees the key after its lease', async () => {
      upstream.script('crash', [
        { kind: 'chat', content: 'never', delayMs: 60_000 },
        { kind: 'chat', content: 'second try' },
      ]);
      const dying = await startTurnpike({ config, env });
      const headers = { 'idempotency-key': 'crash-1-crash-1' };
      const lost = post(dying, 'crash', headers).catch(() => undefined);
      await upstream.until(() => upstream.requestsFor('crash').length === 1);
      await dying.kill();
      await lost;
      expect((await post(second, 'crash', headers)).status).toBe(409);
      // The lease of a dead process runs out by itself; here the clock of the record is turned instead of waiting.
      const sql = new Client({ connectionString: database.url });
      await sql.connect();
      await sql.query(
        `UPDATE idempotency_records SET lease_until = now() - interval '1 second' WHERE state = 'running'`,
      );
      await sql.end();
      const retried = await post(second, 'crash', headers);
      expect([retried.status, retried.headers.get('idempotency-replayed')]).toEqual([200, null]);
      expect(await retried.text()).toContain('second try');
    });

    test('an old client sees the old shape in JSON and in a stream, a new one the new', async () => {
      upstream.script('json', { kind: 'status', status: 503, body: {} });
      const shape = async (version: string) => {
        const answer = await post(first, 'json', { 'api-version': version });
        const { error } = (await answer.json()) as { error: object };
        return {
          version: answer.headers.get('api-version'),
          members: Object.keys(error),
          deprecation: answer.headers.get('deprecation'),
        };
      };
      const now = ['message', 'type', 'param', 'code'];
      expect(await shape('2026-01-15')).toEqual({ version: '2026-01-15', members: now, deprecation: '@1779062400' });
      expect(await shape('2026-05-18')).toEqual({
        version: '2026-05-18',
        members: [...now, 'retry_after', 'documentation_url'],
        deprecation: null,
      });
      expect((await shape('2026-11-02-preview')).members).toContain('request_id');
      upstream.script('json', { kind: 'chat', content: '', stream: { chunks: ['a', 'b'], dieAfterChunks: 1 } });
      const inStream = async (version: string) =>
        (await (await post(first, 'json', { 'api-version': version }, { stream: true })).text())
          .split('\n')
          .find((line) => line.includes('"error"')) ?? '';
      expect(await inStream('2026-01-15')).not.toContain('documentation_url');
      expect(await inStream('2026-05-18')).toContain('documentation_url');
      const bad = await post(first, 'json', { 'api-version': '2026-02-30' });
      expect(await bad.json()).toMatchObject({
        error: { code: 'INVALID_API_VERSION', message: expect.stringContaining('2026-01-15, 2026-05-18') as string },
      });
    });

    test('a key is pinned at its first call, and can be pinned to another version', async () => {
      const fresh = await first.createKey('wide');
      await fetch(`${first.url}/v1/models`, { headers: { authorization: `Bearer ${fresh.key}` } });
      const pinned = async () =>
        (await first.admin<{ pinned_version: string | null }>('GET', `/admin/v1/keys/${fresh.keyId}`)).pinned_version;
      await expect.poll(pinned, { timeout: 15_000 }).toBe('2026-05-18');
      await first.admin('PATCH', `/admin/v1/keys/${fresh.keyId}`, { pinned_version: '2026-01-15' });
      const version = async () =>
        (await fetch(`${second.url}/v1/models`, { headers: { authorization: `Bearer ${fresh.key}` } })).headers.get(
          'api-version',
        );
      await expect.poll(version, { timeout: 5_000 }).toBe('2026-01-15');
    });
  },
);
