import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSetting, type Setting } from './attack-setting.ts';
import type { Browser } from './browser-session.ts';
import { join } from './members.ts';
import { filledPath, readOperations, type Operation } from './openapi-operations.ts';
import { kindOf, make, type Owner } from './owned-things.ts';
import { cleanUp } from './turnpike-process.ts';

const roles = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
type Role = (typeof roles)[number];

/** Who may do what: written down here once more, so that a mistake in the server does not agree with itself. */
const holders = {
  everybody: [...roles],
  'usage:read': [...roles],
  'keys:read': [...roles],
  'keys:write': ['owner', 'admin', 'developer'],
  'provider_keys:read': ['owner', 'admin', 'developer', 'viewer'],
  'provider_keys:write': ['owner', 'admin'],
  'content:read': ['owner', 'admin', 'developer'],
  'content:write': ['owner', 'admin', 'developer'],
  'webhooks:read': ['owner', 'admin', 'developer', 'viewer'],
  'webhooks:write': ['owner', 'admin', 'developer'],
  'members:read': [...roles],
  'members:write': ['owner', 'admin'],
  'billing:read': ['owner', 'admin', 'billing'],
  'billing:write': ['owner', 'admin', 'billing'],
  'audit:read': ['owner', 'admin'],
  'settings:read': [...roles],
  'settings:write': ['owner', 'admin'],
  'organization:delete': ['owner'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

/** What each operation needs. `everybody`: about the person, or open to each member. */
const needs: Readonly<Record<string, keyof typeof holders>> = {
  getAuthorizationRequest: 'everybody',
  decideAuthorizationRequest: 'everybody',
  listApplications: 'everybody',
  revokeApplication: 'everybody',
  getOwnAccount: 'everybody',
  exportPersonalData: 'everybody',
  listOwnKeys: 'keys:read',
  createOwnKey: 'keys:write',
  getOwnKey: 'keys:read',
  updateOwnKey: 'keys:write',
  revokeOwnKey: 'keys:write',
  rotateOwnKey: 'keys:write',
  listKeyVersions: 'keys:read',
  getOwnUsage: 'usage:read',
  exportOwnUsage: 'usage:read',
  listOwnUsageEvents: 'usage:read',
  getOwnUsageEvent: 'usage:read',
  getOwnRequestBodies: 'content:read',
  listOwnJobs: 'content:read',
  getOwnJob: 'content:read',
  cancelOwnJob: 'content:write',
  listOwnFiles: 'content:read',
  uploadOwnFile: 'content:write',
  downloadOwnFile: 'content:read',
  deleteOwnFile: 'content:write',
  listOwnBatches: 'content:read',
  getOwnBatch: 'content:read',
  orderOwnBatch: 'content:write',
  cancelOwnBatch: 'content:write',
  listOwnLimits: 'usage:read',
  listOwnModels: 'everybody',
  listApiVersions: 'everybody',
  getOwnBilling: 'billing:read',
  listOwnInvoices: 'billing:read',
  openOwnCheckout: 'billing:write',
  changeOwnPlan: 'billing:write',
  openOwnBillingPortal: 'billing:write',
  listOwnProviderKeys: 'provider_keys:read',
  storeOwnProviderKey: 'provider_keys:write',
  deleteOwnProviderKey: 'provider_keys:write',
  testOwnProviderKey: 'provider_keys:write',
  listWebhookEventTypes: 'webhooks:read',
  listWebhooks: 'webhooks:read',
  createWebhook: 'webhooks:write',
  getWebhook: 'webhooks:read',
  updateWebhook: 'webhooks:write',
  deleteWebhook: 'webhooks:write',
  rotateWebhookSecret: 'webhooks:write',
  listWebhookDeliveries: 'webhooks:read',
  getWebhookDelivery: 'webhooks:read',
  testWebhook: 'webhooks:write',
  redeliverWebhook: 'webhooks:write',
  getAlertSettings: 'settings:read',
  updateAlertSettings: 'settings:write',
  listMembers: 'members:read',
  changeMember: 'members:write',
  // No action is named, for everybody may leave; another than oneself is removed with this one only.
  removeMember: 'members:write',
  listInvitations: 'members:read',
  invite: 'members:write',
  withdrawInvitation: 'members:write',
  getInvitation: 'everybody',
  acceptInvitation: 'everybody',
  listAuditEvents: 'audit:read',
  getOrganization: 'settings:read',
  updateOrganization: 'settings:write',
  closeOrganization: 'organization:delete',
};

/** Bodies beyond what a schema can say. */
const bodies: Readonly<Record<string, unknown>> = {
  changeMember: { role: 'billing' },
  updateWebhook: { description: 'changed' },
  updateOwnKey: { name: 'renamed' },
  invite: { email: 'invited@example.com', role: 'viewer' },
  storeOwnProviderKey: { api_key: 'sk-another-key-1234' },
  openOwnCheckout: { plan: 'personal' },
  changeOwnPlan: { plan: 'personal' },
};
/**
 * Allowed, and still refused here for what it is about: no payment provider, no page of consent, not an application or
 * invitation of theirs, a job or batch that is over, another organisation's name.
 */
const refusedOtherwise: Readonly<Record<string, readonly number[]>> = {
  ...{ openOwnCheckout: [409], changeOwnPlan: [409], openOwnBillingPortal: [409], listOwnInvoices: [409] },
  ...{ getAuthorizationRequest: [400], decideAuthorizationRequest: [400] },
  ...{ revokeApplication: [404], getInvitation: [404], acceptInvitation: [404] },
  ...{ cancelOwnJob: [409], cancelOwnBatch: [409], closeOrganization: [400, 409] },
};

let setting: Setting;
let owner: Owner;
let people: Readonly<Record<Role, Browser>>;
let operations: readonly Operation[];

beforeAll(async () => {
  setting = await openSetting();
  owner = await setting.owner('owner@example.com');
  const joined = (role: Role) => join(setting.turnpike, owner.browser, `${role}@members.example`, role);
  people = {
    owner: owner.browser,
    admin: await joined('admin'),
    developer: await joined('developer'),
    billing: await joined('billing'),
    viewer: await joined('viewer'),
  };
  operations = (await readOperations(setting.turnpike)).filter(({ security }) => security === 'session');
}, 180_000);
afterAll(async () => {
  await cleanUp();
  await setting.close();
});

async function bodyOf({ id, sampleBody }: Operation): Promise<unknown> {
  if (id === 'createWebhook') return { url: owner.hookUrl };
  if (id !== 'orderOwnBatch') return bodies[id] ?? sampleBody();
  const { file_id: file } = await make(owner, '/v1/files/{file_id}');
  return { input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' };
}

/** Asks for an operation as somebody, about a new thing where it is about one. */
async function ask(operation: Operation, who: Browser, ids: Readonly<Record<string, string>>): Promise<Response> {
  const query = operation.queryParameters.includes('oauth_query') ? '?oauth_query=sample' : '';
  const at = `${filledPath(operation.path, ids)}${query}`;
  return who.send(operation.method, at, await bodyOf(operation));
}
const thingOf = ({ path }: Operation) => (path.includes('{') ? make(owner, kindOf(path)) : Promise.resolve({}));

async function codeOf(answer: Response): Promise<string | undefined> {
  const { error } = (await answer.json()) as { error?: { code: string } };
  return error?.code;
}

/** All that the owner sees of the organisation. */
async function stateOf(): Promise<unknown> {
  const paths = ['keys', 'provider-keys', 'webhooks', 'alerts', 'members', 'invitations', 'organization', 'billing'];
  const volatile = new Set(['last_used_at', 'last_used_address']);
  const read = async (path: string) =>
    JSON.parse(await (await owner.browser.send('GET', `/account/v1/${path}?`)).text(), (name, value: unknown) =>
      volatile.has(name) ? undefined : value,
    ) as unknown;
  return Promise.all([...paths, 'audit', 'applications'].map(read));
}

describe('the matrix of roles and operations', () => {
  test('names every operation of the account API, and the server publishes the same actions', () => {
    expect(operations.map(({ id }) => id).toSorted()).toEqual(Object.keys(needs).toSorted());
    const expected = ({ id }: Operation) =>
      needs[id] === 'everybody' || id === 'removeMember' ? undefined : needs[id];
    for (const operation of operations)
      expect([operation.id, operation.requiredAction]).toEqual([operation.id, expected(operation)]);
  });

  test('refuses what a role must not do, with INSUFFICIENT_ROLE and without any effect', async () => {
    const things = new Map<string, Readonly<Record<string, string>>>();
    for (const operation of operations) things.set(operation.id, await thingOf(operation));
    const before = await stateOf();
    let refusals = 0;
    for (const operation of operations)
      for (const role of roles) {
        const allowed: readonly Role[] = holders[needs[operation.id] ?? 'everybody'];
        if (allowed.includes(role)) continue;
        const answer = await ask(operation, people[role], things.get(operation.id) ?? {});
        const outcome = [operation.id, role, answer.status, await codeOf(answer)];
        expect(outcome).toEqual([operation.id, role, 403, 'INSUFFICIENT_ROLE']);
        refusals += 1;
      }
    expect(refusals).toBeGreaterThan(60);
    expect(await stateOf()).toEqual(before);
  }, 120_000);

  test('lets a role do what it may, every time', async () => {
    for (const operation of operations)
      for (const role of holders[needs[operation.id] ?? 'everybody']) {
        const thing: Readonly<Record<string, string>> = await thingOf(operation);
        const answer = await ask(operation, people[role], thing);
        // An organisation has only so many of them.
        if (operation.path.startsWith('/account/v1/webhooks/'))
          await owner.browser.send('DELETE', `/account/v1/webhooks/${thing['id'] ?? ''}`);
        const text = await answer.text();
        const outcome = [operation.id, role, answer.status, text];
        if (refusedOtherwise[operation.id]?.includes(answer.status) === true)
          expect(text).not.toContain('INSUFFICIENT_ROLE');
        else expect(outcome).toEqual([operation.id, role, expect.toBeOneOf([200, 201, 202, 204]), text]);
      }
  }, 300_000);

  test('is the same for the short token of a session', async () => {
    const { token } = await people.viewer.json<{ token: string }>('GET', '/auth/token');
    const answer = await fetch(`${setting.turnpike.url}/account/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x' }),
    });
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'INSUFFICIENT_ROLE']);
  });
});

describe('a developer, who may make keys but change no provider key', () => {
  const create = (scopes: readonly string[]) =>
    people.developer.send('POST', '/account/v1/keys', { name: 'mine', scopes });

  test('makes no key that could, and takes over none', async () => {
    expect((await create(['chat', 'files'])).status).toBe(201);
    const made = await create(['chat', 'provider_keys']);
    expect([made.status, await codeOf(made)]).toEqual([403, 'INSUFFICIENT_ROLE']);
    const { data } = await owner.browser.json<{ data: { id: string; scopes: string[] }[] }>('GET', '/account/v1/keys');
    const strong = data.find(({ scopes }) => scopes.includes('provider_keys'));
    const rotated = await people.developer.send('POST', `/account/v1/keys/${strong?.id ?? ''}/rotate`, {});
    expect([rotated.status, await codeOf(rotated)]).toEqual([403, 'INSUFFICIENT_ROLE']);
  });
});
