import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import { ask, outcome, postChat, type ErrorBody } from './chat-calls.ts';
import { hasRedisServer, startRedis } from './redis-process.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const models = ['fixed', 'fail'];
const plans = {
  every: { requests_per_minute: 5, tokens_per_minute: 50_000, tokens_per_day: 500_000, tokens_per_month: 5_000_000 },
  month: { requests_per_minute: 1_000, tokens_per_month: 2_000 },
  minute: { tokens_per_minute: 1_000 },
  shared: { requests_per_minute: 10, limits_per: 'tenant' },
  apart: { requests_per_minute: 10 },
};
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  upstream.script('fixed', { kind: 'chat', content: 'ok', usage: { prompt_tokens: 10, completion_tokens: 40 } });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

const configOf = (more: object = {}) => upstreamConfig(upstream.url, models, { plans, ...more });
const small = (model = 'fixed') => ask(model, { max_tokens: 40 });

/** Again with a new key when the minute turned meanwhile: windows are fixed. */
async function withinOneMinute<Result>(run: () => Promise<Result>): Promise<Result> {
  for (;;) {
    const minute = Math.floor(Date.now() / 60_000);
    const result = await run();
    if (Math.floor(Date.now() / 60_000) === minute) return result;
  }
}

/** All families of limit headers of one answer, checked against each other. */
function standing(answer: Response): { requests: number; tokens: number } {
  const number = (name: string) => Number(answer.headers.get(name) ?? NaN);
  const text = (name: string) => answer.headers.get(name) ?? '';
  const requests = number('x-ratelimit-remaining');
  const tokens = number('x-ratelimit-remaining-tokens');
  expect(number('x-ratelimit-limit')).toBe(5);
  expect(text('ratelimit-limit')).toBe('5;w=60');
  expect([number('ratelimit-remaining'), number('x-ratelimit-remaining-requests')]).toEqual([requests, requests]);
  expect(number('x-ratelimit-limit-requests')).toBe(5);
  expect(text('ratelimit-reset')).toBe(text('x-ratelimit-reset'));
  expect(number('x-ratelimit-reset')).toBeGreaterThanOrEqual(1);
  expect(number('x-ratelimit-reset')).toBeLessThanOrEqual(60);
  expect(text('x-ratelimit-reset-requests')).toMatch(/^(\d+s|1m0s)$/);
  expect(text('ratelimit-policy')).toContain('"rpm";q=5;w=60');
  for (const policy of ['"tpm";q=50000;w=60', '"tpd";q=500000;w=86400', '"tpmonth";q=5000000;w='])
    expect(text('ratelimit-policy')).toContain(policy);
  expect(text('ratelimit')).toContain(`"rpm";r=${requests};t=${text('x-ratelimit-reset')}`);
  expect(text('ratelimit')).toContain(`;r=${tokens};t=`);
  return { requests, tokens };
}

describe('headers', () => {
  test('are on every answer of a limited route and agree; a refused request takes nothing', async () => {
    const turnpike = await startTurnpike({ config: configOf() });
    await withinOneMinute(async () => {
      const { key } = await turnpike.createKey('every');
      const post = (body: object) => postChat(turnpike.url, key, body);
      const answers = {
        first: await post(small()),
        bad: await post({ ...small(), temperature: 'hot' }),
        nowhere: await post({ ...small(), model: 'nowhere' }),
        streamed: await post({ ...small(), stream: true }),
        models: await fetch(`${turnpike.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } }),
      };
      expect(Object.values(answers).map((answer) => answer.status)).toEqual([200, 400, 404, 200, 200]);
      const states = Object.values(answers).map(standing);
      expect(states.map(({ requests }) => requests)).toEqual([4, 4, 4, 3, 3]);
      await Promise.all([post(small()), post(small()), post(small())]);
      const refused = await post(small());
      expect(standing(refused).requests).toBe(0);
      const { error } = (await refused.json()) as ErrorBody;
      expect([refused.status, error.type, error.code]).toEqual([429, 'rate_limit', 'RATE_LIMIT_EXCEEDED']);
      const retryAfter = Number(refused.headers.get('retry-after'));
      expect(retryAfter).toBe(error.retry_after);
      expect(retryAfter).toBe(Number(refused.headers.get('x-ratelimit-reset')));
      expect(retryAfter).toBeGreaterThanOrEqual(1);
    });
    await turnpike.kill();
  });

  test('a month that is used up is a quota, told with its end, and not to be retried', async () => {
    const turnpike = await startTurnpike({ config: configOf() });
    const { key } = await turnpike.createKey('month');
    const statuses: number[] = [];
    let last: Response | undefined;
    for (let sent = 0; sent < 60 && last?.status !== 429; sent += 1) {
      last = await postChat(turnpike.url, key, small());
      statuses.push(last.status);
    }
    const passed = statuses.filter((status) => status === 200).length;
    expect(passed).toBeGreaterThan(30);
    expect(passed * 50).toBeLessThanOrEqual(2_000);
    expect(last?.headers.get('x-should-retry')).toBe('false');
    expect(await outcome(last ?? Response.error())).toEqual([429, 'insufficient_quota']);
    const now = new Date();
    const left = (Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) - now.getTime()) / 1_000;
    expect(Math.abs(Number(last?.headers.get('retry-after')) - left)).toBeLessThan(5);
    await turnpike.kill();
  });
});

describe('counting', () => {
  test('a failed, refused or abandoned answer gives its tokens back', async () => {
    const turnpike = await startTurnpike({ config: configOf() });
    await withinOneMinute(async () => {
      const { key } = await turnpike.createKey('every');
      const remaining = (answer: Response) => Number(answer.headers.get('x-ratelimit-remaining-tokens'));
      upstream.script('fail', { kind: 'status', status: 500 });
      await postChat(turnpike.url, key, small('fail'));
      upstream.script('fail', { kind: 'chat', holdBeforeHead: true });
      const leaving = new AbortController();
      const gone = postChat(turnpike.url, key, small('fail'), { signal: leaving.signal }).catch(() => undefined);
      const before = upstream.requestsFor('fail').length;
      await upstream.until(() => upstream.requestsFor('fail').length >= before && upstream.counts.open > 0);
      leaving.abort();
      await gone;
      await upstream.until(() => upstream.counts.open === 0);
      const list = () => fetch(`${turnpike.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      await expect.poll(async () => remaining(await list())).toBe(50_000);
    });
    await turnpike.kill();
  });

  test('keys of a tenant share its limits where the plan says so, and only there', async () => {
    const turnpike = await startTurnpike({ config: configOf() });
    const passed = (plan: string) =>
      withinOneMinute(async () => {
        const { key, tenantId } = await turnpike.createKey(plan);
        const second = await turnpike.admin<{ key: string }>('POST', `/admin/v1/tenants/${tenantId}/keys`, {
          name: 'second',
        });
        const answers = await Promise.all(
          Array.from({ length: 30 }, (_, index) => postChat(turnpike.url, index % 2 === 0 ? key : second.key, small())),
        );
        return answers.filter((answer) => answer.status === 200).length;
      });
    expect(await passed('shared')).toBe(10);
    expect(await passed('apart')).toBe(20);
    await turnpike.kill();
  });

  test('what a month has used is still used after kill -9', async () => {
    const before = await startTurnpike({ config: configOf() });
    const { key } = await before.createKey('month');
    for (let sent = 0; sent < 10; sent += 1) expect((await postChat(before.url, key, small())).status).toBe(200);
    await before.kill();
    const after = await startTurnpike({ config: configOf(), dataDir: before.dataDir });
    const answer = await fetch(`${after.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.headers.get('x-ratelimit-remaining-tokens')).toBe('1500');
    await after.kill();
  });
});

const needsRedis = hasRedisServer ? '' : ' (needs redis-server)';
const needsBoth =
  hasRedisServer && databaseUrl !== undefined ? '' : ' (needs redis-server; set TEST_DATABASE_URL to run)';

describe('on Redis', () => {
  test.skipIf(needsBoth !== '')(`two processes never overspend tokens together${needsBoth}`, async () => {
    const redis = await startRedis();
    const database = await createServerDatabase(databaseUrl ?? '');
    const options = { config: configOf(), env: { DATABASE_URL: database.url, REDIS_URL: redis.url } };
    const processes = await Promise.all([startTurnpike(options), startTurnpike(options)]);
    const first = processes[0];
    const spent = await withinOneMinute(async () => {
      const { key } = await first.createKey('minute');
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => postChat(processes[index % 2]?.url ?? '', key, small())),
      );
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 429]));
      return answers.filter((answer) => answer.status === 200).length * 50;
    });
    expect(spent).toBeLessThanOrEqual(1_000);
    expect(spent).toBeGreaterThanOrEqual(500);
    await Promise.all(processes.map((turnpike) => turnpike.kill()));
    await database.drop();
  });

  const health = async ({ url }: Turnpike) => {
    const answer = await fetch(`${url}/api/status.php`);
    const { checks } = (await answer.json()) as { checks: Record<string, { status: string }[]> };
    return [answer.status, checks['limits/redis:availability']?.[0]?.status];
  };

  test.skipIf(!hasRedisServer)(
    `that is gone, requests are refused with 503 until it is back${needsRedis}`,
    async () => {
      const redis = await startRedis();
      const turnpike = await startTurnpike({ config: configOf(), env: { REDIS_URL: redis.url } });
      const { key } = await turnpike.createKey('apart');
      expect((await postChat(turnpike.url, key, small())).status).toBe(200);
      expect(await health(turnpike)).toEqual([200, 'pass']);
      const asked = upstream.counts.chat;
      await redis.stop();
      for (let sent = 0; sent < 3; sent += 1) {
        const answer = await postChat(turnpike.url, key, small());
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
        expect(await outcome(answer)).toEqual([503, 'LIMITS_UNAVAILABLE']);
      }
      expect(upstream.counts.chat).toBe(asked);
      expect(await health(turnpike)).toEqual([200, 'warn']);
      await redis.start();
      await expect
        .poll(async () => (await postChat(turnpike.url, key, small())).status, { timeout: 10_000, interval: 200 })
        .toBe(200);
      expect(await health(turnpike)).toEqual([200, 'pass']);
      expect(turnpike.stdout()).toContain('Redis cannot be reached');
      expect(turnpike.stdout()).toContain('Redis is back');
      await turnpike.kill();
    },
  );

  test.skipIf(!hasRedisServer)(`that is gone, the process counts by itself where configured${needsRedis}`, async () => {
    const redis = await startRedis();
    const turnpike = await startTurnpike({
      config: configOf({ limits: { when_store_is_down: 'local' } }),
      env: { REDIS_URL: redis.url },
    });
    await redis.stop();
    const passed = await withinOneMinute(async () => {
      const { key } = await turnpike.createKey('apart');
      const answers = await Promise.all(Array.from({ length: 25 }, () => postChat(turnpike.url, key, small())));
      return answers.map((answer) => answer.status).sort();
    });
    expect(passed).toEqual([...Array.from({ length: 10 }, () => 200), ...Array.from({ length: 15 }, () => 429)]);
    expect(await health(turnpike)).toEqual([200, 'warn']);
    await redis.start();
    await expect.poll(() => health(turnpike), { timeout: 10_000, interval: 200 }).toEqual([200, 'pass']);
    await turnpike.kill();
  });

  test.skipIf(!hasRedisServer)(`that is stuck, nobody waits long for it${needsRedis}`, async () => {
    const redis = await startRedis();
    const turnpike = await startTurnpike({ config: configOf(), env: { REDIS_URL: redis.url } });
    const { key } = await turnpike.createKey('apart');
    expect((await postChat(turnpike.url, key, small())).status).toBe(200);
    redis.suspend();
    const sentAtMs = Date.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => postChat(turnpike.url, key, small())));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([503]));
    // 250 ms by default; the rest is for a busy machine.
    expect(Date.now() - sentAtMs).toBeLessThan(3_000);
    redis.resume();
    await expect
      .poll(async () => (await postChat(turnpike.url, key, small())).status, { timeout: 10_000, interval: 200 })
      .toBe(200);
    await turnpike.kill();
  });
});
