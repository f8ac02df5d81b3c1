import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

export const password = 'a fine long sentence';

/** A server whose console people sign in to, at a name (passkeys need one), and a browser. */
export interface ConsoleUnderTest {
  readonly turnpike: Turnpike;
  readonly browser: Browser;
  /** Address of the console without a slash at its end. */
  readonly url: string;
}

export async function startConsole(config: object = {}): Promise<ConsoleUnderTest> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: origin },
    config: { accounts: { throttle: false }, ...config },
  });
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  return { turnpike, browser, url: `${origin}/console` };
}

/** The links of all mails to an address, the newest last. */
export async function mailedLinks({ dataDir }: Turnpike, email: string): Promise<string[]> {
  const folder = join(dataDir, 'outbox');
  const files = (await readdir(folder).catch(() => [])).toSorted(
    (left, right) => left.split('-')[1]?.localeCompare(right.split('-')[1] ?? '') ?? 0,
  );
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .filter((text) => text.includes(`To: ${email}`))
    .flatMap((text) => {
      const plain = text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
      return /https?:\/\/\S+/.exec(plain.split('\r\n\r\n').slice(1).join('\n')) ?? [];
    });
}

/** Waits for so many mails to an address. @returns the link of the newest */
export async function mailedLink(turnpike: Turnpike, email: string, count = 1): Promise<string> {
  await expect.poll(async () => (await mailedLinks(turnpike, email)).length, { timeout: 10_000 }).toBe(count);
  return (await mailedLinks(turnpike, email)).at(-1) ?? '';
}

/** Collects what a page complains of: refused by its policy, failed, asked of strangers. */
export function collectTrouble(context: BrowserContext, origin: string): string[] {
  const trouble: string[] = [];
  context.on('console', (message) => {
    // A refused request is a line of the browser's own; whether it is right, tests look at.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      trouble.push(message.text());
  });
  context.on('weberror', (error) => trouble.push(error.error().message));
  context.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(origin)) trouble.push(`asked ${request.url()}`);
  });
  return trouble;
}

/** Signs up through the pages and opens the mailed link. @returns a page that shows the start page */
export async function signUp(
  { turnpike, browser, url }: ConsoleUnderTest,
  email: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  await page.goto(`${url}/sign-up`);
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.goto(await mailedLink(turnpike, email));
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Today' }).waitFor();
  return page;
}

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** WCAG 2.2 AA as far as a program can tell. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axeSource);
  const tags = JSON.stringify(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
  // An open menu lies over the page's regions and belongs to none of them.
  const rules = `{ region: { enabled: document.querySelector('[role=menu]') === null } }`;
  const violations = await page.evaluate<readonly AxeViolation[]>(
    `axe.run(document, { runOnly: ${tags}, rules: ${rules} }).then((result) => result.violations)`,
  );
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  expect(told, where).toEqual([]);
}

/** Nothing is wider than the window. */
export async function expectToFit(page: Page, where: string): Promise<void> {
  const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(overflow, where).toBe(0);
}
