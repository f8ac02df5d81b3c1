import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linksTo, signUp, type Browser } from './browser-session.ts';
import { join, memberId, signUpInvited } from './members.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;

beforeAll(async () => {
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` };
  turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false } } });
});
afterAll(cleanUp);

const anybody = () => `${randomUUID()}@example.com`;

interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
}
async function outcome(answer: Promise<Response>): Promise<Refusal> {
  const response = await answer;
  const { error } = (await response.json()) as { error?: { code: string } };
  return { status: response.status, code: error?.code };
}
const ok = { status: 200, code: undefined };
const notFound = { status: 404, code: 'RESOURCE_NOT_FOUND' };
const noRole = { status: 403, code: 'INSUFFICIENT_ROLE' };
const conflict = { status: 409, code: 'CONFLICT' };

const invite = (by: Browser, email: string, role: string) =>
  by.send('POST', '/account/v1/invitations', { email, role });
async function invited(by: Browser, email: string, role: string): Promise<string> {
  const response = await invite(by, email, role);
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}
const accept = (by: Browser, id: string, body?: object) =>
  outcome(by.send('POST', `/account/v1/invitations/${id}/accept`, body));
const change = (by: Browser, id: string, role: string) => by.send('PATCH', `/account/v1/members/${id}`, { role });

async function rolesIn(owner: Browser): Promise<Readonly<Record<string, string>>> {
  const { data } = await owner.json<{ data: { email: string; role: string }[] }>('GET', '/account/v1/members');
  return Object.fromEntries(data.map(({ email, role }) => [email, role]));
}

/** An organisation of its own for each test, with its owner. */
async function organization(): Promise<{ readonly owner: Browser; readonly ownerEmail: string }> {
  const ownerEmail = anybody();
  return { owner: await signUp(turnpike, ownerEmail), ownerEmail };
}

describe('an invitation', () => {
  test.each([
    ['admin', 'owner'],
    ['developer', 'viewer'],
    ['billing', 'billing'],
    ['viewer', 'viewer'],
  ])('by %s as %s is refused, and mailed to nobody', async (role, wanted) => {
    const { owner } = await organization();
    const member = await join(turnpike, owner, anybody(), role);
    const target = anybody();
    expect(await outcome(invite(member, target, wanted))).toEqual(noRole);
    expect(await owner.json('GET', '/account/v1/invitations')).toMatchObject({ data: [] });
    expect(await linksTo(turnpike, target)).toEqual([]);
  });

  test('is not found by anybody but the owner of the invited and confirmed address', async () => {
    const { owner } = await organization();
    const email = anybody();
    const id = await invited(owner, email, 'admin');
    const other = await signUp(turnpike, anybody());
    expect(await accept(other, id)).toEqual(notFound);
    expect(await outcome(other.send('GET', `/account/v1/invitations/${id}`))).toEqual(notFound);
    // Nor by who writes the address into his own account.
    for (const [path, body] of [
      ['/auth/update-user', { email }],
      ['/auth/change-email', { newEmail: email }],
    ] as const)
      await other.send('POST', path, body);
    expect(await accept(other, id)).toEqual(notFound);
  });

  test('gives the role it was made with, whatever the body of the acceptance says', async () => {
    const { owner } = await organization();
    const email = anybody();
    const id = await invited(owner, email, 'viewer');
    const guest = await signUpInvited(turnpike, email);
    await guest.send('POST', `/account/v1/invitations/${id}/accept?role=owner`, { role: 'owner' });
    expect((await rolesIn(owner))[email]).toBe('viewer');
  });

  test('accepted twice is one membership, and does not bring back who was removed', async () => {
    const { owner } = await organization();
    const email = anybody();
    const id = await invited(owner, email, 'developer');
    const guest = await signUpInvited(turnpike, email);
    expect(await accept(guest, id)).toEqual(ok);
    const member = await memberId(owner, email);
    await change(owner, member, 'viewer');
    expect(await accept(guest, id)).toEqual(ok);
    expect((await rolesIn(owner))[email]).toBe('viewer');
    await owner.send('DELETE', `/account/v1/members/${member}`);
    await accept(guest, id);
    expect(Object.keys(await rolesIn(owner))).not.toContain(email);
  });

  test('that was withdrawn, or replaced by a newer one, is not found any more', async () => {
    const { owner } = await organization();
    const email = anybody();
    const first = await invited(owner, email, 'admin');
    const second = await invited(owner, email, 'viewer');
    const guest = await signUpInvited(turnpike, email);
    expect(await accept(guest, first)).toEqual(notFound);
    await owner.send('DELETE', `/account/v1/invitations/${second}`);
    expect(await accept(guest, second)).toEqual(notFound);
  });

  test.each<[string, string, (owner: Browser, inviter: Browser, member: string) => Promise<Response>]>([
    ['was demoted', 'admin', (owner, _, member) => change(owner, member, 'viewer')],
    ['was removed', 'admin', (owner, _, member) => owner.send('DELETE', `/account/v1/members/${member}`)],
    ['has left', 'admin', (_, inviter, member) => inviter.send('DELETE', `/account/v1/members/${member}`)],
    ['may not make owners any more', 'owner', (owner, _, member) => change(owner, member, 'admin')],
  ])('ends when who invited %s', async (_, role, ending) => {
    const { owner } = await organization();
    const [inviterEmail, email] = [anybody(), anybody()];
    const inviter = await join(turnpike, owner, inviterEmail, role);
    const id = await invited(inviter, email, role);
    const guest = await signUpInvited(turnpike, email);
    expect((await ending(owner, inviter, await memberId(owner, inviterEmail))).status).toBe(200);
    expect(await accept(guest, id)).toEqual(notFound);
    expect(Object.keys(await rolesIn(owner))).not.toContain(email);
    expect(await owner.json('GET', '/account/v1/invitations')).toMatchObject({ data: [] });
  });

  test('stays when who invited may still give its role', async () => {
    const { owner } = await organization();
    const [inviterEmail, email] = [anybody(), anybody()];
    const inviter = await join(turnpike, owner, inviterEmail, 'owner');
    const id = await invited(inviter, email, 'developer');
    await change(owner, await memberId(owner, inviterEmail), 'admin');
    expect(await accept(await signUpInvited(turnpike, email), id)).toEqual(ok);
  });

  test('of a member, to raise or lower the own role or another’s, is refused', async () => {
    const { owner, ownerEmail } = await organization();
    const email = anybody();
    const admin = await join(turnpike, owner, email, 'admin');
    for (const [target, role] of [
      [email, 'viewer'],
      [email.toUpperCase(), 'admin'],
      [ownerEmail, 'viewer'],
    ] as const)
      expect(await outcome(invite(admin, target, role))).toEqual(conflict);
    expect(await rolesIn(owner)).toEqual({ [ownerEmail]: 'owner', [email]: 'admin' });
  });

  test('cannot be made, taken or ended through the library’s own endpoints', async () => {
    const { owner, ownerEmail } = await organization();
    const email = anybody();
    const id = await invited(owner, email, 'viewer');
    const guest = await signUpInvited(turnpike, email);
    const { organization: organizationId } = await owner.json<{ organization: string }>('GET', '/account/v1/me');
    const member = await memberId(owner, ownerEmail);
    for (const [path, body] of [
      ['accept-invitation', { invitationId: id }],
      ['reject-invitation', { invitationId: id }],
      ['cancel-invitation', { invitationId: id }],
      ['invite-member', { email, role: 'owner', organizationId }],
      ['add-member', { userId: 'x', role: 'owner', organizationId }],
      ['update-member-role', { memberId: member, role: 'viewer', organizationId }],
      ['remove-member', { memberIdOrEmail: ownerEmail, organizationId }],
      ['leave', { organizationId }],
      ['create', { name: 'x', slug: 'x' }],
      ['update', { data: { name: 'x' }, organizationId }],
      ['delete', { organizationId }],
      ['check-slug', { slug: organizationId.toLowerCase() }],
      ['has-permission', { permissions: { organization: ['read'] }, organizationId }],
    ] as const)
      for (const browser of [owner, guest])
        expect([path, (await browser.send('POST', `/auth/organization/${path}`, body)).status]).toEqual([path, 404]);
    for (const path of [
      'get-full-organization',
      'list-members',
      'list-invitations',
      'get-invitation',
      'list-user-invitations',
    ])
      expect([path, (await owner.send('GET', `/auth/organization/${path}`)).status]).toEqual([path, 404]);
    expect(await rolesIn(owner)).toEqual({ [ownerEmail]: 'owner' });
    expect(await accept(guest, id)).toEqual(ok);
  });
});

describe('the last owner', () => {
  test('cannot be demoted, be removed or leave', async () => {
    const { owner, ownerEmail } = await organization();
    const admin = await join(turnpike, owner, anybody(), 'admin');
    const self = await memberId(owner, ownerEmail);
    expect(await outcome(change(owner, self, 'admin'))).toEqual(conflict);
    expect(await outcome(owner.send('DELETE', `/account/v1/members/${self}`))).toEqual(conflict);
    expect(await outcome(change(admin, self, 'viewer'))).toEqual(noRole);
    expect(await outcome(admin.send('DELETE', `/account/v1/members/${self}`))).toEqual(noRole);
    expect((await rolesIn(owner))[ownerEmail]).toBe('owner');
  });

  test('is left whatever two owners do to each other at once', async () => {
    const { owner: ada, ownerEmail } = await organization();
    const bobEmail = anybody();
    const bob = await join(turnpike, ada, bobEmail, 'owner');
    const [adaId, bobId] = [await memberId(ada, ownerEmail), await memberId(ada, bobEmail)];
    const outcomes = await Promise.all([outcome(change(ada, bobId, 'viewer')), outcome(change(bob, adaId, 'viewer'))]);
    expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(Object.values(await rolesIn(ada)).filter((role) => role === 'owner')).toHaveLength(1);
  });
});
