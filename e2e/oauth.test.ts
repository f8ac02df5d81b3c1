import { UnauthorizedError } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approve, HandmadeClient, mcpConnection, MemoryProvider, openConsent, redirectUri } from './oauth-client.ts';
import { signUp, type Browser } from './person.ts';
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

    const { data } = await ada.json<{ data: { id: string; client: { name: string; verified_host: null } }[] }>(
      'GET',
      '/account/v1/applications',
    );
    const own = data.find(({ client }) => client.name === 'Atlas Notes');
    expect(own).toMatchObject({ client: { verified_host: null } });
    expect((await ada.send('DELETE', `/account/v1/applications/${own?.id ?? ''}`)).status).toBe(204);
    const after = mcpConnection(turnpike, new MemoryProvider());
    after.client.onerror = () => undefined;
    const refused = await fetch(`${turnpike.url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
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

test('the page of consent names who asks', async () => {
  const client = await HandmadeClient.register(turnpike, { client_name: '<script>alert(1)</script> & Söhne' });
  const { page } = await openConsent(ada, client.authorizationUrl());
  expect(page).not.toContain('<script>');
  expect(page).toContain('&lt;script&gt;');
});
