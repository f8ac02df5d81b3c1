import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signUp, type Browser } from './browser-session.ts';
import { filledPath, readOperations, type Operation } from './openapi-operations.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let ada: Browser;
let cookie = '';
let operations: readonly Operation[];

beforeAll(async () => {
  const port = await freePort();
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: { accounts: { throttle: false, staff: ['ada@vendor.example'] } },
  });
  ada = await signUp(turnpike, 'ada@vendor.example');
  const again = await ada.send('POST', '/auth/sign-in/email', {
    ...{ email: 'ada@vendor.example', password: 'a fine long sentence' },
  });
  cookie = again.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  operations = await readOperations(turnpike);
});
afterAll(cleanUp);

const origins: readonly Readonly<Record<string, string>>[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  {},
  { origin: 'http://127.0.0.1' },
  { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
  // A script may add this one only after a preflight; it must not talk the check away all the same.
  { origin: 'https://evil.example', authorization: 'Bearer made-up' },
];
/** What a form of another page can send, and what a script can. */
const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded'];

async function forged(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> {
  const text =
    headers['content-type']?.includes('form') === true
      ? new URLSearchParams(body as never).toString()
      : JSON.stringify(body);
  return fetch(`${turnpike.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { cookie, ...headers },
    ...(method === 'GET' ? {} : { body: body instanceof FormData ? body : text }),
  });
}

/** All that is kept about the person and the organisation. */
async function stateOf(): Promise<unknown> {
  const paths = ['me', 'keys', 'members', 'invitations', 'webhooks', 'organization', 'alerts', 'applications', 'audit'];
  const own = await Promise.all(paths.map((path) => ada.json<unknown>('GET', `/account/v1/${path}`)));
  return [
    ...own,
    await ada.json<unknown[]>('GET', '/auth/list-accounts'),
    await ada.json('GET', '/auth/list-sessions'),
  ];
}

describe('another site that has a browser send its cookie', () => {
  test('changes nothing through any operation of people or staff', async () => {
    const changing = operations.filter(
      ({ method, security }) => method !== 'GET' && (security === 'session' || security === 'admin'),
    );
    expect(changing.length).toBeGreaterThan(35);
    const before = await stateOf();
    for (const { method, path, id, sampleBody, takesForm } of changing)
      for (const headers of origins)
        for (const type of takesForm ? [undefined] : types) {
          const at = filledPath(path, { id: 'x', upstream: 'x', name: 'x', delivery: 'x' });
          // A form with files names its own type.
          const sent = type === undefined ? headers : { ...headers, 'content-type': type };
          const answer = await forged(method, at, sampleBody() ?? {}, sent);
          // What the framework cannot read is refused before anybody asks who it is from.
          const isClosed = answer.status === 403 || answer.status === 401 || answer.status === 415;
          expect([id, headers, type, isClosed, answer.status]).toEqual([id, headers, type, true, answer.status]);
        }
    expect(await stateOf()).toEqual(before);
  }, 120_000);

  test('changes nothing through sign-in’s own endpoints', async () => {
    const endpoints: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['sign-out', {}],
      ['update-user', { name: 'taken' }],
      ['update-session', {}],
      ['change-email', { newEmail: 'evil@example.com' }],
      ['change-password', { currentPassword: 'a fine long sentence', newPassword: 'taken over by evil' }],
      ['delete-user', { password: 'a fine long sentence' }],
      ['revoke-sessions', {}],
      ['revoke-other-sessions', {}],
      ['revoke-session', { token: 'x' }],
      ['unlink-account', { providerId: 'credential' }],
      ['link-social', { provider: 'x' }],
      ['two-factor/enable', { password: 'a fine long sentence' }],
      ['two-factor/disable', { password: 'a fine long sentence' }],
      ['passkey/verify-registration', { name: 'x' }],
      ['passkey/delete-passkey', { id: 'x' }],
      ['passkey/update-passkey', { id: 'x', name: 'x' }],
      ['organization/set-active', { organizationId: 'x' }],
      ['sign-in/email', { email: 'evil@example.com', password: 'x' }],
      ['sign-up/email', { email: 'evil@example.com', password: 'a fine long sentence', name: 'x' }],
    ];
    const before = await stateOf();
    for (const [path, body] of endpoints)
      for (const headers of origins)
        for (const type of types) {
          const answer = await forged('POST', `/auth/${path}`, body, { ...headers, 'content-type': type });
          expect([path, headers, type, answer.status >= 400]).toEqual([path, headers, type, true]);
        }
    expect(await stateOf()).toEqual(before);
  }, 120_000);

  test('changes nothing by a link: what is read stays as it is', async () => {
    const before = await stateOf();
    for (const path of [
      ...[
        'sign-out',
        'revoke-sessions',
        'delete-user',
        'update-user?name=taken',
        'change-email?newEmail=a@example.com',
      ],
      ...['two-factor/disable', 'organization/set-active?organizationId=x', 'oauth2/end-session', 'sign-in/email'],
      ...['delete-user/callback?token=x', 'verify-email?token=x'],
    ])
      await forged('GET', `/auth/${path}`, undefined, { 'sec-fetch-site': 'cross-site' });
    for (const { path, security } of operations.filter(({ method }) => method === 'GET'))
      if (security === 'session' && !path.includes('{')) await forged('GET', path, undefined, {});
    expect(await stateOf()).toEqual(before);
  });

  test('reads nothing: no answer to a cookie may be read by a page of another origin', async () => {
    const answer = await forged('GET', '/account/v1/me', undefined, { origin: 'https://evil.example' });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const preflight = await fetch(`${turnpike.url}/account/v1/keys`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

test('a stranger cannot sign somebody’s browser in to the stranger’s account', async () => {
  await signUp(turnpike, 'evil@example.com');
  const answer = await fetch(`${turnpike.url}/auth/sign-in/email`, {
    method: 'POST',
    headers: {
      ...{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'email=evil%40example.com&password=a+fine+long+sentence',
  });
  expect([answer.status >= 400, answer.headers.getSetCookie()]).toEqual([true, []]);
});
