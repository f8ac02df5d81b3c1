import OpenAI from 'openai';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createKeyInConsole,
  launchChromium,
  openPage,
  signUpInConsole,
  violations,
  type OpenOptions,
} from './console-browser.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { openOwnDatabase, type OwnDatabase } from './own-database.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let mail: MailServer;
let database: OwnDatabase;
let browser: Browser;

beforeAll(async () => {
  const port = await freePort();
  mail = await startMailServer();
  database = await openOwnDatabase();
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}`, SMTP_URL: mail.url, ...database.env },
    config: { accounts: { throttle: false, staff: ['staff@vendor.example', 'boss@vendor.example'] } },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await cleanUp();
  await mail.close();
  await database.drop();
});

/* Usage is moved into the ledger and looked for every few seconds. */
const appears = { timeout: 20_000 };

/* Asked in the page. */
const links = "[...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href'))";
const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

const open = (options?: OpenOptions) => openPage(browser, options);
const signUp = (page: Page, email: string) =>
  signUpInConsole(page, { url: turnpike.url, email, linkTo: (to) => mail.linkTo(to) });

/** The numbers over the chart of the usage page. */
async function totals(page: Page) {
  const read = async (name: string) =>
    (await page.getByRole('group', { name: 'What the chart shows' }).getByRole('button', { name }).innerText())
      .split('\n')
      .at(-1);
  return { requests: await read('Requests'), tokens: Number(await read('Tokens')) };
}

describe('a customer', () => {
  test('comes from sign-up through a key and first calls to usage that appears while they look, and revokes the key', async () => {
    const { page, complaints } = await open();
    await signUp(page, 'ada@example.com');
    await page.getByRole('heading', { name: 'Make the first call' }).waitFor();
    const secret = await createKeyInConsole(page, 'website');
    const client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: secret, maxRetries: 0 });
    const asked = { model: 'turnpike-demo', messages: [{ role: 'user' as const, content: 'Hi' }] };

    await page.getByRole('navigation').getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('heading', { name: 'No usage in this period' }).waitFor();
    // From here on nobody touches the page: what it shows comes by itself.
    let wasLeft = false;
    page.on('framenavigated', () => (wasLeft = true));
    const whole = await client.chat.completions.create(asked);
    expect(whole.choices[0]?.message.content).toBeTruthy();
    await expect.poll(() => totals(page).catch(() => undefined), appears).toMatchObject({ requests: '1' });
    expect((await totals(page)).tokens).toBe(whole.usage?.total_tokens);

    const stream = await client.chat.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    });
    let [said, streamed] = ['', 0];
    for await (const chunk of stream) {
      said += chunk.choices[0]?.delta.content ?? '';
      streamed = chunk.usage?.total_tokens ?? streamed;
    }
    expect(said).toBeTruthy();
    await expect
      .poll(() => totals(page), appears)
      .toEqual({ requests: '2', tokens: (whole.usage?.total_tokens ?? 0) + streamed });
    expect(wasLeft).toBe(false);

    await page.getByRole('navigation').getByRole('link', { name: 'Home' }).click();
    await expect.poll(() => page.getByLabel('Usage today').locator('dd').first().innerText(), appears).toBe('2');

    await page.getByRole('navigation').getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'What to do with website' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('cell', { name: 'revoked' }).waitFor();
    await expect
      .poll(() =>
        client.chat.completions.create(asked).then(
          () => 200,
          (error: unknown) => (error as { status?: number }).status,
        ),
      )
      .toBe(401);
    expect(complaints).toEqual([]);
  }, 60_000);
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
      .poll(() => page.getByRole('article').nth(1).locator('p').first().innerText(), { timeout: 15_000 })
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
