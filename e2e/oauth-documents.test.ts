import { UnauthorizedError } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHttpsDocuments, type HttpsDocuments } from './https-documents.ts';
import { approve, HandmadeClient, mcpConnection, MemoryProvider, openConsent, redirectUri } from './oauth-client.ts';
import { signUp, type Browser } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let site: HttpsDocuments;
let turnpike: Turnpike;
let guarded: Turnpike;
let ada: Browser;

beforeAll(async () => {
  site = await startHttpsDocuments();
  const env = async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    return { port, env: { TURNPIKE_PUBLIC_URL: url, NODE_EXTRA_CA_CERTS: site.certificateFile } };
  };
  const open = { throttle: false, oauth: { allowed_networks: ['127.0.0.1', '::1'], registration: false } };
  [turnpike, guarded] = await Promise.all([
    startTurnpike({ ...(await env()), config: { accounts: open } }),
    startTurnpike({ ...(await env()), config: { accounts: { throttle: false } } }),
  ]);
  ada = await signUp(turnpike, 'ada@example.com');
});
afterAll(async () => {
  site.close();
  await cleanUp();
});

function documentAt(path: string, change: object = {}): string {
  const id = `${site.url}${path}`;
  site.documents.set(path, {
    client_id: id,
    client_name: 'Atlas Notes',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...change,
  });
  return id;
}

async function isTaken(server: Turnpike, id: string): Promise<boolean> {
  const url = new URL(`${server.url}/auth/oauth2/authorize`);
  const parameters = { response_type: 'code', client_id: id, redirect_uri: redirectUri, scope: 'chat' };
  const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  for (const [name, value] of Object.entries({ ...parameters, ...challenge })) url.searchParams.set(name, value);
  const answer = await ada.send('GET', url.href);
  return (answer.headers.get('location') ?? '').startsWith('/oauth/consent?');
}

describe('a client id metadata document', () => {
  test('lets the official MCP client in without registration, under the name of its host', async () => {
    const provider = new MemoryProvider(documentAt('/client.json'));
    const first = mcpConnection(turnpike, provider);
    await expect(first.client.connect(first.transport)).rejects.toThrow(UnauthorizedError);
    expect(provider.information?.client_id).toBe(`${site.url}/client.json`);
    const { page } = await openConsent(ada, provider.opened ?? '');
    expect(page).toContain(`Published by ${new URL(site.url).host}`);
    await first.transport.finishAuth((await approve(ada, provider.opened ?? '')).searchParams);
    const second = mcpConnection(turnpike, provider);
    await second.client.connect(second.transport);
    expect((await second.client.listTools()).tools.length).toBeGreaterThan(3);
    await second.client.close();
    // Read once, and kept.
    expect(site.asked.filter((path) => path === '/client.json')).toHaveLength(1);
    const { data } = await ada.json<{ data: object[] }>('GET', '/account/v1/applications');
    expect(data).toMatchObject([{ client: { name: 'Atlas Notes', verified_host: new URL(site.url).host } }]);
  });

  test.each<readonly [string, object]>([
    ['names another id', { client_id: 'https://other.example/client.json' }],
    ['has a secret', { client_secret: 'x' }],
    ['authenticates by a shared secret', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['waives consent', { skip_consent: true }],
    ['has no address to answer to', { redirect_uris: [] }],
    ['answers to a script', { redirect_uris: ['javascript:alert(1)'] }],
    ['is too large', { client_name: 'x'.repeat(20_000) }],
  ])('that %s is not taken', async (title, change) => {
    expect(await isTaken(turnpike, documentAt(`/${title.replaceAll(' ', '-')}.json`, change))).toBe(false);
  });

  test('that is no document is not taken, nor followed elsewhere', async () => {
    site.documents.set('/moved.json', 302);
    site.documents.set('/text.json', 'not JSON');
    documentAt('/elsewhere');
    for (const path of ['/moved.json', '/text.json', '/missing.json'])
      expect(await isTaken(turnpike, `${site.url}${path}`), path).toBe(false);
    expect(site.asked).not.toContain('/elsewhere');
  });

  test.each([
    'http://localhost/client.json',
    'https://localhost/',
    'https://u@localhost/c.json',
    'https://localhost/a/../c.json',
  ])('is not looked for at %s', async (id) => {
    expect(await isTaken(turnpike, id)).toBe(false);
  });

  test('is not fetched from a private address, by name or by number', async () => {
    const before = site.asked.length;
    const id = documentAt('/inside.json');
    expect(await isTaken(turnpike, id)).toBe(true);
    const { port } = new URL(site.url);
    for (const host of ['localhost', '127.0.0.1', '[::1]', '169.254.169.254', '2130706433'])
      expect(await isTaken(guarded, `https://${host}:${port}/inside.json`), host).toBe(false);
    expect(site.asked).toHaveLength(before + 1);
  });
});

test('where registration is turned off, it is neither offered nor taken', async () => {
  const metadata = await fetch(`${turnpike.url}/.well-known/oauth-authorization-server/auth`);
  expect(await metadata.json()).toMatchObject({ client_id_metadata_document_supported: true });
  expect(await (await fetch(metadata.url)).json()).not.toHaveProperty('registration_endpoint');
  await expect(HandmadeClient.register(turnpike)).rejects.toThrow('registration: 403');
});
