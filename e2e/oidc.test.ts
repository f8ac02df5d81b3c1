import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oidcClient, startOidcServer, type OidcServer } from './oidc-server.ts';
import { Browser, signUp } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let provider: OidcServer;
let impostor: OidcServer;
let turnpike: Turnpike;

beforeAll(async () => {
  provider = await startOidcServer();
  impostor = await startOidcServer();
  impostor.claimedIssuer = provider.issuer;
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}` };
  const oidc = [
    { id: 'corp', name: 'Corp', issuer: provider.issuer, ...oidcClient },
    { id: 'impostor', name: 'Impostor', issuer: impostor.issuer, ...oidcClient },
  ];
  turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false, oidc } } });
});
afterAll(async () => {
  provider.close();
  impostor.close();
  await cleanUp();
});

interface Me {
  readonly user: { readonly id: string; readonly email: string; readonly email_verified: boolean };
}

/** The whole way in a browser. @returns where it ends */
async function signInBy(browser: Browser, id = 'corp'): Promise<string> {
  const { url } = await browser.json<{ url: string }>('POST', '/auth/sign-in/social', {
    provider: id,
    callbackURL: `${turnpike.url}/console`,
    errorCallbackURL: `${turnpike.url}/console/sign-in`,
  });
  const atProvider = await browser.send('GET', url);
  const back = await browser.send('GET', atProvider.headers.get('location') ?? '');
  return back.headers.get('location') ?? '';
}

describe('sign-in by an OpenID provider', () => {
  test('is offered where the provider is what it says', async () => {
    const offered = () =>
      fetch(`${turnpike.url}/account/v1/sign-in-options`).then((response) => response.json() as Promise<object>);
    await expect.poll(offered).toMatchObject({ password: true, providers: [{ id: 'corp', name: 'Corp' }] });
    const impostors = await new Browser(turnpike).send('POST', '/auth/sign-in/social', { provider: 'impostor' });
    expect(impostors.status).toBe(404);
  });

  test('makes an account with an organisation, and finds it again', async () => {
    provider.user = { sub: '1', email: 'ida@example.com', email_verified: true, name: 'Ida' };
    const browser = new Browser(turnpike);
    expect(await signInBy(browser)).toBe(`${turnpike.url}/console`);
    const me = await browser.json<Me>('GET', '/account/v1/me');
    expect(me.user).toMatchObject({ email: 'ida@example.com', email_verified: true });
    const again = new Browser(turnpike);
    await signInBy(again);
    expect((await again.json<Me>('GET', '/account/v1/me')).user.id).toBe(me.user.id);
  });

  test('leads into the account with the same confirmed address', async () => {
    const own = await signUp(turnpike, 'jo@example.com');
    const { user } = await own.json<Me>('GET', '/account/v1/me');
    provider.user = { sub: '2', email: 'jo@example.com', email_verified: true, name: 'Jo' };
    const browser = new Browser(turnpike);
    await signInBy(browser);
    expect((await browser.json<Me>('GET', '/account/v1/me')).user.id).toBe(user.id);
  });

  test.each([false, 'true'])(
    'with an address that is not confirmed (%j) opens no account, old or new',
    async (claim) => {
      await signUp(turnpike, `victim-${String(claim)}@example.com`);
      for (const email of [`victim-${String(claim)}@example.com`, `nobody-${String(claim)}@example.com`]) {
        provider.user = { sub: `evil ${email}`, email, email_verified: claim, name: 'Eve' };
        const browser = new Browser(turnpike);
        expect(await signInBy(browser)).toMatch(/error=(account_not_linked|email_not_verified)/);
        expect((await browser.send('GET', '/account/v1/me')).status).toBe(401);
      }
    },
  );

  test('leads nowhere but to this server', async () => {
    const answer = await new Browser(turnpike).send('POST', '/auth/sign-in/social', {
      provider: 'corp',
      callbackURL: 'https://evil.example/',
    });
    expect(answer.status).toBe(403);
  });
});
