import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';

export const password = 'a fine long sentence';

export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', ...args],
  });
}

export interface Opened {
  readonly page: Page;
  /** What the page complained of. */
  readonly complaints: string[];
}

export interface OpenOptions {
  readonly isPhone?: boolean;
  readonly isDark?: boolean;
  readonly locale?: string;
}

/** A page of its own person: no cookies are shared. */
export async function openPage(browser: Browser, { isPhone, isDark, locale }: OpenOptions = {}): Promise<Opened> {
  const context = await browser.newContext({
    viewport: isPhone === true ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    colorScheme: isDark === true ? 'dark' : 'light',
    locale: locale ?? 'en-GB',
    bypassCSP: false,
  });
  // Below a test's own: so the step that waits in vain is named.
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (401|403|404|429)/.test(message.text()))
      complaints.push(message.text());
  });
  return { page, complaints };
}

export interface NewPerson {
  /** Of the server. */
  readonly url: string;
  readonly email: string;
  readonly name?: string;
  /** The newest link mailed to somebody. */
  readonly linkTo: (email: string) => Promise<string>;
}

/** Signs somebody up as people do, follows the mailed link and stands on the first page of the console. */
export async function signUpInConsole(page: Page, { url, email, name = 'Ada', linkTo }: NewPerson): Promise<void> {
  await page.goto(`${url}/console/sign-up`);
  await page.getByLabel('Your name or your company’s').fill(name);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByRole('status').filter({ hasText: email }).waitFor();
  await page.goto(await linkTo(email));
  await page.getByRole('link', { name: 'To the console' }).click();
  await page.getByRole('heading', { name: /^Today/ }).waitFor();
}

/** Makes a key under a name and reads it from the dialog that shows it once. */
export async function createKeyInConsole(page: Page, name: string): Promise<string> {
  await page.getByRole('navigation').getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('button', { name: 'Create a key' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Create a key' }).click();
  const secret = await page.getByRole('dialog').locator('pre code').first().innerText();
  await page.getByRole('button', { name: 'I have it' }).click();
  return secret;
}

/** WCAG 2.2 A and AA, as far as a program can tell. The page's policy lets no script in but our own: the tool comes over the debugger. */
export async function violations(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', '))))`,
    awaitPromise: true,
  });
  await session.detach();
  return JSON.parse(String(result.value)) as string[];
}
