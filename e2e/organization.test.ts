import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, linksTo, mailedLink, password, signUp } from './browser-session.ts';
import { adminToken, cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;

beforeAll(async () => {
  const port = await freePort();
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}` },
    config: { accounts: { throttle: false, staff: ['staff@vendor.example'] } },
  });
});
afterAll(cleanUp);

interface Me {
  readonly organization: string;
  readonly is_staff: boolean;
  readonly visiting: boolean;
  readonly allowed: readonly string[];
  readonly organizations: readonly { readonly id: string; readonly role: string }[];
}
interface List<Row> {
  readonly data: readonly Row[];
}

function chat(key: string, model = 'turnpike-demo'): Promise<Response> {
  return fetch(`${turnpike.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Which plans are there?' }] }),
  });
}
const admin = (method: string, path: string, body?: unknown) =>
  fetch(`${turnpike.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe('members', () => {
  test('are invited by mail, join with the invited address, do what their role allows and are removed', async () => {
    const ada = await signUp(turnpike, 'ada@example.com');
    const invited = await ada.send('POST', '/account/v1/invitations', { email: 'bob@example.com', role: 'viewer' });
    expect(invited.status).toBe(201);
    const { id } = (await invited.json()) as { id: string };
    const link = await mailedLink(turnpike, 'bob@example.com');
    expect(link).toBe(`${turnpike.url}/console/invitation/${id}`);

    const bob = new Browser(turnpike);
    await bob.send('POST', '/auth/sign-up/email', { email: 'bob@example.com', name: 'Bob', password });
    await mailedLink(turnpike, 'bob@example.com', 2);
    const links = await linksTo(turnpike, 'bob@example.com');
    await bob.send('GET', links.find((each) => each.includes('/auth/')) ?? '');
    expect((await bob.send('GET', '/account/v1/me')).status).toBe(404);
    expect(await bob.json('GET', `/account/v1/invitations/${id}`)).toMatchObject({ role: 'viewer', status: 'pending' });
    expect((await bob.send('POST', `/account/v1/invitations/${id}/accept`)).status).toBe(200);
    const me = await bob.json<Me>('GET', '/account/v1/me');
    expect(me.organizations).toMatchObject([{ role: 'viewer' }]);
    expect((await bob.send('POST', '/account/v1/keys', { name: 'x' })).status).toBe(403);

    const mallory = await signUp(turnpike, 'mallory@example.com');
    expect((await mallory.send('GET', `/account/v1/invitations/${id}`)).status).toBe(404);
    expect((await mallory.send('POST', `/account/v1/invitations/${id}/accept`)).status).toBe(404);

    const { data } = await ada.json<List<{ id: string; email: string }>>('GET', '/account/v1/members');
    expect(data.map(({ email }) => email)).toEqual(['ada@example.com', 'bob@example.com']);
    expect((await ada.send('PATCH', `/account/v1/members/${data[1]?.id ?? ''}`, { role: 'developer' })).status).toBe(
      200,
    );
    expect((await bob.send('POST', '/account/v1/keys', { name: 'x' })).status).toBe(201);
    expect((await bob.send('PATCH', `/account/v1/members/${data[1]?.id ?? ''}`, { role: 'owner' })).status).toBe(403);
    expect((await ada.send('DELETE', `/account/v1/members/${data[1]?.id ?? ''}`)).status).toBe(200);
    const organization = { 'x-turnpike-organization': me.organization };
    expect((await bob.send('GET', '/account/v1/keys', undefined, organization)).status).toBe(404);

    const audit = await ada.json<List<{ action: string; actor: { name: string } }>>('GET', '/account/v1/audit');
    expect(audit.data.map(({ action, actor }) => `${actor.name} ${action}`)).toEqual([
      'ada@example.com removeMember',
      'bob@example.com createOwnKey',
      'ada@example.com changeMember',
      'bob@example.com acceptInvitation',
      'ada@example.com invite',
    ]);
    expect(JSON.stringify(audit)).not.toMatch(/sk_|"key"/);
  });

  test('cannot be made through the library’s own endpoints past the roles', async () => {
    const eve = await signUp(turnpike, 'eve@example.com');
    const { organization } = await eve.json<Me>('GET', '/account/v1/me');
    for (const [path, body] of [
      ['invite-member', { email: 'x@example.com', role: 'owner', organizationId: organization }],
      ['create', { name: 'Mine', slug: 'mine' }],
      ['update', { data: { name: 'Other' }, organizationId: organization }],
      ['delete', { organizationId: organization }],
    ] as const)
      expect([path, (await eve.send('POST', `/auth/organization/${path}`, body)).status >= 400]).toEqual([path, true]);
    expect(await linksTo(turnpike, 'x@example.com')).toEqual([]);
  });
});

describe('the trial', () => {
  test('once over has calls refused with the way on, and everything can still be read', async () => {
    const browser = await signUp(turnpike, 'trial@example.com');
    const { key } = await browser.json<{ key: string }>('POST', '/account/v1/keys', { name: 'first' });
    expect((await chat(key)).status).toBe(200);
    const { organization } = await browser.json<Me>('GET', '/account/v1/me');
    const past = new Date(Date.now() - 60_000).toISOString();
    expect((await admin('PATCH', `/admin/v1/tenants/${organization}`, { trial_ends_at: past })).status).toBe(200);
    const refused = await chat(key);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      error: { code: 'TRIAL_ENDED', message: expect.stringContaining('Billing') as string },
    });
    const read = (path: string) => fetch(`${turnpike.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    for (const path of ['/v1/models', '/v1/files', '/v1/batches', '/v1/usage'])
      expect([path, (await read(path)).status]).toEqual([path, 200]);
    expect((await browser.send('GET', '/account/v1/usage')).status).toBe(200);
    // Another plan ends the trial for good.
    await admin('PATCH', `/admin/v1/tenants/${organization}`, { plan: 'personal' });
    expect((await chat(key)).status).toBe(200);
  });
});

describe('keys', () => {
  test('have limits of their own, and tell when and from where they were used', async () => {
    const browser = await signUp(turnpike, 'keys@example.com');
    const { id, key } = await browser.json<{ id: string; key: string }>('POST', '/account/v1/keys', {
      name: 'small',
      limits: { requests_per_minute: 1 },
    });
    const statuses = [(await chat(key)).status, (await chat(key)).status, (await chat(key)).status];
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(2);
    expect(statuses).toContain(429);
    await expect
      .poll(() => browser.json<object>('GET', `/account/v1/keys/${id}`), { timeout: 20_000 })
      .toMatchObject({ last_used_address: '127.0.0.1', last_used_at: expect.any(String) as string });
    const limits = await browser.json<List<{ key_id: string | null }>>('GET', '/account/v1/limits');
    expect(limits.data).toContainEqual(expect.objectContaining({ key_id: id, name: 'rpm', quota: 1 }));
    expect((await browser.send('PATCH', `/account/v1/keys/${id}`, { limits: null, name: 'big' })).status).toBe(200);
    expect((await chat(key)).status).toBe(200);
  });
});

describe('requests and answers', () => {
  test('are kept only where the organisation wants it, and are nobody else’s', async () => {
    const browser = await signUp(turnpike, 'bodies@example.com');
    const { key } = await browser.json<{ key: string }>('POST', '/account/v1/keys', { name: 'first' });
    await chat(key);
    expect((await browser.send('PATCH', '/account/v1/organization', { kept_bodies_days: 7 })).status).toBe(200);
    await chat(key);
    const { data } = await browser.json<List<{ id: string }>>('GET', '/account/v1/usage/events');
    const [kept, before] = data;
    const read = (id: string | undefined) => browser.json('GET', `/account/v1/usage/events/${id ?? ''}/bodies`);
    expect(await read(before?.id)).toMatchObject({ request: null, answer: null });
    expect(await read(kept?.id)).toMatchObject({
      request: { model: 'turnpike-demo' },
      answer: expect.stringContaining('chat.completion') as string,
    });
    const other = await signUp(turnpike, 'nosy@example.com');
    expect((await other.send('GET', `/account/v1/usage/events/${kept?.id ?? ''}`)).status).toBe(404);
    expect(await other.json('GET', `/account/v1/usage/events/${kept?.id ?? ''}/bodies`)).toMatchObject({
      request: null,
    });
    const one = await browser.json('GET', `/account/v1/usage/events/${kept?.id ?? ''}`);
    expect(one).toMatchObject({ id: kept?.id, model: 'turnpike-demo' });
    const csv = await (await browser.send('GET', '/account/v1/usage.csv?group_by=model')).text();
    expect(csv.split('\r\n')[0]).toBe(
      'model,requests,errors,prompt_tokens,completion_tokens,cached_tokens,reasoning_tokens,total_tokens,average_duration_ms,cost,currency',
    );
    expect(csv).toContain('turnpike-demo,2,');
  });
});

describe('staff', () => {
  test('run the place with their session, look in with a reason, and leave a trace', async () => {
    const customer = await signUp(turnpike, 'customer@example.com');
    const { organization } = await customer.json<Me>('GET', '/account/v1/me');
    const staff = await signUp(turnpike, 'staff@vendor.example');
    expect((await staff.json<Me>('GET', '/account/v1/me')).is_staff).toBe(true);
    const header = { 'x-turnpike-organization': organization };
    expect((await customer.send('GET', '/admin/v1/tenants')).status).toBe(401);
    expect((await staff.send('GET', '/admin/v1/tenants')).status).toBe(200);
    expect((await staff.send('GET', '/account/v1/keys', undefined, header)).status).toBe(404);
    const visit = { reason: 'ticket 7' };
    const foreign = await staff.send('POST', `/admin/v1/tenants/${organization}/visit`, visit, {
      origin: 'https://evil.example',
    });
    expect(foreign.status).toBe(403);
    expect((await staff.send('POST', `/admin/v1/tenants/${organization}/visit`, visit)).status).toBe(200);
    expect(await staff.json<Me>('GET', '/account/v1/me', undefined, header)).toMatchObject({ visiting: true });
    expect((await staff.send('POST', '/account/v1/keys', { name: 'theirs' }, header)).status).toBe(201);
    expect((await staff.send('PATCH', `/admin/v1/tenants/${organization}`, { suspended: true })).status).toBe(200);
    expect((await staff.send('DELETE', `/admin/v1/tenants/${organization}/visit`)).status).toBe(200);
    expect((await staff.send('GET', '/account/v1/keys', undefined, header)).status).toBe(404);
    const read = () =>
      customer.json<List<{ action: string; actor: object; details: object }>>('GET', '/account/v1/audit');
    await expect
      .poll(async () => (await read()).data.map(({ action }) => action))
      .toEqual(['leaveTenant', 'updateTenant', 'createOwnKey', 'visitTenant']);
    const audit = await read();
    expect(audit.data[1]).toMatchObject({
      actor: { kind: 'staff', name: 'staff@vendor.example' },
      details: { suspended: true },
    });
    expect(audit.data[3]?.details).toEqual({ reason: 'ticket 7' });
  });
});
