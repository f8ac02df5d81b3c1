import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approve, formOf, HandmadeClient, openConsent, redirectUri } from './oauth-client.ts';
import { Browser, password, signUp } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let ada: Browser;
let client: HandmadeClient;

beforeAll(async () => {
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}` };
  turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false } } });
  ada = await signUp(turnpike, 'ada@example.com');
  client = await HandmadeClient.register(turnpike);
});
afterAll(cleanUp);

async function models(token: string, path = '/v1/models'): Promise<number> {
  const response = await fetch(`${turnpike.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

async function mcp(token: string, path: string): Promise<number> {
  const response = await fetch(`${turnpike.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function codeOf(change: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  return (await approve(ada, client.authorizationUrl(change))).searchParams.get('code') ?? '';
}

/** The code of an authenticator app (RFC 6238) for a secret in base 32. */
function totp(secret: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((character) => alphabet.indexOf(character).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', bytes).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Where an authorization request that must not reach a person leads. */
async function turnedAway(url: string): Promise<URL> {
  const response = await ada.send('GET', url);
  return new URL(response.headers.get('location') ?? '', turnpike.url);
}

describe('a code', () => {
  test('used twice brings nothing, and ends what it brought', async () => {
    const code = await codeOf();
    const first = await client.exchange(code);
    expect(await models(first.body.access_token)).toBe(200);
    const second = await client.exchange(code);
    expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
    await expect.poll(() => models(first.body.access_token), { timeout: 3_000 }).toBe(401);
    expect((await client.refresh(first.body.refresh_token)).status).toBe(400);
  });

  test('is of no use without its verifier, to another client or for another address', async () => {
    const other = await HandmadeClient.register(turnpike);
    for (const change of [
      { code_verifier: 'x'.repeat(43) },
      { client_id: other.id },
      { redirect_uri: 'http://127.0.0.1:9/other' },
    ]) {
      const answer = await client.exchange(await codeOf(), change);
      expect(answer.status, JSON.stringify(change)).toBeGreaterThanOrEqual(400);
      expect(answer.body.access_token).toBeUndefined();
    }
  });
});

describe('a request for access', () => {
  test.each([
    [{ code_challenge: undefined, code_challenge_method: undefined }],
    [{ code_challenge_method: 'plain' }],
    [{ code_challenge_method: undefined }],
  ])('without PKCE by S256 is refused: %j', async (change) => {
    const landed = await turnedAway(client.authorizationUrl(change));
    expect(landed.href.startsWith(redirectUri)).toBe(true);
    expect(landed.searchParams.get('error')).toBe('invalid_request');
  });

  test.each([
    'https://evil.example/callback',
    'http://127.0.0.1:9/callback/../other',
    'http://127.0.0.1:9.evil.example/callback',
    'http://user@127.0.0.1:9/callback',
    'javascript:alert(1)',
  ])('never leads to an address that was not registered: %s', async (redirect) => {
    const landed = await turnedAway(client.authorizationUrl({ redirect_uri: redirect }));
    expect(landed.origin).toBe(turnpike.url);
    expect(landed.pathname).toBe('/oauth/error');
    const page = await ada.send('GET', landed.href);
    expect(page.status).toBe(400);
    expect(await page.text()).not.toContain('evil.example');
  });

  test('for a resource or scope that is not ours is refused', async () => {
    const target = await turnedAway(client.authorizationUrl({ resource: 'https://other.example/mcp' }));
    expect(target.searchParams.get('error')).toBe('invalid_target');
    const scope = await turnedAway(client.authorizationUrl({ scope: 'chat admin' }));
    expect(scope.searchParams.get('error')).toBe('invalid_scope');
  });

  test('says who answered (RFC 9207)', async () => {
    const landed = await approve(ada, client.authorizationUrl());
    expect(landed.searchParams.get('iss')).toBe(`${turnpike.url}/auth`);
    expect(landed.searchParams.get('state')).toBe('xyz');
  });

  test('by a client that nobody knows stays here', async () => {
    const landed = await turnedAway(client.authorizationUrl({ client_id: 'client_nobody' }));
    expect([landed.origin, landed.pathname]).toEqual([turnpike.url, '/oauth/error']);
  });

  test('without consent given now is not answered, though it was given before', async () => {
    await codeOf();
    const { at } = await openConsent(ada, client.authorizationUrl());
    expect(at).toContain('/oauth/consent?');
    const silent = await turnedAway(client.authorizationUrl({ prompt: 'none' }));
    expect(silent.searchParams.get('error')).toBe('consent_required');
  });
});

describe('a refresh token', () => {
  test('is good once; its reuse ends the whole family', async () => {
    const first = await client.tokensFor(ada);
    const second = await client.refresh(first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    expect(await models(second.body.access_token)).toBe(200);
    const stolen = await client.refresh(first.refresh_token);
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
    expect((await client.refresh(second.body.refresh_token)).status).toBe(400);
    await expect.poll(() => models(second.body.access_token), { timeout: 3_000 }).toBe(401);
  });

  test('asks for no more than was given', async () => {
    const { refresh_token: token } = await client.tokensFor(ada);
    expect((await client.refresh(token, { scope: 'chat files' })).body.error).toBe('invalid_scope');
    const other = await HandmadeClient.register(turnpike);
    expect((await client.refresh(token, { client_id: other.id })).status).toBe(400);
    expect((await client.refresh(token, { resource: `${turnpike.url}/mcp` })).body.error).toBe('invalid_target');
  });

  test('revoked takes its access tokens with it', async () => {
    const tokens = await client.tokensFor(ada);
    expect((await client.post('/auth/oauth2/revoke', { token: tokens.refresh_token })).status).toBe(200);
    await expect.poll(() => models(tokens.access_token), { timeout: 3_000 }).toBe(401);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(400);
  });
});

describe('an access token', () => {
  test('for one resource is good there only', async () => {
    const { access_token: forMcp } = await client.tokensFor(ada, { resource: `${turnpike.url}/mcp` });
    expect([await mcp(forMcp, '/mcp'), await mcp(forMcp, '/mcp/docs'), await mcp(forMcp, '/api/mcp.php')]).toEqual([
      200, 200, 401,
    ]);
    expect(await models(forMcp)).toBe(401);
    const { access_token: forAll } = await client.tokensFor(ada);
    expect([await mcp(forAll, '/mcp'), await models(forAll)]).toEqual([200, 200]);
    const refused = await fetch(`${turnpike.url}/v1/models`, { headers: { authorization: `Bearer ${forMcp}` } });
    expect(await refused.json()).toMatchObject({ error: { code: 'INVALID_TOKEN' } });
    const challenge = refused.headers.get('www-authenticate') ?? '';
    const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    expect(await (await fetch(metadata)).json()).toMatchObject({
      resource: turnpike.url,
      authorization_servers: [`${turnpike.url}/auth`],
    });
  });

  test('opens neither the account nor the session of its person', async () => {
    const { access_token: token } = await client.tokensFor(ada);
    for (const path of ['/account/v1/me', '/account/v1/keys', '/admin/v1/tenants', '/auth/token'])
      expect(await models(token, path), path).toBe(401);
    const session = await fetch(`${turnpike.url}/auth/get-session`, { headers: { authorization: `Bearer ${token}` } });
    expect(await session.text()).toBe('null');
  });

  test('guessed or mistyped is refused', async () => {
    const { access_token: token } = await client.tokensFor(ada);
    const last = token.at(-1) === 'a' ? 'b' : 'a';
    expect(await models(`${token.slice(0, -1)}${last}`)).toBe(401);
    expect(await models('oat_')).toBe(401);
    expect(await models('eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ.')).toBe(401);
  });
});

describe('the page of consent', () => {
  test('cannot be framed, cached or scripted, and leads on to the application only', async () => {
    const { at } = await openConsent(ada, client.authorizationUrl());
    const { headers } = await ada.send('GET', at);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' http://127.0.0.1:9;");
    expect(policy).toContain("default-src 'none'");
  });

  test('takes no answer from another page, nor one made for another session', async () => {
    const { page } = await openConsent(ada, client.authorizationUrl());
    const form = formOf(page);
    form.set('decision', 'approve');
    for (const origin of ['https://evil.example', 'null']) {
      const answer = await ada.send('POST', '/oauth/consent', form, { origin });
      expect([answer.status, answer.headers.get('location')]).toEqual([403, null]);
    }
    const eve = await signUp(turnpike, 'eve@example.com', 'Eve');
    expect((await eve.send('POST', '/oauth/consent', form)).status).toBe(403);
    form.set('proof', 'x');
    expect((await ada.send('POST', '/oauth/consent', form)).status).toBe(403);
  });

  test('takes no request that was changed, made up or answered too late', async () => {
    const { page, at } = await openConsent(ada, client.authorizationUrl());
    const changed = at.replace('scope=chat+models', 'scope=chat+files');
    expect(changed).not.toBe(at);
    expect((await ada.send('GET', changed)).status).toBe(400);
    expect(
      (await ada.send('GET', `/oauth/consent?client_id=${client.id}&redirect_uri=https://evil.example`)).status,
    ).toBe(400);
    expect((await ada.send('GET', '/oauth/consent')).status).toBe(400);
    const form = formOf(page);
    form.set('decision', 'approve');
    form.set(
      'oauth_query',
      (form.get('oauth_query') ?? '').replace(
        encodeURIComponent(redirectUri),
        encodeURIComponent('https://evil.example'),
      ),
    );
    expect((await ada.send('POST', '/oauth/consent', form)).status).toBe(400);
  });

  test('gives no more than was asked, and nothing for an organisation of others', async () => {
    const eve = await signUp(turnpike, 'eve2@example.com', 'Eve');
    const { organization } = await eve.json<{ organization: string }>('GET', '/account/v1/me');
    const { page } = await openConsent(ada, client.authorizationUrl());
    const attempt = async (change: (form: URLSearchParams) => void) => {
      const form = formOf(page);
      form.set('decision', 'approve');
      change(form);
      return ada.send('POST', '/oauth/consent', form);
    };
    const foreign = await attempt((form) => form.set('organization', organization));
    expect([foreign.status, foreign.headers.get('location')]).toEqual([422, null]);
    const more = await attempt((form) => form.append('scope', 'files'));
    expect([more.status, more.headers.get('location')]).toEqual([422, null]);
    const nothing = await attempt((form) => form.delete('scope'));
    expect(nothing.status).toBe(422);
  });

  test('denied tells the application so', async () => {
    const { page } = await openConsent(ada, client.authorizationUrl());
    const form = formOf(page);
    form.set('decision', 'deny');
    const landed = new URL((await ada.send('POST', '/oauth/consent', form)).headers.get('location') ?? '');
    expect([landed.searchParams.get('error'), landed.searchParams.get('state')]).toEqual(['access_denied', 'xyz']);
  });

  test('is the only way: the library’s own endpoints are closed', async () => {
    const { page } = await openConsent(ada, client.authorizationUrl());
    const query = formOf(page).get('oauth_query') ?? '';
    for (const [path, body] of [
      ['/auth/oauth2/consent', { accept: true, oauth_query: query }],
      ['/auth/oauth2/continue', { postLogin: true, oauth_query: query }],
      ['/auth/oauth2/create-client', { redirect_uris: [redirectUri] }],
      ['/auth/oauth2/delete-client', { client_id: client.id }],
      ['/auth/admin/oauth2/resources', { identifier: 'https://evil.example' }],
      ['/auth/admin/oauth2/create-client', { redirect_uris: [redirectUri], skip_consent: true }],
    ] as const)
      expect((await ada.send('POST', path, body)).status, path).toBe(404);
    expect((await ada.send('GET', '/auth/oauth2/get-clients')).status).toBe(404);
  });
});

describe('the plain sign-in', () => {
  test('comes before consent, leads back to it, and nowhere else', async () => {
    const stranger = new Browser(turnpike);
    const asked = await stranger.send('GET', client.authorizationUrl());
    const bounced = await stranger.send('GET', asked.headers.get('location') ?? '');
    const signIn = bounced.headers.get('location') ?? '';
    expect(signIn).toMatch(/^\/oauth\/sign-in\?/);
    const form = formOf(await (await stranger.send('GET', signIn)).text());
    form.set('email', 'ada@example.com');
    form.set('password', 'wrong wrong wrong');
    expect((await stranger.send('POST', '/oauth/sign-in', form)).status).toBe(422);
    form.set('password', password);
    expect((await stranger.send('POST', '/oauth/sign-in', form, { origin: 'https://evil.example' })).status).toBe(403);
    const done = await stranger.send('POST', '/oauth/sign-in', form);
    expect(done.headers.get('location')).toMatch(/^\/oauth\/consent\?/);
    expect((await stranger.send('GET', done.headers.get('location') ?? '')).status).toBe(200);
    form.set('oauth_query', 'return=https://evil.example');
    expect((await stranger.send('POST', '/oauth/sign-in', form)).headers.get('location')).toBeNull();
  });

  test('asks for the code of who has a second factor', async () => {
    const grace = await signUp(turnpike, 'grace@example.com', 'Grace');
    const { totpURI } = await grace.json<{ totpURI: string }>('POST', '/auth/two-factor/enable', { password });
    const secret = new URL(totpURI).searchParams.get('secret') ?? '';
    expect((await grace.send('POST', '/auth/two-factor/verify-totp', { code: totp(secret) })).status).toBe(200);
    const stranger = new Browser(turnpike);
    const asked = await stranger.send('GET', client.authorizationUrl());
    const bounced = await stranger.send('GET', asked.headers.get('location') ?? '');
    const form = formOf(await (await stranger.send('GET', bounced.headers.get('location') ?? '')).text());
    form.set('email', 'grace@example.com');
    form.set('password', password);
    const half = await stranger.send('POST', '/oauth/sign-in', form);
    expect(half.status).toBe(200);
    const second = formOf(await half.text());
    expect([second.has('code'), second.has('password')]).toEqual([true, false]);
    const early = await stranger.send('GET', asked.headers.get('location') ?? '');
    expect(early.headers.get('location')).toMatch(/^\/oauth\/sign-in\?/);
    second.set('code', '000000');
    expect((await stranger.send('POST', '/oauth/sign-in', second)).status).toBe(422);
    second.set('code', totp(secret));
    const done = await stranger.send('POST', '/oauth/sign-in', second);
    expect(done.headers.get('location')).toMatch(/^\/oauth\/consent\?/);
  });

  test('is asked for again where the application demands it', async () => {
    const asked = await ada.send('GET', client.authorizationUrl({ prompt: 'login' }));
    const bounced = await ada.send('GET', asked.headers.get('location') ?? '');
    expect(bounced.headers.get('location')).toMatch(/^\/oauth\/sign-in\?/);
    const form = formOf(await (await ada.send('GET', bounced.headers.get('location') ?? '')).text());
    form.set('email', 'ada@example.com');
    form.set('password', password);
    const back = await ada.send('POST', '/oauth/sign-in', form);
    const consent = formOf(await (await ada.send('GET', back.headers.get('location') ?? '')).text());
    consent.set('decision', 'approve');
    const landed = new URL((await ada.send('POST', '/oauth/consent', consent)).headers.get('location') ?? '');
    expect(landed.searchParams.get('code')).not.toBeNull();
  });
});

describe('the console', () => {
  test('reads and answers the same request as JSON, from its own pages only', async () => {
    const { at } = await openConsent(ada, client.authorizationUrl({ scope: 'chat files offline_access' }));
    const query = at.slice(at.indexOf('?') + 1);
    const request = await ada.json<{ organizations: { id: string }[] }>(
      'GET',
      `/account/v1/authorization?oauth_query=${encodeURIComponent(query)}`,
    );
    expect(request).toMatchObject({
      client: { name: 'Handmade', verified_host: null },
      redirect_host: '127.0.0.1',
      redirects_to_device: true,
      scopes: [{ name: 'chat' }, { name: 'files' }],
      offline: true,
      organizations: [{ role: 'owner', scopes: ['chat', 'files'] }],
    });
    const decide = (body: object, headers: Record<string, string> = {}) =>
      ada.send('POST', '/account/v1/authorization', { oauth_query: query, decision: 'approve', ...body }, headers);
    const organization = request.organizations[0]?.id ?? '';
    expect((await decide({ organization }, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await decide({ organization: 'ten_other' })).status).toBe(400);
    expect((await decide({ organization, scopes: ['models'] })).status).toBe(400);
    expect((await decide({ organization, scopes: [] })).status).toBe(400);
    expect((await decide({ organization, oauth_query: query.replace('files', 'provider_keys') })).status).toBe(400);
    const denied = (await (await decide({ decision: 'deny' })).json()) as { redirect_to: string };
    expect(denied.redirect_to).toContain('error=access_denied');
    const given = (await (await decide({ organization, scopes: ['chat'] })).json()) as { redirect_to: string };
    const code = new URL(given.redirect_to).searchParams.get('code') ?? '';
    expect((await client.exchange(code)).body.scope).toBe('chat offline_access');
    const stranger = await fetch(`${turnpike.url}/account/v1/authorization?oauth_query=${encodeURIComponent(query)}`);
    expect(stranger.status).toBe(401);
  });
});

describe('registration', () => {
  const register = (metadata: object) =>
    fetch(`${turnpike.url}/auth/oauth2/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token_endpoint_auth_method: 'none', ...metadata }),
    });

  test.each([
    [{ redirect_uris: ['javascript:alert(1)'] }],
    [{ redirect_uris: ['http://evil.example/callback'] }],
    [{ redirect_uris: ['https://app.example/#fragment'] }],
    [{ redirect_uris: Array.from({ length: 11 }, (_, index) => `https://app.example/${index}`) }],
    [{ redirect_uris: ['https://app.example/'], client_name: 'x'.repeat(20_000) }],
    [{ redirect_uris: ['https://app.example/'], scope: 'admin' }],
    [{ redirect_uris: ['https://app.example/'], grant_types: ['client_credentials'] }],
  ])('refuses %j', async (metadata) => {
    const response = await register(metadata);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: expect.any(String) as string });
  });

  test('ignores what is not the application’s to say', async () => {
    const response = await register({ redirect_uris: [redirectUri], require_pkce: false, client_id: 'mine' });
    const { client_id: id } = (await response.json()) as { client_id: string };
    expect(id).toMatch(/^client_/);
    const bare = { client_id: id, code_challenge: undefined, code_challenge_method: undefined };
    const landed = await turnedAway(client.authorizationUrl(bare));
    expect(landed.searchParams.get('error')).toBe('invalid_request');
  });

  test('cannot waive consent', async () => {
    const response = await register({ redirect_uris: [redirectUri], skip_consent: true });
    const { client_id: id = client.id } = (await response.json()) as { client_id?: string };
    const asked = await ada.send('GET', client.authorizationUrl({ client_id: id }));
    expect(asked.headers.get('location')).toMatch(/^\/oauth\/consent\?/);
  });
});

test('registration is bounded by address', async () => {
  const guarded = await startTurnpike();
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 14; attempt += 1) {
    const response = await fetch(`${guarded.url}/auth/oauth2/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-turnpike-address': `10.0.0.${attempt}` },
      body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
    });
    statuses.push(response.status);
  }
  expect([statuses[0], statuses.at(-1)]).toEqual([201, 429]);
});
