import { createHmac } from 'node:crypto';
import OpenAI from 'openai';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  collectTrouble,
  expectAccessible,
  expectToFit,
  mailedLink,
  password,
  signUp,
  startConsole,
  type ConsoleUnderTest,
} from './console-browser.ts';
import { cleanUp } from './turnpike-process.ts';

let console_: ConsoleUnderTest;

beforeAll(async () => {
  console_ = await startConsole();
});
afterAll(async () => {
  await console_.browser.close();
  await cleanUp();
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole('heading', { name });

async function signIn(page: Page, email: string, secret = password): Promise<void> {
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(secret);
  await button(page, 'Sign in').click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account menu/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
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

test('from sign-up through key and first call to revocation, without a complaint of the browser', async () => {
  const page = await signUp(console_, 'ada@example.com');
  const trouble = collectTrouble(page.context(), new URL(console_.url).origin);
  await heading(page, 'Your first call').waitFor();
  await page.getByRole('link', { name: 'Create a key' }).click();
  await page.getByLabel('Name').fill('first');
  await button(page, 'Create the key').click();
  await heading(page, 'Keep this secret now').waitFor();
  const secret = await page.getByRole('dialog').locator('pre').first().innerText();
  expect(secret).toMatch(/^sk_live_/);
  await expectAccessible(page, 'secret');
  await page.keyboard.press('Escape');
  await button(page, 'I have kept it').click();
  expect(await page.content()).not.toContain(secret);

  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByText('Waiting for your first call').waitFor();
  const client = new OpenAI({ apiKey: secret, baseURL: `${console_.turnpike.url}/v1`, maxRetries: 0 });
  const ask = () =>
    client.chat.completions.create({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'Hello!' }] });
  await ask();
  // Without loading the page again.
  await heading(page, 'Latest requests').waitFor({ timeout: 20_000 });
  expect(await page.getByRole('rowheader', { name: 'turnpike-demo' }).count()).toBe(1);
  await expect.poll(() => page.getByLabel('Usage today').innerText(), { timeout: 5_000 }).toMatch(/Requests\s+1/);
  await expectAccessible(page, 'home');

  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('button', { name: 'What to do with first' }).click();
  await page.getByRole('menuitem', { name: 'Revoke' }).click();
  await button(page, 'Revoke the key').click();
  await page.getByText('All keys are revoked or have expired.').waitFor();
  await expect.poll(() => ask().catch((error: unknown) => (error as { status?: number }).status)).toBe(401);
  expect(trouble).toEqual([]);
  await page.context().close();
}, 90_000);

test('a key is limited, rotated and pinned as its owner says', async () => {
  const page = await signUp(console_, 'keys@example.com');
  await page.goto(`${console_.url}/keys?create=1`);
  await page.getByLabel('Name').fill('narrow');
  await page.getByLabel('Test', { exact: true }).check();
  await page.getByText('More settings').click();
  await page.getByLabel('Embeddings').uncheck();
  await page.getByLabel('Only these').check();
  await page.getByLabel('turnpike-demo', { exact: true }).check();
  await page.getByLabel('Expires').selectOption('30');
  await button(page, 'Create the key').click();
  await button(page, 'I have kept it').click();
  const row = page.getByRole('row', { name: /narrow/ });
  await row.waitFor();
  expect(await row.innerText()).toMatch(/test[\s\S]*chat, files, models · only turnpike-demo/);

  await page.getByRole('button', { name: 'What to do with narrow' }).click();
  await page.getByRole('menuitem', { name: 'Pin an API version' }).click();
  const oldest = await page.getByLabel('Version', { exact: true }).locator('option').last().getAttribute('value');
  await page.getByLabel('Version', { exact: true }).selectOption(oldest);
  await button(page, 'Save').click();
  await expect.poll(() => row.innerText()).toContain(oldest);

  await page.getByRole('button', { name: 'What to do with narrow' }).click();
  await page.getByRole('menuitem', { name: 'Rotate' }).click();
  await page.getByLabel('The old secret ends').selectOption('0');
  await button(page, 'Rotate').click();
  await page.getByText('The old secret no longer works.').waitFor();
  await page.context().close();
}, 60_000);

describe('who has not signed in', () => {
  test('signs in and is where they wanted to go, and nowhere else', async () => {
    const email = 'back@example.com';
    const page = await signUp(console_, email);
    await signOut(page);
    await page.goto(`${console_.url}/keys`);
    await page.waitForURL(/sign-in\?return=/);
    await signIn(page, email);
    await heading(page, 'API keys').waitFor();
    for (const evil of ['//evil.example', 'https://evil.example/console', '/\\evil.example', 'javascript:alert(1)']) {
      await signOut(page);
      await page.goto(`${console_.url}/sign-in?return=${encodeURIComponent(evil)}`);
      await signIn(page, email);
      await heading(page, 'Today').waitFor();
      expect(page.url(), evil).toBe(`${console_.url}/`);
    }
    await page.context().close();
  }, 60_000);

  test('is told what is wrong, in German too', async () => {
    const context = await console_.browser.newContext({ locale: 'de-DE' });
    const page = await context.newPage();
    await page.goto(`${console_.url}/sign-in`);
    await page.getByLabel('Mailadresse').fill('nobody@example.com');
    await page.getByLabel('Passwort').fill('wrong password');
    await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
    await page.getByText('Adresse oder Passwort stimmt nicht.').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await expectAccessible(page, 'sign-in with an error');
    await page.goto(`${console_.url}/verified?error=invalid_token`);
    await heading(page, 'Dieser Link gilt nicht mehr').waitFor();
    await context.close();
  });

  test('sets a new password with the mailed link', async () => {
    const email = 'forgot@example.com';
    const page = await signUp(console_, email);
    await signOut(page);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('Mail address').fill(email);
    await button(page, 'Send the link').click();
    await heading(page, 'Look into your mail').waitFor();
    await page.goto(await mailedLink(console_.turnpike, email, 2));
    await page.getByLabel('New password').fill('quite another sentence');
    await button(page, 'Set the password').click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, email, 'quite another sentence');
    await heading(page, 'Today').waitFor();
    await page.context().close();
  }, 60_000);
});

describe('who has signed in', () => {
  test('turns on a second step, and needs it from then on', async () => {
    const email = 'totp@example.com';
    const page = await signUp(console_, email);
    await page.goto(`${console_.url}/security`);
    await button(page, 'Set it up').click();
    await page.getByRole('dialog').getByLabel('Current password').fill(password);
    await button(page, 'Next').click();
    await page.getByRole('img', { name: 'Code to scan' }).waitFor();
    const secret = await page.getByRole('dialog').locator('pre').innerText();
    await page.getByLabel('Code from the app').fill(totp(secret));
    await button(page, 'Turn it on').click();
    await heading(page, 'Keep your backup codes').waitFor();
    const codes = (await page.getByRole('dialog').locator('pre').innerText()).split('\n');
    expect(codes.length).toBeGreaterThan(5);
    await button(page, 'I have kept them').click();
    await page.getByText('It is on.').waitFor();
    await signOut(page);
    await signIn(page, email);
    await heading(page, 'Second step').waitFor();
    await page.getByLabel('Code from the app').fill('000000');
    await button(page, 'Go on').click();
    await page.getByText('The code is wrong').waitFor();
    await button(page, 'Use a backup code').click();
    await page.getByLabel('Backup code').fill(codes[0] ?? '');
    await button(page, 'Go on').click();
    await heading(page, 'Today').waitFor();
    await page.context().close();
  }, 60_000);

  test('adds a passkey and signs in with it alone', async () => {
    const page = await signUp(console_, 'passkey@example.com');
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true },
      },
    });
    await page.goto(`${console_.url}/security`);
    await page.getByLabel('Name of this device or key').fill('My laptop');
    await button(page, 'Add a passkey').click();
    await page.getByText('My laptop').waitFor();
    await signOut(page);
    await button(page, 'Sign in with a passkey').click();
    await heading(page, 'Today').waitFor();
    await page.goto(`${console_.url}/security`);
    await button(page, 'Remove').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No passkey yet.').waitFor();
    await page.context().close();
  }, 60_000);

  test('ends another session, and that one is asked to sign in', async () => {
    const email = 'sessions@example.com';
    const page = await signUp(console_, email);
    const other = await (await console_.browser.newContext({ locale: 'en-GB' })).newPage();
    await other.goto(`${console_.url}/sign-in`);
    await signIn(other, email);
    await heading(other, 'Today').waitFor();
    await page.goto(`${console_.url}/security`);
    await button(page, 'End').click();
    await expect.poll(() => page.getByRole('button', { name: 'End', exact: true }).count()).toBe(0);
    await other.getByRole('link', { name: 'Security' }).click();
    await heading(other, 'Sign in').waitFor();
    await button(page, 'Sign out everywhere').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await heading(page, 'Sign in').waitFor();
    await page.context().close();
  }, 60_000);

  test('changes the address by two links, and deletes the account by another', async () => {
    const [email, next] = ['leaving@example.com', 'left@example.com'];
    const page = await signUp(console_, email);
    await page.goto(`${console_.url}/security`);
    await page.getByLabel('New address').fill(next);
    await button(page, 'Change the address').click();
    await page.goto(await mailedLink(console_.turnpike, email, 2));
    await page.goto(await mailedLink(console_.turnpike, next));
    await page.getByText(`Your address is ${next}.`).waitFor();
    await button(page, 'Delete the account').click();
    const send = button(page, 'Send the link');
    expect(await send.isDisabled()).toBe(true);
    await page.getByLabel(`Type ${next} to go on`).fill(next);
    await send.click();
    await page.goto(await mailedLink(console_.turnpike, next, 2));
    await page.getByText('Your account is deleted.').waitFor();
    await signIn(page, next);
    await page.getByText('Address or password is wrong.').waitFor();
    await page.context().close();
  }, 60_000);

  test('goes everywhere by keyboard', async () => {
    const page = await signUp(console_, 'keyboard@example.com');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('schlüssel');
    await page.keyboard.press('Enter');
    await heading(page, 'API keys').waitFor();
    await page.goto(`${console_.url}/keys`);
    await heading(page, 'API keys').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.context().close();
  }, 60_000);
});

test.each([
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const)(
  'every page is accessible, fits and keeps its policy at %i, %s',
  async (width, colorScheme) => {
    const viewport = { width, height: 844 };
    const page = await signUp(console_, `look-${width}-${colorScheme}@example.com`, { viewport, colorScheme });
    const trouble = collectTrouble(page.context(), new URL(console_.url).origin);
    const look = async (where: string) => {
      await expectAccessible(page, `${where} at ${width}, ${colorScheme}`);
      await expectToFit(page, `${where} at ${width}, ${colorScheme}`);
    };
    for (const path of ['/', '/keys', '/keys?create=1', '/security', '/nowhere']) {
      await page.goto(`${console_.url}${path}`, { waitUntil: 'networkidle' });
      await page.locator('h1, h2').first().waitFor();
      await look(path);
    }
    await page.goto(`${console_.url}/`, { waitUntil: 'networkidle' });
    await page.getByRole('button', { name: 'Theme and language' }).click();
    await page.getByRole('menu').waitFor();
    await look('preferences');
    await page.keyboard.press('Escape');
    if (width < 1_000) {
      await page.getByRole('button', { name: 'Open the navigation' }).click();
      await page.getByRole('dialog').getByRole('link', { name: 'API keys' }).waitFor();
      await look('navigation');
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await look('palette');
    await page.keyboard.press('Escape');
    await signOut(page);
    for (const path of [
      '/sign-in',
      '/sign-up',
      '/check-mail?email=a@b.example',
      '/verified',
      '/forgot-password',
      '/reset?token=x',
    ]) {
      await page.goto(`${console_.url}${path}`, { waitUntil: 'networkidle' });
      await heading(page, '').first().waitFor();
      await look(path);
    }
    expect(trouble).toEqual([]);
    await page.context().close();
  },
  90_000,
);
