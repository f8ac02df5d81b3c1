import { randomUUID } from 'node:crypto';
import { chromium, type Browser as Chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, linksTo, password, signUp } from './browser-session.ts';
import { oidcClient, startOidcServer, type OidcServer } from './oidc-server.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

let provider: OidcServer;
let turnpike: Turnpike;
let chrome: Chromium;

beforeAll(async () => {
  const [oidc, port] = await Promise.all([startOidcServer(), freePort()]);
  provider = oidc;
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: {
      accounts: { throttle: false, oidc: [{ id: 'corp', name: 'Corp', issuer: provider.issuer, ...oidcClient }] },
    },
  });
  chrome = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});
afterAll(async () => {
  await chrome.close();
  await cleanUp();
  provider.close();
});

const elsewhere = [
  ...['https://evil.example', 'https://evil.example/', '//evil.example', '///evil.example', '////evil.example/%2f..'],
  ...[
    '/\\evil.example',
    '\\\\evil.example',
    '/\\/evil.example',
    '\\/evil.example',
    'https:evil.example',
    'https:/evil.example',
  ],
  ...[
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/\r\n/evil.example',
    '\u0000//evil.example',
  ],
  ...['%2f%2fevil.example', '/%2fevil.example', '/%5cevil.example', '/%09/evil.example', '//evil%E3%80%82example'],
  ...['http://127.0.0.1@evil.example', 'http://127.0.0.1.evil.example', 'http://evil.example#127.0.0.1'],
  ...['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x'],
  ...['.evil.example', '@evil.example', ':@evil.example', 'evil.example'],
];

const anybody = () => `${randomUUID()}@example.com`;

/** Does a browser that is at this server and told to go there stay at it? */
function staysHere(target: string): boolean {
  if (!URL.canParse(target, turnpike.url)) return true;
  const { origin, username } = new URL(target, turnpike.url);
  return origin === turnpike.url && username === '';
}

/** Where an answer sends a browser: by its header, or by what a page's script reads. */
async function targetsOf(answer: Response): Promise<readonly string[]> {
  const text = await answer.text();
  const location = answer.headers.get('location');
  const told = [...text.matchAll(/"(?:url|redirect|redirectTo|redirect_to|callbackURL)":"([^"]*)"/g)];
  return [...(location === null ? [] : [location]), ...told.map(([, url = '']) => url)];
}

async function requireHere(name: string, target: string, answer: Response, isAllowed = (_: string) => false) {
  for (const led of await targetsOf(answer))
    expect([name, target, led, staysHere(led) || isAllowed(led)]).toEqual([name, target, led, true]);
}

describe('nobody is led away from here', () => {
  test.each<[string, string, (email: string) => object]>([
    ['sign-up/email', 'callbackURL', (email) => ({ email, name: 'x', password })],
    ['send-verification-email', 'callbackURL', (email) => ({ email })],
    ['request-password-reset', 'redirectTo', (email) => ({ email })],
    ['sign-in/email', 'callbackURL', (email) => ({ email, password })],
    ['change-email', 'callbackURL', () => ({ newEmail: anybody() })],
    ['delete-user', 'callbackURL', () => ({ password })],
  ])(
    'by /auth/%s with %s, nor by a link that it mails',
    async (path, parameter, body) => {
      const email = anybody();
      const person = await signUp(turnpike, email);
      const isOwn = path === 'change-email' || path === 'delete-user';
      for (const target of elsewhere) {
        const to = path === 'sign-up/email' ? anybody() : email;
        const by = isOwn ? person : new Browser(turnpike);
        const mailed = (await linksTo(turnpike, to)).length;
        const answer = await by.send('POST', `/auth/${path}`, { ...body(to), [parameter]: target });
        await requireHere(path, target, answer);
        if (answer.status >= 400) continue;
        // Taken: then what it stands for must be a place here, also once the mailed link is followed.
        const links = path === 'sign-in/email' || isOwn ? [] : (await linksTo(turnpike, to)).slice(mailed);
        for (const link of links)
          await requireHere(`the link of ${path}`, target, await new Browser(turnpike).send('GET', link));
      }
    },
    120_000,
  );

  test.each([
    ['/auth/verify-email?token=x', 'callbackURL'],
    ['/auth/reset-password/x?', 'callbackURL'],
    ['/auth/delete-user/callback?token=x', 'callbackURL'],
    ['/auth/callback/corp?error=x&state=x', 'callbackURL'],
    ['/auth/oauth2/end-session?', 'post_logout_redirect_uri'],
    ['/auth/error?error=x', 'callbackURL'],
    ['/oauth/error?error=x', 'return'],
    ['/oauth/sign-in?', 'return'],
    ['/developers?', 'next'],
    ['/console?', 'return'],
  ])('by %s with %s', async (path, parameter) => {
    const person = await signUp(turnpike, anybody());
    for (const target of elsewhere)
      for (const browser of [person, new Browser(turnpike)])
        await requireHere(
          path,
          target,
          await browser.send('GET', `${path}&${parameter}=${encodeURIComponent(target)}`),
        );
  });

  test.each(['callbackURL', 'errorCallbackURL', 'newUserCallbackURL'])(
    'by sign-in at a provider with %s, though that leads to the provider',
    async (parameter) => {
      const start = (target: string) =>
        new Browser(turnpike).send('POST', '/auth/sign-in/social', { provider: 'corp', [parameter]: target });
      await until(async () => ((await start('/console')).status === 200 ? true : undefined));
      for (const target of elsewhere) {
        const answer = await start(target);
        await requireHere(parameter, target, answer, (led) => led.startsWith(provider.issuer));
        if (answer.status < 400) expect([target, staysHere(target)]).toEqual([target, true]);
      }
    },
    60_000,
  );

  test('by a path that looks like an address', async () => {
    for (const path of elsewhere.flatMap((target) => [
      `//evil.example/${encodeURI(target)}`,
      `/console/${encodeURI(target)}`,
      `/developers/${encodeURI(target)}/`,
    ]))
      await requireHere(path, path, await new Browser(turnpike).send('GET', path));
  });

  test('by the console’s sign-in, in a real browser', async () => {
    const email = anybody();
    await signUp(turnpike, email);
    const targets = [
      '//evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      'https:evil.example',
      'javascript:alert(1)',
    ];
    for (const target of [...targets, '/console/..//evil.example', '/console/keys']) {
      const context = await chrome.newContext({ locale: 'en-GB' });
      const page = await context.newPage();
      const left: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(turnpike.url)) left.push(request.url());
      });
      await page.goto(`${turnpike.url}/console/sign-in?return=${encodeURIComponent(target)}`);
      await page.getByLabel('Email address').fill(email);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('navigation').first().waitFor();
      expect([target, left]).toEqual([target, []]);
      expect(page.url()).toMatch(new RegExp(`^${turnpike.url}/console/${target === '/console/keys' ? 'keys' : ''}$`));
      await context.close();
    }
  }, 120_000);
});
