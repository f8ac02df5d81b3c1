import { chromium, type Browser as Chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../packages/server/src/testing/webhook-receiver.ts';
import { password, signUp, type Browser } from './browser-session.ts';
import { signUpInvited } from './members.ts';
import { approve, HandmadeClient, openConsent } from './oauth-client.ts';
import { cleanUp, freePort, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

/** Markup of every kind that would call `xss()`, or leave an element of its own, if it were taken as such. */
const attack = `"'><img src=x onerror=xss() data-xss><svg onload=xss() data-xss></svg><script data-xss>xss()</script>[a](javascript:xss())`;
/** What Markdown turns into links and pictures. */
const markdownAttack = [
  '[script](javascript:xss()) [upper](JaVaScRiPt:xss()) [coded](&#106;avascript:xss()) <javascript:xss()>',
  '[data](data:text/html;base64,PHNjcmlwdD54c3MoKTwvc2NyaXB0Pg==) [ref] ![picture](http://127.0.0.1:9/leak?said=all)',
  '| a |\n|---|\n| <iframe srcdoc="<script>xss()</script>"></iframe> [cell](vbscript:xss()) |',
  '[fine](https://example.com/fine)\n\n[ref]: javascript:xss()',
].join('\n\n');
/** As above, for fields that are short. */
const shown = '<img src=x onerror=xss() data-xss>';

let upstream: FakeUpstream;
let receiver: WebhookReceiver;
let turnpike: Turnpike;
let chrome: Chromium;
let ada: Browser;
let requestId = '';
let invitation = '';
let consent = '';

/** Writes the attack wherever somebody can write something that is shown to somebody else. */
async function plant(): Promise<void> {
  ada = await signUp(turnpike, 'ada@example.com', attack);
  await ada.send('PATCH', '/account/v1/organization', { name: attack, kept_bodies_days: 7 });
  const { key } = await ada.json<{ key: string }>('POST', '/account/v1/keys', { name: attack });
  const hook = { url: `${receiver.url}?<img/src=x/onerror=xss()/data-xss>`, description: attack };
  expect((await ada.send('POST', '/account/v1/webhooks', hook)).status).toBe(201);
  ({ id: invitation } = await ada.json<{ id: string }>('POST', '/account/v1/invitations', {
    ...{ email: 'guest@example.com', role: 'viewer' },
  }));
  upstream.script('writer', { kind: 'chat', content: attack });
  const { headers } = await fetch(`${turnpike.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': attack },
    body: JSON.stringify({ model: 'public-writer', messages: [{ role: 'user', content: attack }], user: attack }),
  });
  expect(headers.get('x-request-id')).not.toBeNull();
  ({ id: requestId } = await until(async () => {
    const { data } = await ada.json<{ data: { id: string }[] }>('GET', '/account/v1/usage/events');
    return data[0];
  }));
  const client = await HandmadeClient.register(turnpike, {
    client_name: attack,
    client_uri: 'https://app.example/"><img data-xss>',
  });
  consent = client.authorizationUrl();
  await approve(ada, consent);
}

beforeAll(async () => {
  const [fake, hooks, port] = await Promise.all([startFakeUpstream(), startWebhookReceiver(), freePort()]);
  [upstream, receiver] = [fake, hooks];
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: upstreamConfig(upstream.url, ['writer'], {
      accounts: { throttle: false, staff: ['staff@vendor.example'] },
      webhooks: { allowed_networks: ['127.0.0.0/8'] },
      default_plan: 'wide',
    }),
  });
  chrome = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  await plant();
  const staff = await signUp(turnpike, 'staff@vendor.example', attack);
  const { organization } = await ada.json<{ organization: string }>('GET', '/account/v1/me');
  await staff.send('POST', `/admin/v1/tenants/${organization}/visit`, { reason: attack });
  await signUpInvited(turnpike, 'guest@example.com', attack);
}, 120_000);
afterAll(async () => {
  await chrome.close();
  await cleanUp();
  await Promise.all([upstream.close(), receiver.close()]);
});

interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What ran, was blocked from running or was asked of another host. */
  readonly alarms: string[];
}

/**
 * A browser that tells of every script that ran or was kept from running.
 * @param isBare without the pages' policy, which would hide that markup got through
 */
async function watched(isBare: boolean): Promise<Watched> {
  const context = await chrome.newContext({ locale: 'en-GB', bypassCSP: isBare });
  const page = await context.newPage();
  const alarms: string[] = [];
  await context.exposeBinding('xss', () => alarms.push('a script of the attack ran'));
  await context.exposeBinding('violated', (_, what: string) => alarms.push(`the policy had to stop ${what}`));
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    window.violated(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`);
  page.on('dialog', (dialog) => {
    alarms.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(turnpike.url) && !/^(data|blob):/.test(url)) alarms.push(`asked for ${url}`);
  });
  return { context, page, alarms };
}

/* Asked in the page. */
const planted = `[...document.querySelectorAll('[data-xss], [onerror], [onload], a[href^="javascript:" i]')].map((each) => each.outerHTML)`;

async function requireHarmless({ page, alarms }: Watched, where: string): Promise<string> {
  await page.waitForLoadState('networkidle');
  expect([where, await page.evaluate<string[]>(planted), alarms]).toEqual([where, [], []]);
  return page.locator('body').innerText();
}

async function fillSignIn(page: Page, email: string, then = '/console/'): Promise<void> {
  await page.goto(`${turnpike.url}/console/sign-in?return=${encodeURIComponent(then)}`);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function signInAt(page: Page, email: string): Promise<void> {
  await fillSignIn(page, email);
  await page.getByRole('navigation').first().waitFor();
}

async function showsAsText(browser: Watched, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await browser.page.goto(`${turnpike.url}${path}`);
    await browser.page.getByText(shown).first().waitFor();
    await requireHarmless(browser, path);
  }
}

describe.each([
  ['with the pages’ policy', false],
  ['even without the pages’ policy', true],
])('what people and models write is text, %s', (_, isBare) => {
  test('on every page of the console', async () => {
    const browser = await watched(isBare);
    await signInAt(browser.page, 'ada@example.com');
    await showsAsText(browser, [
      ...['/console/keys', '/console/webhooks', '/console/members', '/console/audit', '/console/security'],
      `/console/requests?request=${requestId}`,
    ]);
    const paths = await browser.page.evaluate<string[]>(
      "[...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href'))",
    );
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      await browser.page.goto(`${turnpike.url}${path}`);
      await browser.page.locator('h1').first().waitFor();
      await requireHarmless(browser, path);
    }
    await browser.context.close();
  }, 120_000);

  test('in the playground, as the model’s answer', async () => {
    const browser = await watched(isBare);
    const { page } = browser;
    await signInAt(page, 'ada@example.com');
    upstream.script('writer', { kind: 'chat', content: `${attack}\n\n${markdownAttack}` });
    await page.goto(`${turnpike.url}/console/playground`);
    await page.getByLabel('Model', { exact: true }).selectOption('public-writer');
    await page.getByLabel('Your message').fill('Hello');
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByRole('article').nth(1);
    await expect.poll(() => answer.innerText()).toContain(shown);
    await answer.getByRole('link', { name: 'fine' }).waitFor();
    // Only what leads to a page is a link, and nothing is loaded for an answer.
    const addresses = await page.evaluate<string[]>(
      "[...document.querySelectorAll('article')[1].querySelectorAll('a, img, iframe, svg')].map((each) => each.outerHTML.slice(0, 40))",
    );
    expect(addresses).toEqual([expect.stringContaining('<a href="https://example.com/fine"')]);
    await requireHarmless(browser, 'playground');
    await browser.context.close();
  }, 60_000);

  test('on the pages of the vendor’s staff', async () => {
    const browser = await watched(isBare);
    await signInAt(browser.page, 'staff@vendor.example');
    await showsAsText(browser, ['/console/staff/tenants']);
    const paths = await browser.page.evaluate<string[]>(
      "[...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href'))",
    );
    for (const path of paths.filter((each) => each.includes('staff'))) {
      await browser.page.goto(`${turnpike.url}${path}`);
      await browser.page.locator('h1').first().waitFor();
      await requireHarmless(browser, path);
    }
    await browser.context.close();
  }, 60_000);

  test('where somebody is invited, or lets an application in', async () => {
    const guest = await watched(isBare);
    const at = `/console/invitation/${invitation}`;
    await fillSignIn(guest.page, 'guest@example.com', at);
    await guest.page.getByText(shown).first().waitFor();
    await requireHarmless(guest, at);
    await guest.context.close();
    const browser = await watched(isBare);
    await signInAt(browser.page, 'ada@example.com');
    await browser.page.goto(consent);
    await browser.page.getByText(shown).first().waitFor();
    await requireHarmless(browser, 'consent');
    await browser.context.close();
  }, 60_000);

  test('in addresses that are shown again', async () => {
    const browser = await watched(isBare);
    const text = encodeURIComponent(attack);
    for (const path of [
      ...[`/developers/${text}`, `/${text}`, `/console/${text}`, `/console/keys?after=${text}`],
      ...[
        `/oauth/error?error=${text}&error_description=${text}`,
        `/auth/error?error=${text}&error_description=${text}`,
      ],
      ...[`/oauth/sign-in?client_id=${text}`, `/oauth/consent?client_id=${text}&scope=${text}`],
      ...[`/auth/verify-email?token=${text}`, `/auth/callback/${text}?error=${text}`, `/auth/reset-password/${text}`],
      ...[`/ask?query=${text}`, `/api/ask.php?query=${text}`, `/api/consulting.json?tier=${text}`],
      ...[`/console/sign-in?return=${encodeURIComponent('javascript:xss()')}`, `/account/v1/members/${text}`],
    ]) {
      await browser.page.goto(`${turnpike.url}${path}`);
      await requireHarmless(browser, path);
    }
    await browser.context.close();
  }, 120_000);
});

test('an application’s own links are shown only where they lead to a page', async () => {
  const metadata = {
    client_name: 'App',
    client_uri: 'javascript:xss()',
    policy_uri: 'data:text/html,x',
    tos_uri: 'javascript:xss()',
  };
  const client = await HandmadeClient.register(turnpike, metadata);
  const { page } = await openConsent(ada, client.authorizationUrl());
  expect(page).not.toMatch(/href="(javascript|data):/i);
  await approve(ada, client.authorizationUrl());
  const { data } = await ada.json<{ data: { client: object }[] }>('GET', '/account/v1/applications');
  expect(data[0]?.client).toMatchObject({ name: 'App', uri: null, policy_uri: null, terms_uri: null });
});

test('a file is handed back as bytes that no browser shows as a page', async () => {
  const { key } = await ada.json<{ key: string }>('POST', '/account/v1/keys', { name: 'files' });
  const form = new FormData();
  form.set('purpose', 'user_data');
  form.set('file', new Blob(['<script>xss()</script>'], { type: 'text/html' }), '"><img src=x data-xss>.html');
  const headers = { authorization: `Bearer ${key}` };
  const uploaded = await fetch(`${turnpike.url}/v1/files`, { method: 'POST', headers, body: form });
  const { id } = (await uploaded.json()) as { id: string };
  const content = await fetch(`${turnpike.url}/v1/files/${id}/content`, { headers });
  expect([content.status, content.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
  expect(content.headers.get('content-type')).not.toMatch(/html|xml|svg|script/);
});
