import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');

interface Job {
  readonly job_id: string;
  readonly status: string;
  readonly progress: number;
  readonly result_url: string | null;
  readonly result: { readonly source?: string; readonly answer?: string } | null;
  readonly error: { readonly error: { readonly code: string; readonly message: string } } | null;
  readonly expires_at: string | null;
}

let upstream: FakeUpstream;
let turnpike: Turnpike;

/** No entry of the FAQ is surely about it, so that the model is asked. */
const forTheModel = 'Explain how circuit breakers, weights and fallbacks of targets play together in routing';
const hub = { jobs_per_hour: 1_000, answer_model: 'public-writer' };
const config = () => upstreamConfig(upstream.url, ['writer'], { hub });

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({ config: config() });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

async function order(body: unknown, headers: Record<string, string> = {}, at = turnpike, path = '/api/jobs.php') {
  return fetch(`${at.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
const jobOf = async (response: Response | Promise<Response>) => (await (await response).json()) as Job;
const get = (id: string, headers: Record<string, string> = {}, at = turnpike, method = 'GET') =>
  fetch(`${at.url}/api/jobs/${id}`, { method, headers });
const untilOver = async (id: string, headers: Record<string, string> = {}, at = turnpike): Promise<Job> => {
  let job: Job | undefined;
  await expect
    .poll(async () => (job = await jobOf(get(id, headers, at))).status, { timeout: 40_000 })
    .toMatch(/succeeded|failed|cancelled/);
  if (job === undefined) throw new Error('no job');
  return job;
};

describe('a job', () => {
  test('is accepted at once, and its result is there when it is asked for', async () => {
    const response = await order({ type: 'ask', input: { query: 'Which plans are there?' } });
    expect(response.status).toBe(202);
    const queued = await jobOf(response);
    expect(queued).toMatchObject({ job_id: expect.stringMatching(/^job_[a-f0-9]{16}$/) as string, status: 'queued' });
    expect(response.headers.get('location')).toBe(`/api/jobs/${queued.job_id}`);
    const done = await untilOver(queued.job_id);
    expect(done).toMatchObject({ status: 'succeeded', progress: 100, error: null, result: { source: 'faq:plans' } });
    expect(Date.parse(done.expires_at ?? '') - Date.now()).toBeGreaterThan(29 * 60_000);
  });

  test('is waited for on wish', async () => {
    const wait = { prefer: 'wait=20' };
    const response = await order({ type: 'faq_lookup', input: { question: 'Welche Tarife gibt es?' } }, wait);
    expect(response.headers.get('preference-applied')).toBe('wait=20');
    expect(await jobOf(response)).toMatchObject({
      status: 'succeeded',
      result: { matches: [{ id: 'plans' }, {}, {}] },
    });
    const refresh = await jobOf(order({ type: 'kb_refresh', input: {} }, wait, turnpike, '/api/jobs'));
    expect(refresh).toMatchObject({ status: 'succeeded', result: { documents: expect.any(Number) as number } });
  });

  test('ordered twice with one Idempotency-Key is one job', async () => {
    const headers = { 'idempotency-key': 'one-job-only-01' };
    const body = { type: 'ask', input: { query: 'What is a scope?' } };
    const [first, again] = [await order(body, headers), await order(body, headers)];
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await jobOf(again)).job_id).toBe((await jobOf(first)).job_id);
    expect((await order({ ...body, input: { query: 'Other' } }, headers)).status).toBe(409);
  });

  test('is told in events until it is over', async () => {
    const { job_id: id } = await jobOf(order({ type: 'ask', input: { query: 'Which plans are there?' } }));
    const response = await get(id, { accept: 'text/event-stream' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    expect(text.trimEnd().split('\n\n').at(-1)).toMatch(/^event: complete\ndata: \{.*"status":"succeeded"/);
  });

  test('that a model answers is metered to its key, and cancelled it stops asking the model', async () => {
    const { key, tenantId } = await turnpike.createKey('wide');
    const headers = { authorization: `Bearer ${key}` };
    upstream.script('writer', {
      kind: 'chat',
      content: 'By the model.',
      usage: { prompt_tokens: 70, completion_tokens: 7 },
    });
    const asked = await jobOf(order({ type: 'ask', input: { query: forTheModel } }, { ...headers, prefer: 'wait=20' }));
    expect(asked).toMatchObject({
      status: 'succeeded',
      result: { answer: 'By the model.', source: 'llm:public-writer' },
    });
    const [usage] = await turnpike.usage(`tenant=${tenantId}`);
    expect(usage).toMatchObject({ requests: 1, total_tokens: 77 });

    upstream.script('writer', { kind: 'chat', content: 'never', delayMs: 60_000 });
    const before = upstream.requestsFor('writer').length;
    const slow = await jobOf(order({ type: 'ask', input: { query: forTheModel } }, headers));
    await upstream.until(() => upstream.requestsFor('writer').length > before);
    expect(await jobOf(get(slow.job_id, headers, turnpike, 'DELETE'))).toMatchObject({ status: 'cancelled' });
    await upstream.until(() => upstream.requestsFor('writer').at(-1)?.aborted === true);
    expect(await jobOf(get(slow.job_id, headers))).toMatchObject({
      status: 'cancelled',
      result: null,
      result_url: null,
    });
    expect((await get(asked.job_id, headers, turnpike, 'DELETE')).status).toBe(409);
  });

  test('that fails says why', async () => {
    upstream.script('writer', { kind: 'status', status: 500 });
    const job = await jobOf(order({ type: 'ask', input: { query: forTheModel } }, { prefer: 'wait=20' }));
    expect(job).toMatchObject({ status: 'failed', result: null, error: { error: { code: 'UPSTREAM_ERROR' } } });
  });

  test('is found by its owner only', async () => {
    const [one, other] = [await turnpike.createKey('wide'), await turnpike.createKey('wide')];
    const own = { authorization: `Bearer ${one.key}` };
    const { job_id: id } = await jobOf(order({ type: 'kb_refresh', input: {} }, own));
    expect((await get(id, own)).status).toBe(200);
    for (const headers of [{}, { authorization: `Bearer ${other.key}` }])
      for (const method of ['GET', 'DELETE']) expect((await get(id, headers, turnpike, method)).status).toBe(404);
    await untilOver(id, own);
  });

  test.each([
    [{ type: 'asks', input: {} }, 400, 'type'],
    [{ type: 'ask' }, 400, 'input'],
    [{ type: 'ask', input: { question: 'x' } }, 400, 'input.query'],
    [{ type: 'faq_lookup', input: { question: 'x', lang: 'fr' } }, 400, 'input.lang'],
    [{ type: 'kb_refresh', input: { all: true } }, 400, 'input.all'],
    [{ type: 'ask', input: { query: 'x', more: 'y'.repeat(70_000) } }, 413, 'input'],
  ])('ordered wrongly is refused and the field named: %#', async (body, status, param) => {
    const response = await order(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { param } });
  });

  test('of an unknown or malformed id is not found', async () => {
    expect((await get('job_0123456789abcdef')).status).toBe(404);
    expect((await get('nonsense')).status).toBe(400);
  });

  test('is not there for who speaks the version before jobs', async () => {
    expect((await order({ type: 'kb_refresh', input: {} }, { 'api-version': '2026-01-15' })).status).toBe(404);
  });
});

describe.skipIf(databaseUrl === undefined || redisUrl === undefined)(
  'two processes on PostgreSQL (set TEST_DATABASE_URL and TEST_REDIS_URL to run)',
  () => {
    test('a job whose worker is killed is run again, once, by the other', async () => {
      const database = await createServerDatabase(databaseUrl ?? '');
      try {
        const master = { TURNPIKE_MASTER_KEY: '0123456789abcdef'.repeat(4) };
        const env = { DATABASE_URL: database.url, REDIS_URL: redisUrl ?? '', ...master };
        const [first, second] = await Promise.all([
          startTurnpike({ config: config(), env }),
          startTurnpike({ config: config(), env }),
        ]);
        const { key } = await first.createKey('wide');
        const headers = { authorization: `Bearer ${key}` };
        upstream.script('writer', { kind: 'chat', content: 'never', delayMs: 120_000 });
        const before = upstream.requestsFor('writer').length;
        const { job_id: id } = await jobOf(order({ type: 'ask', input: { query: forTheModel } }, headers, first));
        await upstream.until(() => upstream.requestsFor('writer').length === before + 1);
        expect(await jobOf(get(id, headers, second))).toMatchObject({ status: 'running' });
        upstream.script('writer', { kind: 'chat', content: 'By the second.' });
        await first.kill();
        expect(await untilOver(id, headers, second)).toMatchObject({
          status: 'succeeded',
          result: { answer: 'By the second.' },
        });
        expect(upstream.requestsFor('writer').length).toBe(before + 2);
      } finally {
        await cleanUp();
        await database.drop();
      }
    }, 90_000);
  },
);
