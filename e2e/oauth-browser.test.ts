import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HandmadeClient } from './oauth-client.ts';
import { password, signUp } from './browser-session.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const isOptional = process.env['TURNPIKE_REQUIRE_SERVERS'] !== '1';
/** Where pictures are left for who wants to look at them. */
const pictures = process.env['TURNPIKE_SCREENSHOTS'];

describe.skipIf(isOptional && !existsSync(executablePath))(
  'consent in a real browser without scripts (needs Chromium)',
  () => {
    let turnpike: Turnpike;
    let browser: Browser;
    let application: Server;
    let redirect = '';
    const landings: URL[] = [];
    let client: HandmadeClient;

    beforeAll(async () => {
      const port = await freePort();
      const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${port}` };
      turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false } } });
      await signUp(turnpike, 'ada@example.com', 'Ada Lovelace');
      application = createServer((request, response) => {
        landings.push(new URL(request.url ?? '/', redirect));
        response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome back</h1>');
      });
      application.listen(0, '127.0.0.1');
      await once(application, 'listening');
      const address = application.address();
      redirect = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/callback`;
      client = await HandmadeClient.register(turnpike, { client_name: 'Atlas Notes', redirect_uris: [redirect] });
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    });
    afterAll(async () => {
      await browser.close();
      application.close();
      await cleanUp();
    });

    const url = () =>
      client.authorizationUrl({ redirect_uri: redirect, scope: 'chat models files provider_keys offline_access' });

    async function keep(page: Page, name: string): Promise<void> {
      if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
    }

    /** Serious faults of access, found by axe; pages run no script, so that a second context of the same page is asked. */
    async function faults(context: BrowserContext, page: Page): Promise<string[]> {
      const asking = await browser.newContext({ storageState: await context.storageState(), bypassCSP: true });
      const copy = await asking.newPage();
      await copy.goto(page.url());
      await copy.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core') });
      const found = await copy.evaluate(
        `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
      );
      await asking.close();
      return found as string[];
    }

    test.each([
      ['en', 'light', 1200],
      ['de', 'dark', 390],
    ] as const)(
      'signs in, allows, and lands in the application (%s, %s, %i wide)',
      async (locale, colorScheme, width) => {
        const viewport = { width, height: 800 };
        const context = await browser.newContext({ javaScriptEnabled: false, locale, colorScheme, viewport });
        const page = await context.newPage();
        await page.goto(url());
        await page.fill('input[name=email]', 'ada@example.com');
        await page.fill('input[name=password]', password);
        await keep(page, `oauth-sign-in-${locale}`);
        expect(await faults(context, page)).toEqual([]);
        await page.click('button.form-primary');
        await page.waitForURL(/\/oauth\/consent\?/);
        await keep(page, `oauth-consent-${locale}`);
        expect(await page.innerText('h1')).toBe(locale === 'de' ? 'Atlas Notes Zugriff geben?' : 'Let Atlas Notes in?');
        expect(await page.isChecked('input[value=provider_keys]')).toBe(false);
        expect(await faults(context, page)).toEqual([]);
        const overflow = await page.evaluate('document.documentElement.scrollWidth > innerWidth').catch(() => false);
        expect(overflow).toBe(false);
        await page.click('button[value=approve]');
        await page.waitForURL(`${redirect}?**`);
        const { body } = await client.exchange(
          landings.findLast(({ pathname }) => pathname === '/callback')?.searchParams.get('code') ?? '',
          {
            redirect_uri: redirect,
          },
        );
        expect(body.scope.split(' ').toSorted()).toEqual(['chat', 'files', 'models', 'offline_access']);
        await context.close();
      },
    );

    test('shows nothing in a frame of another page', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.route('https://evil.example/', (route) =>
        route.fulfill({ contentType: 'text/html', body: `<iframe src="${url().replaceAll('&', '&amp;')}"></iframe>` }),
      );
      await page.goto('https://evil.example/');
      const framed = () => page.frames().find((frame) => frame !== page.mainFrame());
      await expect.poll(() => framed()?.url()).toBe('chrome-error://chromewebdata/');
      await context.close();
    });
  },
);
