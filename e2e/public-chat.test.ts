import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const path = '/api/chat-completion.php';
const browser = 'Mozilla/5.0 (X11; Linux) Example/1.0';
let upstream: FakeUpstream;
let turnpike: Turnpike;
let token = '';

beforeAll(async () => {
  upstream = await startFakeUpstream();
  turnpike = await startTurnpike({
    config: upstreamConfig(upstream.url, ['writer'], {
      hub: { answer_model: 'public-writer', chats_per_hour: 8, allowed_origins: ['https://partner.example'] },
    }),
  });
  token = await issue();
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

/** A token that is old enough. */
async function issue(): Promise<string> {
  const answer = await fetch(`${turnpike.url}${path}?action=token`, { headers: { 'user-agent': browser } });
  const issued = (await answer.json()) as { token: string; expires: number; min_age: number };
  expect(issued.expires * 1_000).toBeGreaterThan(Date.now());
  await sleep(issued.min_age * 1_000);
  return issued.token;
}

function say(body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${turnpike.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': browser, 'x-simo-token': token, ...headers },
    body: JSON.stringify(body),
  });
}
const codeOf = async (answer: Response) => [
  answer.status,
  ((await answer.json()) as { error: { code: string } }).error.code,
];

describe('the public chat', () => {
  test('answers in Markdown, says by what, and how many messages are left', async () => {
    const answer = await say({ message: 'Which plans are there?' });
    expect(answer.headers.get('ratelimit-policy')).toBe('"public-chat";q=8;w=3600');
    const body = (await answer.json()) as { remaining: number; session_id: string };
    expect(body).toMatchObject({ success: true, model: 'faq:plans', mode: 'online' });
    expect(body.remaining).toBe(7);
    expect(body.session_id).toMatch(/^[a-f0-9]{16,64}$/);
  });

  test('lets a model write from what was found; demo quotes it; the token may be in the body', async () => {
    upstream.script('writer', { kind: 'chat', content: 'Written by the model.' });
    const message = 'how does Last-Event-ID work with recorded streams';
    const history = [{ role: 'user', content: 'Hello' }];
    const online = await say({ message, history, session_token: token }, { 'x-simo-token': token });
    expect(await online.json()).toMatchObject({
      content: 'Written by the model.',
      model: 'public-writer',
      mode: 'online',
    });
    const demo = (await (await say({ message, mode: 'demo' })).json()) as { content: string; mode: string };
    expect([demo.mode, demo.content.includes('Written by')]).toEqual(['demo', false]);
  });

  test('needs a token that is ours, of this agent, and old enough', async () => {
    const none = await say({ message: 'x' }, { 'x-simo-token': '' });
    expect(await codeOf(none)).toEqual([401, 'INVALID_SESSION_TOKEN']);
    expect(await codeOf(await say({ message: 'x' }, { 'x-simo-token': `${token.slice(0, -3)}AAA` }))).toEqual([
      401,
      'INVALID_SESSION_TOKEN',
    ]);
    expect(await codeOf(await say({ message: 'x' }, { 'user-agent': `${browser} other` }))).toEqual([
      401,
      'INVALID_SESSION_TOKEN',
    ]);
    const fresh = await fetch(`${turnpike.url}${path}?action=token`, { headers: { 'user-agent': browser } });
    const { token: early } = (await fresh.json()) as { token: string };
    expect(await codeOf(await say({ message: 'x' }, { 'x-simo-token': early }))).toEqual([
      401,
      'INVALID_SESSION_TOKEN',
    ]);
  });

  test('is closed to other origins and to robots, and checks what it is sent', async () => {
    const bad = { origin: 'https://elsewhere.example' };
    expect(await codeOf(await say({ message: 'x' }, bad))).toEqual([403, 'FORBIDDEN_ORIGIN']);
    expect(await codeOf(await say({ message: 'x' }, { 'user-agent': 'ExampleBot/2' }))).toEqual([
      403,
      'FORBIDDEN_ORIGIN',
    ]);
    const robot = await fetch(`${turnpike.url}${path}?action=token`, { headers: { 'user-agent': 'curl/8' } });
    expect(robot.status).toBe(403);
    const partner = await say({ message: 'Which plans are there?' }, { origin: 'https://partner.example' });
    expect([partner.status, partner.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    for (const body of [
      {},
      { message: 'x'.repeat(4_001) },
      { message: 'x', session_id: 'no' },
      { message: 'x', mode: 'y' },
    ])
      expect((await say(body)).status).toBe(400);
    expect((await fetch(`${turnpike.url}${path}?action=other`, { headers: { 'user-agent': browser } })).status).toBe(
      400,
    );
  });

  test('has so many messages an hour for one address', async () => {
    let status = 200;
    for (let count = 0; count < 9 && status === 200; count += 1)
      status = (await say({ message: 'Which plans are there?' })).status;
    expect(status).toBe(429);
  });
});
