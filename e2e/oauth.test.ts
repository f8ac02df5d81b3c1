import { UnauthorizedError } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approve, HandmadeClient, mcpConnection, MemoryProvider, openConsent, redirectUri } from './oauth-client.ts';
import { signUp, type Browser } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let ada: Browser;

beforeAll(async () => {
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}` };
  turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false } } });
  ada = await signUp(turnpike, 'ada@example.com');
});
afterAll(cleanUp);

interface Failure {
  readonly error: { readonly code: string };
}

function chat(token: string): Promise<Response> {
  return fetch(`${turnpike.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'Which plans are there?' }] }),
  });
}

async function refusal(response: Response): Promise<readonly [number, string]> {
  return [response.status, ((await response.json()) as Failure).error.code];
}

describe('the official MCP client', () => {
  test('discovers, registers, is let in, works under the limits of the organisation, refreshes, and is put out', async () => {
    const provider = new MemoryProvider();
    const first = mcpConnection(turnpike, provider);
    await expect(first.client.connect(first.transport)).rejects.toThrow(UnauthorizedError);
    expect(provider.information?.client_id).toMatch(/^client_/);
    const asked = provider.opened?.searchParams;
    expect([asked?.get('code_challenge_method'), asked?.get('resource')]).toEqual(['S256', `${turnpike.url}/mcp`]);
    expect(asked?.get('scope')).toContain('offline_access');

    const landed = await approve(ada, provider.opened ?? '');
    expect(landed.href.startsWith(`${redirectUri}?`)).toBe(true);
    expect(landed.searchParams.get('state')).toBe('a state of the client');
    await first.transport.finishAuth(landed.searchParams);
    const token = provider.stored?.access_token ?? '';
    expect(token).toMatch(/^oat_/);

    const second = mcpConnection(turnpike, provider);
    await second.client.connect(second.transport);
    expect((await second.client.listTools()).tools.length).toBeGreaterThan(3);
    const answer = await second.client.callTool({ name: 'ask', arguments: { query: 'Which plans are there?' } });
    expect(answer.structuredContent).toMatchObject({ source: 'faq:plans' });
    await second.client.close();
    const counted = await fetch(`${turnpike.url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    expect([counted.status, counted.headers.get('x-ratelimit-limit')]).toEqual([200, '60']);

    // A token that is refused is replaced by the client itself, with the refresh token.
    const refreshed = provider.stored?.refresh_token;
    provider.stored = { ...provider.stored, access_token: 'oat_gone', token_type: 'Bearer' };
    const third = mcpConnection(turnpike, provider);
    await third.client.connect(third.transport);
    await third.client.close();
    expect(provider.stored.access_token).not.toBe('oat_gone');
    expect(provider.stored.refresh_token).not.toBe(refreshed);

    const { data } = await ada.json<{ data: { id: string; client: { name: string; verified_host: null } }[] }>(
      'GET',
      '/account/v1/applications',
    );
    const { access_token: last } = provider.stored;
    const own = data.find(({ client }) => client.name === 'Atlas Notes');
    expect(own).toMatchObject({ client: { verified_host: null } });
    expect((await ada.send('DELETE', `/account/v1/applications/${own?.id ?? ''}`)).status).toBe(204);
    const after = mcpConnection(turnpike, provider);
    await expect(after.client.connect(after.transport)).rejects.toThrow();
    const refused = await fetch(`${turnpike.url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${last}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
});

describe('an access token', () => {
  test('is a key on the road: it calls models, is metered, and ends when it is revoked', async () => {
    const client = await HandmadeClient.register(turnpike);
    const tokens = await client.tokensFor(ada);
    expect(tokens.scope.split(' ').toSorted()).toEqual(['chat', 'models', 'offline_access']);
    expect((await chat(tokens.access_token)).status).toBe(200);
    const missing = await fetch(`${turnpike.url}/v1/files`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const challenge = missing.headers.get('www-authenticate') ?? '';
    expect(await refusal(missing)).toEqual([403, 'INSUFFICIENT_SCOPE']);
    expect(challenge).toContain('error="insufficient_scope", scope="files"');
    expect(challenge).toContain(`resource_metadata="${turnpike.url}/.well-known/oauth-protected-resource"`);
    const usage = await ada.json<{ data: { key_id: string }[] }>('GET', '/account/v1/usage?group_by=key');
    expect(JSON.stringify(usage.data)).toContain('app_');
    await client.post('/auth/oauth2/revoke', { token: tokens.access_token });
    await expect.poll(async () => (await chat(tokens.access_token)).status, { timeout: 3_000 }).toBe(401);
  });
});

test('an application with a secret must show it, and can ask what its tokens are worth', async () => {
  const metadata = {
    token_endpoint_auth_method: 'client_secret_post',
    redirect_uris: ['https://app.example/callback'],
  };
  const response = await fetch(`${turnpike.url}/auth/oauth2/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'With a secret', ...metadata }),
  });
  const { client_id: id, client_secret: secret } = (await response.json()) as Record<string, string>;
  expect(secret).toMatch(/^ocs_/);
  const client = (await HandmadeClient.register(turnpike)).as(id ?? '');
  const redirect_uri = 'https://app.example/callback';
  const authorize = async () =>
    (await approve(ada, client.authorizationUrl({ redirect_uri, scope: 'chat' }))).searchParams.get('code') ?? '';
  const without = await client.exchange(await authorize(), { redirect_uri });
  expect([without.status >= 400, without.body.access_token]).toEqual([true, undefined]);
  const own = { client_secret: secret ?? '' };
  const { body } = await client.exchange(await authorize(), { redirect_uri, ...own });
  const ask = async (token: string) =>
    (await (await client.post('/auth/oauth2/introspect', { token, ...own })).json()) as { active: boolean };
  expect(await ask(body.access_token)).toMatchObject({ active: true, scope: 'chat' });
  await client.post('/auth/oauth2/revoke', { token: body.access_token, ...own });
  expect(await ask(body.access_token)).toEqual({ active: false });
});

test('an application in a browser page of its own may exchange, and is told where to begin', async () => {
  const headers = { origin: 'https://inspector.example', 'content-type': 'application/x-www-form-urlencoded' };
  const token = await fetch(`${turnpike.url}/auth/oauth2/token`, {
    method: 'POST',
    headers,
    body: 'grant_type=authorization_code&client_id=x&code=y&code_verifier=z',
  });
  expect([token.status, token.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
  const bare = await fetch(`${turnpike.url}/v1/models`);
  expect(bare.headers.get('www-authenticate')).toBe(
    `Bearer resource_metadata="${turnpike.url}/.well-known/oauth-protected-resource"`,
  );
  for (const path of ['', '/auth']) {
    const metadata = await fetch(`${turnpike.url}/.well-known/oauth-authorization-server${path}`);
    expect(metadata.headers.get('access-control-allow-origin')).toBe('*');
    expect(await metadata.json()).toMatchObject({
      issuer: `${turnpike.url}/auth`,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      registration_endpoint: `${turnpike.url}/auth/oauth2/register`,
    });
  }
});

test('the page of consent names who asks', async () => {
  const client = await HandmadeClient.register(turnpike, { client_name: '<script>alert(1)</script> & Söhne' });
  const { page } = await openConsent(ada, client.authorizationUrl());
  expect(page).not.toContain('<script>');
  expect(page).toContain('&lt;script&gt;');
});
