import OpenAI from 'openai';
import type { Browser as Chromium, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, openPage, signUpInConsole, violations, type OpenOptions } from './console-browser.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let browser: Chromium;

beforeAll(async () => {
  const port = await freePort();
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: { accounts: { throttle: false, staff: ['staff@vendor.example', 'boss@vendor.example'] } },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await cleanUp();
});

/* Asked in the page. */
const links = "[...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href'))";
const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

const open = (options: OpenOptions = {}) => openPage(browser, options);
const signUp = (page: Page, email: string) => signUpInConsole(turnpike, page, email);

describe('a customer', () => {
  test('comes from sign-up through a key and a first call to its usage, and revokes the key', async () => {
    const { page, complaints } = await open();
    await signUp(page, 'ada@example.com');
    await page.getByRole('heading', { name: 'Make the first call' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'Create a key' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('website');
    await page.getByRole('dialog').getByRole('button', { name: 'Create a key' }).click();
    const secret = await page.getByRole('dialog').locator('pre code').first().innerText();
    const client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: secret, maxRetries: 0 });
    const call = () =>
      client.chat.completions.create({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'Hi' }] });
    expect((await call()).choices[0]?.message.content).toBeTruthy();
    await page.getByRole('button', { name: 'I have it' }).click();

    await page.getByRole('navigation').getByRole('link', { name: 'Home' }).click();
    await expect
      .poll(() => page.getByLabel('Usage today').locator('dd').first().innerText(), { timeout: 20_000 })
      .toBe('1');

    await page.getByRole('navigation').getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'What to do with website' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('cell', { name: 'revoked' }).waitFor();
    await expect
      .poll(() =>
        call().then(
          () => 200,
          (error: unknown) => (error as { status?: number }).status,
        ),
      )
      .toBe(401);
    expect(complaints).toEqual([]);
  });
});

describe('the playground', () => {
  test('streams an answer that counts as usage, and shows what a model writes as text only', async () => {
    const { page, complaints } = await open();
    await signUp(page, 'player@example.com');
    await page.getByRole('navigation').getByRole('link', { name: 'Playground' }).click();
    const attack = '<img src=x onerror="document.title=\'taken\'"> Which plans are there?';
    await page.getByLabel('Your message').fill(attack);
    await page.getByRole('button', { name: 'Send' }).click();
    await expect
      .poll(() => page.getByRole('article').nth(1).locator('p').innerText(), { timeout: 15_000 })
      .not.toBe('');
    expect(await page.getByRole('article').first().innerText()).toContain('<img src=x');
    expect(await page.title()).not.toBe('taken');
    await page.getByRole('navigation').getByRole('link', { name: 'Requests' }).click();
    await page.getByRole('cell', { name: 'turnpike-demo' }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe('staff', () => {
  test('give tokens, look in on a tenant under a banner, and change a plan', async () => {
    const { page: customer } = await open();
    await signUp(customer, 'visited@example.com');
    const { page } = await open();
    await signUp(page, 'staff@vendor.example');
    const row = page.getByRole('row').filter({ hasText: 'Ada' }).first();
    await page.getByRole('navigation').getByRole('link', { name: 'Tenants' }).click();
    await row.getByRole('button').click();
    await page.getByRole('menuitem', { name: 'Give tokens' }).click();
    await page.getByLabel('Tokens', { exact: true }).fill('1000');
    await page.getByLabel('Reason').fill('an outage');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('navigation').getByRole('link', { name: 'Plans' }).click();
    await page.getByRole('row').filter({ hasText: 'Personal' }).getByRole('button', { name: 'Change' }).click();
    await page.getByLabel('Requests a minute').fill('7');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row').filter({ hasText: 'Personal' }).getByText('changed').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Tenants' }).click();
    await row.getByRole('button').click();
    await page.getByRole('menuitem', { name: 'Look in' }).click();
    await page.getByLabel('Reason').fill('ticket 7');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('You are looking in on').waitFor();
  });
});

describe('pages', () => {
  test('have nothing that axe complains of, light and dark, on a phone and a desk, in both languages', async () => {
    const { page: first } = await open();
    await signUp(first, 'boss@vendor.example');
    const storageState = await first.context().storageState();
    const paths = await first.evaluate<string[]>(links);
    expect(paths.length).toBeGreaterThan(1);
    for (const [isPhone, isDark, locale] of [
      [false, false, 'en-GB'],
      [true, true, 'de-DE'],
    ] as const) {
      const { page, complaints } = await open({ isPhone, isDark, locale });
      await page.context().addCookies(storageState.cookies);
      for (const path of [...paths, '/console/sign-in?x']) {
        await page.goto(`${turnpike.url}${path}`);
        await page.locator('h1').first().waitFor();
        await page.waitForLoadState('networkidle');
        expect([path, locale, await violations(page)]).toEqual([path, locale, []]);
        const tooWide = await page.evaluate<number>(overflow);
        expect([path, locale, tooWide]).toEqual([path, locale, 0]);
        const folder = process.env['SCREENSHOTS'];
        if (folder !== undefined)
          await page.screenshot({
            path: `${folder}/${path.replaceAll(/\W+/g, '-')}${isPhone ? '-phone-dark' : '-desk-light'}.png`,
            fullPage: true,
          });
      }
      expect(complaints).toEqual([]);
    }
  }, 180_000);
});
