import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, linksTo, mailedLink, password, signUp } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;

beforeAll(async () => {
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}` };
  turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false } } });
});
afterAll(cleanUp);

interface Me {
  readonly user: { readonly email: string; readonly email_verified: boolean };
  readonly organization: string;
  readonly allowed: readonly string[];
  readonly organizations: readonly { readonly role: string; readonly plan: string; readonly trial_ends_at: string }[];
}

describe('who signs up', () => {
  test('confirms the mailed link and has an organisation on trial, with which the API is called', async () => {
    const email = 'ada@example.com';
    const browser = new Browser(turnpike);
    await browser.send('POST', '/auth/sign-up/email', { email, name: 'Ada', password });
    const early = await browser.send('POST', '/auth/sign-in/email', { email, password });
    expect(early.status).toBe(403);
    expect((await browser.send('GET', '/account/v1/me')).status).toBe(401);

    await mailedLink(turnpike, email, 2);
    await browser.send('GET', (await linksTo(turnpike, email))[0] ?? '');
    const me = await browser.json<Me>('GET', '/account/v1/me');
    expect(me).toMatchObject({
      user: { email, email_verified: true },
      organizations: [{ role: 'owner', plan: 'personal' }],
    });
    const days = (Date.parse(me.organizations[0]?.trial_ends_at ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(14);

    const { key } = await browser.json<{ key: string }>('POST', '/account/v1/keys', { name: 'first' });
    const answer = await fetch(`${turnpike.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'Which plans are there?' }] }),
    });
    expect(answer.status).toBe(200);
    const usage = await browser.json<{ data: unknown[] }>('GET', '/account/v1/usage?group_by=model');
    expect(usage.data).toMatchObject([{ model: 'turnpike-demo', requests: 1 }]);
    const events = await browser.json<{ data: object[] }>('GET', '/account/v1/usage/events');
    expect(events.data).toMatchObject([{ model: 'turnpike-demo', http_status: 200 }]);
    expect(events.data[0]).not.toHaveProperty('target');
  });

  test('twice with one address learns nothing, and its owner is written to', async () => {
    await signUp(turnpike, 'grace@example.com');
    const stranger = new Browser(turnpike);
    const again = { email: 'grace@example.com', name: 'X', password: 'another long sentence' };
    const fresh = { email: 'fresh@example.com', name: 'X', password: 'another long sentence' };
    const known = await stranger.json<{ user: object }>('POST', '/auth/sign-up/email', again);
    const unknown = await stranger.json<{ user: object }>('POST', '/auth/sign-up/email', fresh);
    expect(Object.keys(known)).toEqual(Object.keys(unknown));
    expect(Object.keys(known.user).toSorted()).toEqual(Object.keys(unknown.user).toSorted());
    expect(await mailedLink(turnpike, 'grace@example.com', 2)).toContain('/console/forgot-password');
    const wrong = await Promise.all(
      ['grace@example.com', 'nobody@example.com'].map((email) =>
        stranger.json('POST', '/auth/sign-in/email', { email, password: 'not the password' }),
      ),
    );
    expect(wrong[0]).toEqual(wrong[1]);
  });

  test.each([
    ['password1234', 'PASSWORD_TOO_COMMON'],
    ['short', 'PASSWORD_TOO_SHORT'],
  ])('with a weak password is told so: %s', async (weak, code) => {
    const body = { email: 'weak@example.com', name: 'X', password: weak };
    const response = await new Browser(turnpike).send('POST', '/auth/sign-up/email', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code, type: 'validation_error' } });
  });
});

describe('who has signed in', () => {
  test('sets a new password by mail, and other sessions end', async () => {
    const email = 'reset@example.com';
    const browser = await signUp(turnpike, email);
    const unknown = await browser.json('POST', '/auth/request-password-reset', { email: 'nobody@example.com' });
    const known = await browser.json('POST', '/auth/request-password-reset', { email, redirectTo: '/console/reset' });
    expect(known).toEqual(unknown);
    const link = await mailedLink(turnpike, email, 2);
    const elsewhere = new Browser(turnpike);
    const landed = (await elsewhere.send('GET', link)).headers.get('location') ?? '';
    const token = new URL(landed, turnpike.url).searchParams.get('token');
    const change = { newPassword: 'quite another sentence', token };
    expect((await elsewhere.send('POST', '/auth/reset-password', change)).status).toBe(200);
    expect((await browser.send('GET', '/account/v1/me')).status).toBe(401);
    const withOld = await elsewhere.send('POST', '/auth/sign-in/email', { email, password });
    expect(withOld.status).toBe(401);
    const withNew = await elsewhere.send('POST', '/auth/sign-in/email', { email, password: 'quite another sentence' });
    expect(withNew.status).toBe(200);
    const cookie = withNew.headers.getSetCookie().find((set) => set.includes('session_token'));
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
  });

  test('calls the account API with a short token, and signs out', async () => {
    const browser = await signUp(turnpike, 'token@example.com');
    const { token } = await browser.json<{ token: string }>('GET', '/auth/token');
    const headers = { authorization: `Bearer ${token}` };
    expect((await new Browser(turnpike).json<Me>('GET', '/account/v1/me', undefined, headers)).user.email).toBe(
      'token@example.com',
    );
    const [head = '', claims = '', signature = ''] = token.split('.');
    const change = (part: object) =>
      Buffer.from(
        JSON.stringify({ ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), ...part }),
      ).toString('base64url');
    const refused = async (forged: string) => {
      const response = await fetch(`${turnpike.url}/account/v1/me`, { headers: { authorization: `Bearer ${forged}` } });
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await refused([head, change({ sub: 'other' }), signature].join('.'))).toEqual([401, 'INVALID_SESSION']);
    expect(await refused([head, change({ exp: 1 }), signature].join('.'))).toEqual([401, 'EXPIRED_TOKEN']);
    await browser.send('POST', '/auth/sign-out', {});
    expect((await browser.send('GET', '/account/v1/me')).status).toBe(401);
  });
});

describe('a stranger', () => {
  test('of another organisation finds none of its keys', async () => {
    const [owner, other] = [await signUp(turnpike, 'owner@example.com'), await signUp(turnpike, 'other@example.com')];
    const { id } = await owner.json<{ id: string }>('POST', '/account/v1/keys', { name: 'mine' });
    const { organization } = await owner.json<Me>('GET', '/account/v1/me');
    for (const [method, path, body] of [
      ['GET', `/account/v1/keys/${id}`, undefined],
      ['PATCH', `/account/v1/keys/${id}`, { cache_seconds: 5 }],
      ['DELETE', `/account/v1/keys/${id}`, undefined],
      ['POST', `/account/v1/keys/${id}/rotate`, {}],
    ] as const)
      expect((await other.send(method, path, body)).status, `${method} ${path}`).toBe(404);
    const asOwner = { 'x-turnpike-organization': organization };
    expect((await other.send('GET', '/account/v1/keys', undefined, asOwner)).status).toBe(404);
    expect((await owner.json<{ revoked_at: null }>('GET', `/account/v1/keys/${id}`)).revoked_at).toBeNull();
  });

  test('page cannot act with the session’s cookie', async () => {
    const browser = await signUp(turnpike, 'csrf@example.com');
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }]) {
      const made = await browser.send('POST', '/account/v1/keys', { name: 'stolen' }, headers);
      expect(made.status).toBe(403);
      expect((await browser.send('POST', '/auth/sign-out', {}, headers)).status).toBe(403);
    }
    expect((await browser.json<{ data: unknown[] }>('GET', '/account/v1/keys')).data).toEqual([]);
  });
});

test('many wrong attempts from one address are bounded', async () => {
  const guarded = await startTurnpike();
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const response = await fetch(`${guarded.url}/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-turnpike-address': `10.0.0.${attempt}` },
      body: JSON.stringify({ email: 'ada@example.com', password: `guess number ${attempt}` }),
    });
    statuses.push(response.status);
  }
  expect(statuses[0]).toBe(401);
  expect(statuses.at(-1)).toBe(429);
});
