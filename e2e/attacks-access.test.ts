import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signUp, type Browser } from './browser-session.ts';
import { filledPath, readOperations, type Operation } from './openapi-operations.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let ada: Browser;
let key = '';
let jwt = '';
let operations: readonly Operation[];

beforeAll(async () => {
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` };
  turnpike = await startTurnpike({
    port,
    env,
    config: { accounts: { throttle: false, staff: ['staff@vendor.example'] } },
  });
  ada = await signUp(turnpike, 'ada@example.com');
  ({ key } = await ada.json<{ key: string }>('POST', '/account/v1/keys', {
    ...{ name: 'all', scopes: ['chat', 'embeddings', 'files', 'models', 'provider_keys'] },
  }));
  ({ token: jwt } = await ada.json<{ token: string }>('GET', '/auth/token'));
  operations = await readOperations(turnpike);
});
afterAll(cleanUp);

const ids = { id: 'x', upstream: 'x', name: 'x', delivery: 'x', file_id: 'x' };

async function statusOf(operation: Operation, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const { method, path, sampleBody } = operation;
  const body = sampleBody();
  const isForm = body instanceof FormData;
  const answer = await fetch(`${turnpike.url}${filledPath(path, ids)}`, {
    method,
    headers: {
      origin: turnpike.url,
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function allAre(status: number, asked: readonly Operation[], headers: Readonly<Record<string, string>> = {}) {
  for (const operation of asked)
    expect([operation.id, await statusOf(operation, headers)]).toEqual([operation.id, status]);
}
const of = (security: Operation['security']) => operations.filter((operation) => operation.security === security);

describe('every operation', () => {
  test('that is for people, for keys or for the operator is closed to who shows nothing', async () => {
    expect([of('session').length > 45, of('key').length > 25, of('admin').length > 25]).toEqual([true, true, true]);
    await allAre(401, [...of('session'), ...of('key'), ...of('admin')]);
  });

  test('that is open to everybody is one of these', () => {
    const open = operations.filter(
      ({ security, path }) => security === 'public' && /^\/(account|admin|v1|auth)\//.test(path),
    );
    expect(open.map(({ id }) => id)).toEqual(['getSignInOptions']);
  });

  test('of an account is closed to keys, and the operator’s are closed to customers in whatever guise', async () => {
    await allAre(401, of('session'), { authorization: `Bearer ${key}` });
    for (const secret of [key, jwt]) await allAre(401, of('admin'), { authorization: `Bearer ${secret}` });
    for (const operation of of('admin')) {
      const answer = await ada.send(operation.method, filledPath(operation.path, ids), operation.sampleBody());
      expect([operation.id, answer.status]).toEqual([operation.id, 401]);
    }
  });
});

describe('the vendor’s staff', () => {
  test('are who has confirmed the address, not who writes it', async () => {
    const { status } = await ada.send('POST', '/auth/update-user', { email: 'staff@vendor.example' });
    expect(status).toBeGreaterThanOrEqual(400);
    await ada.send('POST', '/auth/change-email', { newEmail: 'staff@vendor.example' });
    expect((await ada.send('GET', '/admin/v1/tenants')).status).toBe(401);
    expect(await ada.json('GET', '/account/v1/me')).toMatchObject({ is_staff: false });
  });
});
