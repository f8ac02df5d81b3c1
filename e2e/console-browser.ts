import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser as Chromium, type Page } from 'playwright-core';
import { mailedLink, password } from './browser-session.ts';
import type { Turnpike } from './turnpike-process.ts';

export function launchChromium(): Promise<Chromium> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
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

/** A page of a browser of its own, with nobody signed in. */
export async function openPage(browser: Chromium, options: OpenOptions = {}): Promise<Opened> {
  const context = await browser.newContext({
    viewport: options.isPhone === true ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    colorScheme: options.isDark === true ? 'dark' : 'light',
    locale: options.locale ?? 'en-GB',
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

/** Signs somebody up as a person does, up to the console's first page. */
export async function signUpInConsole(turnpike: Turnpike, page: Page, email: string): Promise<void> {
  await page.goto(`${turnpike.url}/console/sign-up`);
  await page.getByLabel('Your name or your company’s').fill('Ada');
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByRole('status').filter({ hasText: email }).waitFor();
  await page.goto(await mailedLink(turnpike, email));
  await page.getByRole('link', { name: 'To the console' }).click();
  await page.getByRole('heading', { name: /^Today/ }).waitFor();
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
  return JSON.parse(String(result.value)) as string[];
}
