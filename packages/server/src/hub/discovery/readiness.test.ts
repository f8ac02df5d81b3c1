import { describe, expect, test } from 'vitest';
import { createManualClock } from '../../testing/manual-clock.ts';
import { createReadinessCheck } from './readiness-check.ts';
import { auditReadiness, type FetchOwn } from './readiness.ts';

const absent: FetchOwn = () =>
  Promise.resolve({ status: 404, headers: {}, body: '{"error":{"code":"ENDPOINT_NOT_FOUND"}}' });
const robots = 'User-agent: GPTBot\nContent-Signal: search=yes\n\nUser-agent: Claude-User\n';

describe('an audit', () => {
  test('finds a server that has nothing wanting, and says what it saw', async () => {
    const { score, checks } = await auditReadiness(absent);
    expect(score).toBeLessThan(15);
    expect(checks.length).toBeGreaterThanOrEqual(40);
    expect(checks.find(({ id }) => id === 'llms-txt-exists')).toMatchObject({
      passed: false,
      detail: '/llms.txt answers 404',
    });
  });

  test('counts what is there', async () => {
    const some: FetchOwn = (request) =>
      request.path === '/robots.txt'
        ? Promise.resolve({ status: 200, headers: { 'content-type': 'text/plain' }, body: robots })
        : absent(request);
    const [bare, better] = [await auditReadiness(absent), await auditReadiness(some)];
    expect(better.score).toBeGreaterThan(bare.score);
    const passed = better.checks.filter(({ passed }) => passed).map(({ id }) => id);
    expect(passed).toEqual(expect.arrayContaining(['robots-ai-policy-quality', 'robots-agent-user-policy']));
  });

  test('goes on when a surface fails altogether', async () => {
    const { score, checks } = await auditReadiness(() => Promise.reject(new Error('no such route')));
    expect(score).toBe(0);
    expect(checks[0]?.detail).toBe('no such route');
  });
});

describe('the check of the status', () => {
  test('warns below ninety, audits every ten minutes, and not while the server stops', async () => {
    const clock = createManualClock();
    let fetched = 0;
    let draining = false;
    const fetchOwn: FetchOwn = (request) => {
      fetched += 1;
      return absent(request);
    };
    const check = createReadinessCheck({ fetchOwn, clock, isDraining: () => draining });
    expect(await check()).toMatchObject([{ name: 'agents:orank-score', status: 'warn' }]);
    const once = fetched;
    await check();
    expect(fetched).toBe(once);
    clock.advance(10 * 60_000);
    await check();
    expect(fetched).toBe(2 * once);
    draining = true;
    expect(await check()).toEqual([]);
  });
});
