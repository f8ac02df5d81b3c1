import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import { formOf, HandmadeClient, openConsent } from './oauth-client.ts';
import { Browser, password, signUp } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, temporaryFolder, type Turnpike } from './turnpike-process.ts';

const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');
/** Twice a second changes are read; the rest is for a busy machine. */
const withinMs = 5_000;

const isMissing = databaseUrl === undefined || redisUrl === undefined;

describe.skipIf(isMissing)('tokens on two processes (set TEST_DATABASE_URL and TEST_REDIS_URL to run)', () => {
  let database: Awaited<ReturnType<typeof createServerDatabase>>;
  let sql: Client;
  let one: Turnpike;
  let two: Turnpike;
  let ada: Browser;
  let client: HandmadeClient;
  let person: { readonly id: string };

  beforeAll(async () => {
    database = await createServerDatabase(databaseUrl ?? '');
    const secrets = { TURNPIKE_MASTER_KEY: 'ab'.repeat(32), DATABASE_URL: database.url, REDIS_URL: redisUrl ?? '' };
    const start = async (publicPort: number, port: number) =>
      startTurnpike({
        ...{ port, dataDir: await temporaryFolder(), config: { accounts: { throttle: false } } },
        env: { ...secrets, TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${publicPort}` },
      });
    const port = await freePort();
    one = await start(port, port);
    two = await start(port, await freePort());
    sql = new Client({ connectionString: database.url });
    await sql.connect();
    ada = await signUp(one, 'ada@example.com');
    client = await HandmadeClient.register(one);
    person = (await ada.json<{ user: { id: string } }>('GET', '/account/v1/me')).user;
  });
  afterAll(async () => {
    await sql.end();
    await cleanUp();
    await database.drop();
  });

  async function status(server: Turnpike, token: string, path = '/v1/models'): Promise<readonly [number, string]> {
    const response = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const body = (await response.json()) as { error?: { code: string } };
    return [response.status, body.error?.code ?? ''];
  }

  async function chat(server: Turnpike, token: string): Promise<number> {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'Which plans are there?' }] }),
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** Another organisation, of which Ada is what `role` says. */
  async function organization(name: string, role: string): Promise<string> {
    const { id } = await one.admin<{ id: string }>('POST', '/admin/v1/tenants', { name, plan: 'personal' });
    await sql.query(
      `INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt") VALUES ($1, $2, $3, now())`,
      [id, name, id.toLowerCase()],
    );
    await sql.query(
      `INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt") VALUES ($1, $2, $3, $4, now())`,
      [`mem_${id}`, id, person.id, role],
    );
    return id;
  }

  async function tokensIn(tenantId: string, scope = 'chat models offline_access') {
    const { page } = await openConsent(ada, client.authorizationUrl({ scope }));
    const form = formOf(page);
    form.set('decision', 'approve');
    form.set('organization', tenantId);
    const landed = new URL((await ada.send('POST', '/oauth/consent', form)).headers.get('location') ?? '');
    return (await client.exchange(landed.searchParams.get('code') ?? '')).body;
  }

  test('work on both, count for the organisation that was chosen, and end everywhere when access is withdrawn', async () => {
    const second = await organization('Second', 'developer');
    const tokens = await tokensIn(second);
    expect(await chat(one, tokens.access_token)).toBe(200);
    expect(await chat(two, tokens.access_token)).toBe(200);
    // Each process moves what it has metered when it is asked.
    await two.usage(`tenant=${second}`);
    expect(await one.usage(`tenant=${second}`)).toMatchObject([{ requests: 2 }]);
    const { data } = await ada.json<{ data: { id: string; organization: { id: string } }[] }>(
      'GET',
      '/account/v1/applications',
    );
    const own = data.find(({ organization: { id } }) => id === second);
    await ada.send('DELETE', `/account/v1/applications/${own?.id ?? ''}`);
    for (const server of [one, two])
      await expect
        .poll(() => status(server, tokens.access_token), { timeout: withinMs })
        .toEqual([401, 'INVALID_TOKEN']);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(400);
    const stranger = await signUp(one, 'stranger@example.com');
    expect((await stranger.send('DELETE', `/account/v1/applications/${own?.id ?? ''}`)).status).toBe(404);
  });

  test('lose what a role loses, and end with the membership', async () => {
    const third = await organization('Third', 'owner');
    const { access_token: token } = await tokensIn(third);
    expect(await chat(two, token)).toBe(200);
    await sql.query(`UPDATE accounts."member" SET "role" = 'viewer' WHERE "organizationId" = $1`, [third]);
    await expect.poll(() => chat(two, token), { timeout: withinMs }).toBe(403);
    expect((await status(two, token))[0]).toBe(200);
    await sql.query(`DELETE FROM accounts."member" WHERE "organizationId" = $1`, [third]);
    await expect.poll(() => status(two, token), { timeout: withinMs }).toEqual([401, 'INVALID_TOKEN']);
  });

  test('follow plan and suspension of the organisation', async () => {
    const fourth = await organization('Fourth', 'owner');
    const { access_token: token } = await tokensIn(fourth);
    expect(await chat(two, token)).toBe(200);
    await one.admin('PATCH', `/admin/v1/tenants/${fourth}`, { suspended: true });
    await expect.poll(async () => (await status(two, token))[1], { timeout: withinMs }).toBe('TENANT_SUSPENDED');
  });

  test('expired are told so', async () => {
    const fifth = await organization('Fifth', 'owner');
    const { access_token: token, refresh_token: refresh } = await tokensIn(fifth);
    await sql.query(`UPDATE accounts."oauthAccessToken" SET "expiresAt" = now() - interval '1 second'`);
    expect(await status(two, token)).toEqual([401, 'EXPIRED_TOKEN']);
    const renewed = await client.refresh(refresh);
    expect(await status(two, renewed.body.access_token)).toEqual([200, '']);
  });

  test('may be given for work that is done later', async () => {
    const sixth = await organization('Sixth', 'owner');
    const { access_token: token } = await tokensIn(sixth, 'chat files models');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = { model: 'turnpike-demo', messages: [{ role: 'user', content: 'Which plans are there?' }] };
    const line = JSON.stringify({ custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body });
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([line]), 'lines.jsonl');
    const file = await fetch(`${one.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: form,
    });
    const { id: fileId } = (await file.json()) as { id: string };
    const made = await fetch(`${one.url}/v1/batches`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' }),
    });
    const { id } = (await made.json()) as { id: string };
    const batch = async () => {
      const response = await fetch(`${one.url}/v1/batches/${id}`, { headers });
      return (await response.json()) as { status: string; request_counts: object };
    };
    await expect.poll(async () => (await batch()).status, { timeout: 20_000 }).toBe('completed');
    expect((await batch()).request_counts).toMatchObject({ completed: 1, failed: 0 });
  });

  describe('of a session', () => {
    test('are given at sign-in, renewed by the session, good on the road, and end with it', async () => {
      const program = new Browser(one);
      const signedIn = await program.json<{ token: string; access_token: string; expires_in: number }>(
        'POST',
        '/auth/sign-in/email',
        { email: 'ada@example.com', password },
      );
      expect(signedIn.expires_in).toBe(900);
      expect(await chat(two, signedIn.access_token)).toBe(200);
      const renewal = await fetch(`${one.url}/auth/token`, {
        headers: { authorization: `Bearer ${signedIn.token}` },
      });
      const { token } = (await renewal.json()) as { token: string };
      expect(await chat(two, token)).toBe(200);
      await program.send('POST', '/auth/sign-out', {});
      for (const each of [token, signedIn.access_token])
        await expect.poll(() => status(two, each), { timeout: withinMs }).toEqual([401, 'INVALID_TOKEN']);
    });

    test('stand for the organisation chosen in it, and are refused when changed or expired', async () => {
      const seventh = await organization('Seventh', 'developer');
      await ada.send('POST', '/auth/organization/set-active', { organizationId: seventh });
      const { token } = await ada.json<{ token: string }>('GET', '/auth/token');
      expect(await chat(one, token)).toBe(200);
      expect(await one.usage(`tenant=${seventh}`)).toMatchObject([{ requests: 1 }]);
      const [head = '', claims = '', signature = ''] = token.split('.');
      const change = (part: object) =>
        [
          head,
          Buffer.from(
            JSON.stringify({ ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), ...part }),
          ).toString('base64url'),
          signature,
        ].join('.');
      expect(await status(one, change({ org: 'ten_other' }))).toEqual([401, 'INVALID_TOKEN']);
      expect(await status(one, change({ exp: 1 }))).toEqual([401, 'EXPIRED_TOKEN']);
    });
  });
});
