import { createHmac } from 'node:crypto';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailedLink, password } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let browser: Browser;
/** Of the console, at a name: passkeys need one. */
let url: string;

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://localhost:${String(port)}`;
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: origin },
    config: { accounts: { throttle: false } },
  });
  url = `${origin}/console`;
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});
afterAll(async () => {
  await browser.close();
  await cleanUp();
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name });
const card = (page: Page, name: string) => page.locator('section', { has: page.getByRole('heading', { name }) });

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  return (await browser.newContext({ locale: 'en-GB', ...options })).newPage();
}

async function signUp(email: string): Promise<Page> {
  const page = await openPage();
  await page.goto(`${url}/sign-up`);
  await page.getByLabel('Your name or your company’s').fill('Ada');
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await button(page, 'Create an account').click();
  await page.getByRole('status').filter({ hasText: email }).waitFor();
  await page.goto(await mailedLink(turnpike, email));
  await page.getByRole('link', { name: 'To the console' }).click();
  await heading(page, /^Today/).waitFor();
  return page;
}

async function signIn(page: Page, email: string, secret = password): Promise<void> {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(secret);
  await button(page, 'Sign in').click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Your account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
  await heading(page, 'Sign in').waitFor();
}

/** The six digits of an authenticator app (RFC 6238). */
function totp(secret: string, nowMs = Date.now()): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)));
  const mac = createHmac('sha1', bytes).update(counter).digest();
  return String((mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

describe('who has not signed in', () => {
  test('signs in and is where they wanted to go, and nowhere else', async () => {
    const email = 'back@example.com';
    const page = await signUp(email);
    await signOut(page);
    await page.goto(`${url}/keys`);
    await page.waitForURL(/sign-in\?return=/);
    await signIn(page, email);
    await heading(page, 'API keys').waitFor();
    for (const evil of ['//evil.example', 'https://evil.example/console', '/\\evil.example', 'javascript:alert(1)']) {
      await signOut(page);
      await page.goto(`${url}/sign-in?return=${encodeURIComponent(evil)}`);
      await signIn(page, email);
      await heading(page, /^Today/).waitFor();
      expect(page.url(), evil).toBe(`${url}/`);
    }
    await page.context().close();
  }, 60_000);

  test('is told what is wrong, in German too', async () => {
    const page = await openPage({ locale: 'de-DE' });
    await page.goto(`${url}/sign-in`);
    await page.getByLabel('E-Mail-Adresse').fill('nobody@example.com');
    await page.getByLabel('Passwort').fill('wrong password');
    await button(page, 'Anmelden').click();
    await page.getByText('Adresse oder Passwort stimmt nicht.').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    expect(await page.title()).toMatch(/^Anmelden · /);
    await page.goto(`${url}/verified?error=invalid_token`);
    await heading(page, 'Dieser Link gilt nicht mehr').waitFor();
    await page.context().close();
  });

  test('has the link sent again, and comes to where they wanted with it', async () => {
    const email = 'again@example.com';
    const page = await openPage();
    await page.goto(`${url}/keys`);
    await page.getByRole('link', { name: 'No account yet?' }).click();
    await page.getByLabel('Your name or your company’s').fill('Ada');
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password').fill(password);
    await button(page, 'Create an account').click();
    await button(page, 'Send it again').click();
    await page.getByText('Sent. Take the newest link.').waitFor();
    await page.goto(await mailedLink(turnpike, email, 2));
    await page.getByRole('link', { name: 'To the console' }).click();
    await heading(page, 'API keys').waitFor();
    await page.context().close();
  }, 60_000);

  test('sets a new password with the mailed link', async () => {
    const email = 'forgot@example.com';
    const page = await signUp(email);
    await signOut(page);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('Email address').fill(email);
    await button(page, 'Send me a link').click();
    await heading(page, 'Look into your mail').waitFor();
    await page.goto(await mailedLink(turnpike, email, 2));
    await page.getByLabel('New password').fill('quite another sentence');
    await button(page, 'Set the new password').click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, email, 'quite another sentence');
    await heading(page, /^Today/).waitFor();
    await page.context().close();
  }, 60_000);

  test('at another address of the server is led to its own before filling in anything', async () => {
    const page = await openPage();
    await page.goto(`${turnpike.url}/console/sign-in`);
    const link = page.getByRole('alert').getByRole('link');
    expect(await link.getAttribute('href')).toBe(`${url}/sign-in`);
    await page.context().close();
  });
});

describe('who has signed in', () => {
  test('turns on a second step, and needs it from then on', async () => {
    const email = 'totp@example.com';
    const page = await signUp(email);
    await page.goto(`${url}/security`);
    const codes = card(page, 'One-time codes');
    await codes.getByLabel('Current password').fill(password);
    await codes.getByRole('button', { name: 'Turn on' }).click();
    await codes.getByRole('img', { name: /^Scan/ }).waitFor();
    const [secret = '', backup = ''] = await codes.locator('pre').allInnerTexts();
    await codes.getByLabel('Code', { exact: true }).fill(totp(secret));
    await codes.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('One-time codes are on.').waitFor();
    await signOut(page);
    await signIn(page, email);
    await heading(page, 'One-time code').waitFor();
    await page.getByLabel('One-time code').fill('000000');
    await button(page, 'Sign in').click();
    await page.getByText('The code is wrong').waitFor();
    await page.getByLabel('One-time code').fill(backup.split('\n')[0] ?? '');
    await button(page, 'Sign in').click();
    await heading(page, /^Today/).waitFor();
    await page.context().close();
  }, 60_000);

  test('adds a passkey and signs in with it alone', async () => {
    const page = await signUp('passkey@example.com');
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true },
      },
    });
    await page.goto(`${url}/security`);
    await page.getByLabel('Name of this device').fill('My laptop');
    await button(page, 'Add a passkey').click();
    await page.getByText('My laptop').waitFor();
    await signOut(page);
    await button(page, 'Sign in with a passkey').click();
    await heading(page, /^Today/).waitFor();
    await page.goto(`${url}/security`);
    await button(page, 'Remove').click();
    await card(page, 'Passkeys').getByText('None yet.').waitFor();
    await page.context().close();
  }, 60_000);

  test('ends another session, and that one is asked to sign in and comes back', async () => {
    const email = 'sessions@example.com';
    const page = await signUp(email);
    const other = await openPage();
    await other.goto(`${url}/sign-in`);
    await signIn(other, email);
    await heading(other, /^Today/).waitFor();
    await page.goto(`${url}/security`);
    await card(page, 'Sessions').getByText('Chrome, Linux').first().waitFor();
    await button(page, 'End').click();
    await expect.poll(() => button(page, 'End').count()).toBe(0);
    await other.getByRole('link', { name: 'Usage' }).click();
    await other.waitForURL(/sign-in\?return=%2Fconsole%2Fusage/);
    await signIn(other, email);
    await other.getByRole('heading', { name: 'Usage', exact: true }).waitFor();
    await other.getByRole('button', { name: /^Your account/ }).click();
    await other.getByRole('menuitem', { name: 'Sign out everywhere' }).click();
    await heading(other, 'Sign in').waitFor();
    await page.getByRole('link', { name: 'Usage' }).click();
    await heading(page, 'Sign in').waitFor();
    await page.context().close();
    await other.context().close();
  }, 60_000);

  test('changes the address by two links, and deletes the account by another', async () => {
    const [email, next] = ['leaving@example.com', 'left@example.com'];
    const page = await signUp(email);
    await page.goto(`${url}/security`);
    const address = card(page, 'Email address');
    await address.getByLabel('Email address').fill(next);
    await address.getByRole('button', { name: 'Change' }).click();
    await page.goto(await mailedLink(turnpike, email, 2));
    await page.goto(await mailedLink(turnpike, next));
    await expect.poll(() => card(page, 'Email address').getByLabel('Email address').inputValue()).toBe(next);
    const deletion = card(page, 'Delete your account');
    await deletion.getByLabel('Current password').fill(password);
    await deletion.getByRole('button', { name: 'Delete account' }).click();
    await page.goto(await mailedLink(turnpike, next, 2));
    await page.getByText('Your account is deleted.').waitFor();
    await signIn(page, next);
    await page.getByText('Address or password is wrong.').waitFor();
    await page.context().close();
  }, 60_000);

  test('loses no secret by Escape', async () => {
    const page = await signUp('escape@example.com');
    await page.goto(`${url}/keys`);
    await button(page, 'Create a key').first().click();
    await page.getByLabel('Name', { exact: true }).fill('kept');
    await page.getByRole('dialog').getByRole('button', { name: 'Create a key' }).click();
    await heading(page, 'Your new key').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').locator('pre').first().innerText()).toMatch(/^sk_live_/);
    await button(page, 'I have it').click();
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    await page.context().close();
  }, 60_000);

  test('goes everywhere by keyboard', async () => {
    const page = await signUp('keyboard@example.com');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('schlüssel');
    await page.keyboard.press('Enter');
    await heading(page, 'API keys').waitFor();
    await page.goto(`${url}/keys`);
    await heading(page, 'API keys').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.context().close();
  }, 60_000);
});
