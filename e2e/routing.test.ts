import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { adminToken, cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

let first: FakeUpstream;
let second: FakeUpstream;
let turnpike: Turnpike;
let key = '';
let tenantId = '';

const model = (...targets: object[]) => ({
  targets,
  context_tokens: 10_000,
  max_output_tokens: 1_000,
  capabilities: ['chat'],
});
const at = (upstream: string, name: string, more: object = {}) => ({ upstream, model: name, ...more });

beforeAll(async () => {
  first = await startFakeUpstream();
  second = await startFakeUpstream();
  turnpike = await startTurnpike({
    config: {
      upstreams: {
        eu: { kind: 'openai', base_url: first.url, region: 'eu' },
        us: { kind: 'openai', base_url: second.url, region: 'us' },
        narrow: { kind: 'openai', base_url: first.url, max_concurrency: 2, queue_length: 1, queue_timeout_ms: 400 },
      },
      models: {
        ordered: model(at('eu', 'ordered'), at('us', 'ordered')),
        breaking: model(at('eu', 'breaking'), at('us', 'breaking')),
        alone: model(at('eu', 'alone')),
        flaky: model(at('eu', 'flaky')),
        narrow: model(at('narrow', 'narrow')),
        regional: model(at('us', 'regional'), at('eu', 'regional')),
        weighted: model(at('eu', 'weighted', { weight: 3 }), at('us', 'weighted', { weight: 1 })),
      },
      plans: { wide: { requests_per_minute: 100_000 } },
      routing: { backoff_ms: 10, max_backoff_ms: 50, breaker: { failures: 3, open_ms: 1_500 } },
    },
  });
  ({ key, tenantId } = await turnpike.createKey('wide'));
});
afterAll(async () => {
  await cleanUp();
  await first.close();
  await second.close();
});

function ask(name: string, headers: Record<string, string> = {}, secret = key): Promise<Response> {
  return fetch(`${turnpike.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: name, messages: [{ role: 'user', content: 'Hello' }] }),
  });
}
const codeOf = async (answer: Response) => ((await answer.json()) as { error?: { code: string } }).error?.code;
const counts = (name: string) => [first.requestsFor(name).length, second.requestsFor(name).length];

interface Event {
  readonly model: string;
  readonly target: string;
  readonly attempts: { target: string; outcome: string }[] | null;
}
const eventsOf = async (name: string) =>
  (await turnpike.admin<{ data: Event[] }>('GET', `/admin/v1/usage/events?tenant=${tenantId}`)).data.filter(
    (event) => event.model === name,
  );

describe('targets', () => {
  test('are tried in order; a failing one is passed over and the attempts are on record', async () => {
    first.script('ordered', [
      { kind: 'status', status: 500 },
      { kind: 'chat', content: 'from the first' },
    ]);
    second.script('ordered', { kind: 'chat', content: 'from the second' });
    const answer = await ask('ordered');
    expect(await answer.text()).toContain('from the second');
    expect(answer.headers.get('x-turnpike-target')).toBeNull();
    expect(counts('ordered')).toEqual([1, 1]);
    expect(await eventsOf('ordered')).toMatchObject([
      {
        target: 'us/ordered',
        attempts: [
          { target: 'eu/ordered', outcome: 'UPSTREAM_ERROR' },
          { target: 'us/ordered', outcome: 'ok' },
        ],
      },
    ]);
  });

  test('are told to the operator alone', async () => {
    const answer = await ask('ordered', { 'x-turnpike-admin-token': adminToken });
    expect(answer.headers.get('x-turnpike-target')).toBe('eu/ordered');
    expect(
      (await ask('ordered', { 'x-turnpike-admin-token': 'somebody' })).headers.get('x-turnpike-target'),
    ).toBeNull();
  });

  test('that hiccup are asked again', async () => {
    first.script('flaky', [{ kind: 'refuse' }, { kind: 'chat', content: 'here I am' }]);
    expect(await (await ask('flaky')).text()).toContain('here I am');
    expect(counts('flaky')).toEqual([2, 0]);
  });

  test('with weights share the calls', async () => {
    for (let count = 0; count < 60; count += 1) await (await ask('weighted')).text();
    const [eu = 0, us = 0] = counts('weighted');
    expect(eu + us).toBe(60);
    expect(eu).toBeGreaterThan(us);
    expect(us).toBeGreaterThan(0);
  });
});

describe('a circuit', () => {
  test('opens after failures in a row: the target is left alone, then tried by a single call', async () => {
    first.script('breaking', { kind: 'status', status: 500 });
    second.script('breaking', { kind: 'chat', content: 'fine' });
    for (let count = 0; count < 10; count += 1) expect((await ask('breaking')).status).toBe(200);
    expect(counts('breaking')).toEqual([3, 10]);
    first.script('breaking', { kind: 'chat', content: 'back again' });
    await expect.poll(async () => (await ask('breaking')).text(), { timeout: 5_000 }).toContain('back again');
  });

  test('of the only target fails fast with 503 and says when to come again', async () => {
    first.script('alone', { kind: 'status', status: 500 });
    for (let count = 0; count < 2; count += 1) expect((await ask('alone')).status).toBe(502);
    const answer = await ask('alone');
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'overloaded']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(counts('alone')).toEqual([3, 0]);
  });
});

test('no more calls than allowed are in flight; a few wait, the others get 503', async () => {
  first.script('narrow', { kind: 'chat', content: 'in time', holdBeforeHead: true });
  const calls = Array.from({ length: 5 }, () => ask('narrow'));
  await first.until(() => first.requestsFor('narrow').length === 2);
  const statuses = Promise.all(calls.map(async (call) => (await call).status));
  await new Promise((resolve) => setTimeout(resolve, 100));
  first.release(2);
  await first.until(() => first.requestsFor('narrow').length === 3);
  first.release(1);
  expect((await statuses).toSorted()).toEqual([200, 200, 200, 503, 503]);
  expect(first.requestsFor('narrow')).toHaveLength(3);
});

describe('a region', () => {
  test('demanded by a request is kept to, whatever happens there', async () => {
    first.script('regional', { kind: 'status', status: 500 });
    expect((await ask('regional', { 'x-turnpike-region': 'eu' })).status).toBe(502);
    expect(second.requestsFor('regional')).toHaveLength(0);
    const nowhere = await ask('regional', { 'x-turnpike-region': 'mars' });
    expect([nowhere.status, await codeOf(nowhere)]).toEqual([400, 'REGION_NOT_AVAILABLE']);
  });

  test('of a tenant binds all its keys', async () => {
    first.script('regional', { kind: 'chat', content: 'from eu' });
    const own = await turnpike.createKey('wide');
    await turnpike.admin('PATCH', `/admin/v1/tenants/${own.tenantId}`, { region: 'eu' });
    await expect.poll(async () => (await ask('regional', {}, own.key)).text(), { timeout: 5_000 }).toContain('from eu');
    const before = second.requestsFor('regional').length;
    for (let count = 0; count < 5; count += 1)
      expect(await (await ask('regional', {}, own.key)).text()).toContain('eu');
    expect(second.requestsFor('regional')).toHaveLength(before);
    const both = await ask('regional', { 'x-turnpike-region': 'us' }, own.key);
    expect(await codeOf(both)).toBe('REGION_NOT_AVAILABLE');
  });
});
