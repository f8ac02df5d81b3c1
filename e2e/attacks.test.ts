import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signUp, type Browser } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  /** Needs nobody to have signed in. */
  readonly isPublic: boolean;
}

let turnpike: Turnpike;
let ada: Browser;
let mallory: Browser;
let operations: readonly Operation[];
/** What is Ada's, by the word of the path before its id. */
let owned: Readonly<Record<string, string>>;

beforeAll(async () => {
  const port = await freePort();
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: { accounts: { throttle: false } },
  });
  ada = await signUp(turnpike, 'ada@example.com');
  mallory = await signUp(turnpike, 'mallory@example.com');
  const { paths } = (await (await fetch(`${turnpike.url}/openapi.json`)).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, { readonly security?: readonly object[] }>>>>;
  };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ['get', 'post', 'patch', 'put', 'delete'].includes(method))
      .map(([method, { security }]) => ({
        ...{ method: method.toUpperCase(), path },
        isPublic: security?.some((way) => Object.keys(way).length === 0) === true,
      })),
  );
  const key = await ada.json<{ id: string; key: string }>('POST', '/account/v1/keys', { name: 'mine' });
  const { id: invitation } = await ada.json<{ id: string }>('POST', '/account/v1/invitations', {
    email: 'friend@example.com',
    role: 'viewer',
  });
  const members = await ada.json<{ data: readonly { id: string }[] }>('GET', '/account/v1/members');
  await fetch(`${turnpike.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'secret words' }] }),
  });
  const events = await ada.json<{ data: readonly { id: string }[] }>('GET', '/account/v1/usage/events');
  owned = {
    keys: key.id,
    invitations: invitation,
    members: members.data[0]?.id ?? '',
    events: events.data[0]?.id ?? '',
  };
});
afterAll(cleanUp);

const below = (prefix: string) => operations.filter(({ path }) => path.startsWith(prefix));
const filled = (path: string) =>
  path
    .replaceAll(/\/([\w-]+)\/\{[^}]+\}/g, (_, word: string) => `/${word}/${owned[word] ?? 'whatever'}`)
    .replaceAll(/\{[^}]+\}/g, 'x');
/** Bodies that would change something if they were taken. */
const bodyOf = ({ method }: Operation) =>
  method === 'GET' || method === 'DELETE' ? undefined : { role: 'owner', name: 'taken' };

describe('every route of the account API', () => {
  test('is closed to who has not signed in', async () => {
    const routes = below('/account/v1');
    expect(routes.length).toBeGreaterThan(40);
    expect(routes.filter(({ isPublic }) => isPublic).map(({ path }) => path)).toEqual(['/account/v1/sign-in-options']);
    for (const operation of routes.filter(({ isPublic }) => !isPublic)) {
      const { method, path } = operation;
      const answer = await fetch(`${turnpike.url}${filled(path)}`, {
        method,
        headers: { origin: turnpike.url, 'content-type': 'application/json' },
        ...(bodyOf(operation) === undefined ? {} : { body: JSON.stringify(bodyOf(operation)) }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
    }
  });

  test('with an id gives a stranger nothing of another organisation', async () => {
    const before = JSON.stringify([
      await ada.json('GET', '/account/v1/keys'),
      await ada.json('GET', '/account/v1/members'),
    ]);
    const routes = below('/account/v1').filter(({ path }) => path.includes('{'));
    expect(routes.length).toBeGreaterThan(10);
    for (const operation of routes) {
      const answer = await mallory.send(operation.method, filled(operation.path), bodyOf(operation));
      const text = await answer.text();
      const isEmpty = operation.path.endsWith('/bodies') && text.includes('"request":null');
      expect([operation.method, operation.path, answer.status >= 400 || isEmpty]).toEqual([
        operation.method,
        operation.path,
        true,
      ]);
      expect(text).not.toContain('secret words');
    }
    const after = JSON.stringify([
      await ada.json('GET', '/account/v1/keys'),
      await ada.json('GET', '/account/v1/members'),
    ]);
    expect(after).toBe(before);
  });

  test('that changes something refuses a cookie sent from another site', async () => {
    for (const operation of below('/account/v1').filter(({ method }) => method !== 'GET')) {
      const answer = await ada.send(operation.method, filled(operation.path), bodyOf(operation), {
        origin: 'https://evil.example',
      });
      expect([operation.method, operation.path, answer.status]).toEqual([operation.method, operation.path, 403]);
    }
  });
});

test('every admin route is closed to customers', async () => {
  const routes = below('/admin/v1');
  expect(routes.length).toBeGreaterThan(20);
  for (const operation of routes) {
    const answer = await ada.send(operation.method, filled(operation.path), bodyOf(operation));
    expect([operation.method, operation.path, answer.status]).toEqual([operation.method, operation.path, 401]);
  }
});

test.each<[string, string, object]>([
  ['PATCH', '/account/v1/organization', { plan: 'enterprise' }],
  ['PATCH', '/account/v1/organization', { trial_ends_at: null }],
  ['POST', '/account/v1/keys', { name: 'x', tenant_id: 'ten_other' }],
  ['POST', '/account/v1/invitations', { email: 'x@example.com', role: 'owner', organization: 'ten_other' }],
])('%s %s refuses members that are not its own: %j', async (method, path, body) => {
  expect((await ada.send(method, path, body)).status).toBe(400);
});

test('mailed links lead back to this server only', async () => {
  const body = { email: 'ada@example.com', redirectTo: 'https://evil.example/reset' };
  expect((await mallory.send('POST', '/auth/request-password-reset', body)).status).toBe(403);
  const signUpBody = {
    email: 'o@example.com',
    name: 'O',
    password: 'a fine long sentence',
    callbackURL: 'https://evil.example',
  };
  expect((await mallory.send('POST', '/auth/sign-up/email', signUpBody)).status).toBe(403);
});

test('a stolen session ends with “sign out everywhere”', async () => {
  const thief = await signUp(turnpike, 'victim@example.com');
  const { headers } = await thief.send('GET', '/auth/token');
  expect(headers.get('cache-control')).toContain('no-store');
  expect((await thief.send('GET', '/account/v1/me')).status).toBe(200);
  await thief.send('POST', '/auth/revoke-sessions', {});
  expect((await thief.send('GET', '/account/v1/me')).status).toBe(401);
});
