import type { Browser as Chromium, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { linksTo } from './browser-session.ts';
import { launchChromium, openPage } from './console-browser.ts';
import { oidcClient, startOidcServer, type OidcServer } from './oidc-server.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let provider: OidcServer;
let turnpike: Turnpike;
let browser: Chromium;

beforeAll(async () => {
  provider = await startOidcServer();
  const port = await freePort();
  const oidc = [{ id: 'corp', name: 'Corp', issuer: provider.issuer, ...oidcClient }];
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: { accounts: { throttle: false, oidc } },
  });
  browser = await launchChromium();
  const offered = () => fetch(`${turnpike.url}/account/v1/sign-in-options`).then((response) => response.json());
  await vi.waitFor(async () => expect(await offered()).toMatchObject({ providers: [{ id: 'corp' }] }), 20_000);
});
afterAll(async () => {
  await browser.close();
  provider.close();
  await cleanUp();
});

const open = async (locale = 'en-GB'): Promise<Page> => (await openPage(browser, { locale })).page;

async function signInByCorp(page: Page, email: string, name: string): Promise<void> {
  provider.user = { sub: email, email, email_verified: true, name };
  await page.goto(`${turnpike.url}/console/sign-in`);
  await page.getByRole('button', { name: 'Go on with Corp' }).click();
  await page.getByRole('heading', { name: /^Today/ }).waitFor();
}

describe('a provider of the vendor’s choice', () => {
  test('leads in from the sign-in page and back to where one wanted to go', async () => {
    const page = await open();
    provider.user = { sub: 'ida', email: 'ida@corp.example', email_verified: true, name: 'Ida' };
    await page.goto(`${turnpike.url}/console/usage`);
    await page.getByRole('button', { name: 'Go on with Corp' }).click();
    await page.waitForURL(`${turnpike.url}/console/usage`);
    await page.getByRole('heading', { name: 'Usage', exact: true }).waitFor();
  });

  test('that has not confirmed the address is said to be so, in German too', async () => {
    const page = await open('de-DE');
    provider.user = { sub: 'eve', email: 'eve@corp.example', email_verified: false, name: 'Eve' };
    await page.goto(`${turnpike.url}/console/sign-up`);
    await page.getByRole('button', { name: 'Weiter mit Corp' }).click();
    const alert = page.getByRole('alert');
    await alert.filter({ hasText: 'nicht bestätigt' }).waitFor();
  });
});

describe('an organisation', () => {
  test('is closed by its owner, who types its name; its members are told and its key ends', async () => {
    const founder = await open();
    await signInByCorp(founder, 'founder@corp.example', 'Founder');
    await founder.goto(`${turnpike.url}/console/organization`);
    await founder.getByRole('button', { name: 'Close the organisation' }).click();
    await founder.getByLabel('Type “Founder” to close it').fill('Founder');
    await founder.getByRole('dialog').getByRole('button', { name: 'Close the organisation' }).click();
    await founder.getByRole('alert').filter({ hasText: 'only organisation' }).waitFor();
    await founder.getByRole('button', { name: 'Cancel' }).click();

    await founder.goto(`${turnpike.url}/console/members`);
    const made = await founder.evaluate<{ key: string }>(`fetch('/account/v1/keys', {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'k' }) }).then((answer) => answer.json())`);
    const call = () => fetch(`${turnpike.url}/v1/models`, { headers: { authorization: `Bearer ${made.key}` } });
    expect((await call()).status).toBe(200);

    // With an organisation of one’s own beside it, it can be closed.
    const second = await open();
    await signInByCorp(second, 'second@corp.example', 'Second');
    const invited = await founder.evaluate<{ id: string }>(`fetch('/account/v1/invitations', {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'second@corp.example', role: 'owner' }) }).then((answer) => answer.json())`);
    await second.goto(`${turnpike.url}/console/invitation/${invited.id}`);
    await second.getByRole('button', { name: 'Join' }).click();
    await second.getByRole('heading', { name: /^Today/ }).waitFor();
    await second.goto(`${turnpike.url}/console/organization`);
    await second.getByRole('button', { name: 'Close the organisation' }).click();
    await second.getByLabel('Type “Founder” to close it').fill('Founder');
    await second.getByRole('dialog').getByRole('button', { name: 'Close the organisation' }).click();
    await second.getByRole('heading', { name: 'Today, Second' }).waitFor();
    await expect.poll(async () => (await call()).status).toBe(401);
    await expect.poll(async () => (await linksTo(turnpike, 'founder@corp.example')).length).toBe(1);
  }, 90_000);
});
