import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, linksTo, password, signUp } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

let turnpike: Turnpike;

beforeAll(async () => {
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` };
  turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false } } });
});
afterAll(cleanUp);

const anybody = () => `${randomUUID()}@example.com`;
const newPassword = 'quite another sentence';

interface SignedIn {
  readonly browser: Browser;
  readonly cookie: string;
  /** Of the session. */
  readonly token: string;
  readonly accessToken: string;
}
async function signIn(email: string, browser = new Browser(turnpike), secret = password): Promise<SignedIn> {
  const response = await browser.send('POST', '/auth/sign-in/email', { email, password: secret });
  expect(response.status).toBe(200);
  const { token, access_token: accessToken } = (await response.json()) as { token: string; access_token: string };
  const cookie = response.headers.getSetCookie().find((each) => each.includes('session_token')) ?? '';
  return { browser, cookie, token, accessToken };
}

/** What a thief who copied everything of a session still gets with it: by cookie, by its token, by the short JWT. */
async function stillOpen({ cookie, token, accessToken }: SignedIn): Promise<readonly number[]> {
  const status = async (path: string, headers: Record<string, string>) =>
    (await fetch(`${turnpike.url}${path}`, { headers })).status;
  return Promise.all([
    status('/account/v1/me', { cookie: cookie.split(';')[0] ?? '' }),
    status('/account/v1/me', { authorization: `Bearer ${token}` }),
    status('/account/v1/me', { authorization: `Bearer ${accessToken}` }),
    status('/v1/models', { authorization: `Bearer ${accessToken}` }),
  ]);
}
const open = [200, 200, 200, 200];
const ended = [401, 401, 401, 401];

async function nextLink(email: string, already: number): Promise<string> {
  return until(async () => (await linksTo(turnpike, email))[already]);
}

async function resetPassword(email: string): Promise<void> {
  const stranger = new Browser(turnpike);
  const already = (await linksTo(turnpike, email)).length;
  await stranger.send('POST', '/auth/request-password-reset', { email, redirectTo: '/console/reset-password' });
  const landed = (await stranger.send('GET', await nextLink(email, already))).headers.get('location') ?? '';
  const token = new URL(landed, turnpike.url).searchParams.get('token');
  expect((await stranger.send('POST', '/auth/reset-password', { newPassword, token })).status).toBe(200);
}

/** By the two links: that to the old address, then that to the new one. */
async function changeAddress(browser: Browser, email: string): Promise<void> {
  const newEmail = anybody();
  const already = (await linksTo(turnpike, email)).length;
  await browser.send('POST', '/auth/change-email', { newEmail, callbackURL: '/console/settings' });
  await browser.send('GET', await nextLink(email, already));
  await browser.send('GET', await nextLink(newEmail, 0));
  expect(await browser.json('GET', '/account/v1/me')).toMatchObject({ user: { email: newEmail } });
}

describe('a stolen session', () => {
  test.each<[string, (victim: Browser, email: string) => Promise<unknown>]>([
    ['everything is signed out', (victim) => victim.send('POST', '/auth/revoke-sessions', {})],
    ['the others are signed out', (victim) => victim.send('POST', '/auth/revoke-other-sessions', {})],
    ['the password is set anew by mail', (_, email) => resetPassword(email)],
    [
      'the password is changed, even if the request wants other sessions to go on',
      (victim) =>
        victim.send('POST', '/auth/change-password', {
          ...{ currentPassword: password, newPassword, revokeOtherSessions: false },
        }),
    ],
    ['the address is changed', changeAddress],
  ])('ends when %s, and its short token with it', async (_, end) => {
    const email = anybody();
    await signUp(turnpike, email);
    const { browser: victim } = await signIn(email);
    const stolen = await signIn(email);
    expect(await stillOpen(stolen)).toEqual(open);
    await end(victim, email);
    await expect.poll(() => stillOpen(stolen)).toEqual(ended);
  });

  test('leaves who changes the address or the password signed in', async () => {
    const email = anybody();
    const victim = await signUp(turnpike, email);
    await victim.send('POST', '/auth/change-password', { currentPassword: password, newPassword });
    expect((await victim.send('GET', '/account/v1/me')).status).toBe(200);
  });

  test('can be ended one by one, but not by a stranger who knows its token', async () => {
    const email = anybody();
    await signUp(turnpike, email);
    const stolen = await signIn(email);
    const stranger = await signUp(turnpike, anybody());
    await stranger.send('POST', '/auth/revoke-session', { token: stolen.token });
    expect(await stillOpen(stolen)).toEqual(open);
    const { browser } = await signIn(email);
    await browser.send('POST', '/auth/revoke-session', { token: stolen.token });
    await expect.poll(() => stillOpen(stolen)).toEqual(ended);
  });

  test('cannot be made into another password, address or a second factor without the password', async () => {
    const email = anybody();
    await signUp(turnpike, email);
    const { browser: thief } = await signIn(email);
    for (const [path, body] of [
      ['change-password', { currentPassword: 'not the password', newPassword }],
      ['two-factor/enable', { password: 'not the password' }],
    ] as const)
      expect((await thief.send('POST', `/auth/${path}`, body)).status).toBeGreaterThanOrEqual(400);
    await thief.send('POST', '/auth/change-email', { newEmail: anybody() });
    expect(await thief.json('GET', '/account/v1/me')).toMatchObject({ user: { email } });
    await signIn(email);
  });
});

describe('a session', () => {
  test('is another one after each sign-in: what was planted before is not taken over', async () => {
    const email = anybody();
    await signUp(turnpike, email);
    const browser = new Browser(turnpike);
    const first = await signIn(email, browser);
    const second = await signIn(email, browser);
    expect(second.token).not.toBe(first.token);
    const planted = await fetch(`${turnpike.url}/account/v1/me`, {
      headers: { cookie: `turnpike.session_token=${randomUUID()}` },
    });
    expect(planted.status).toBe(401);
  });

  test('lies in a cookie that scripts cannot read and other sites do not send', async () => {
    const email = anybody();
    await signUp(turnpike, email);
    const { cookie } = await signIn(email);
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).toMatch(/; Path=\//i);
    expect(cookie).not.toMatch(/; Domain=/i);
  });

  test('at an https address has a cookie that only goes over https, under a name that no other host can set', async () => {
    const secure = await startTurnpike({
      env: { TURNPIKE_PUBLIC_URL: 'https://api.example' },
      config: { accounts: { throttle: false } },
    });
    const browser = new Browser(secure);
    const own = { origin: 'https://api.example' };
    const email = anybody();
    await browser.send('POST', '/auth/sign-up/email', { email, name: 'A', password }, own);
    const link = await until(async () => (await linksTo(secure, email))[0]);
    const { pathname, search } = new URL(link);
    const { headers } = await browser.send('GET', `${pathname}${search}`);
    const cookies = headers.getSetCookie();
    const cookie = cookies.find((each) => each.includes('session_token')) ?? '';
    expect(cookie).toMatch(/^__Secure-/);
    expect(cookies.every((each) => /; Secure/i.test(each) && /; HttpOnly/i.test(each))).toBe(true);
  });

  test('is of no use in an address, as a key, or as the operator’s token', async () => {
    const email = anybody();
    await signUp(turnpike, email);
    const { token, accessToken } = await signIn(email);
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${turnpike.url}${path}`, { headers })).status;
    for (const secret of [token, accessToken]) {
      for (const name of ['token', 'access_token', 'session_token', 'turnpike.session_token'])
        expect([name, await status(`/account/v1/me?${name}=${secret}`)]).toEqual([name, 401]);
      expect(await status('/admin/v1/tenants', { authorization: `Bearer ${secret}` })).toBe(401);
      expect(await status('/metrics', { authorization: `Bearer ${secret}` })).toBe(401);
    }
    expect(await status('/v1/models', { authorization: `Bearer ${token}` })).toBe(401);
    expect(await status('/v1/models', { 'x-api-key': token })).toBe(401);
  });

  test('is never kept in a cache on the way', async () => {
    const { browser } = await signIn(await signedUp());
    for (const path of ['/auth/get-session', '/auth/token', '/account/v1/me', '/auth/list-sessions'])
      expect((await browser.send('GET', path)).headers.get('cache-control')).toContain('no-store');
  });
});

async function signedUp(): Promise<string> {
  const email = anybody();
  await signUp(turnpike, email);
  return email;
}
