import lighthouse, { type Config } from 'lighthouse';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeyInConsole, launchChromium, signUpInConsole } from './console-browser.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

/** Of a hundred. */
const least = 95;
const signedOut = ['/console/sign-in', '/developers'];
const signedIn = ['/console/', '/console/keys', '/console/usage', '/console/playground', '/console/billing'];
const categories = ['accessibility', 'best-practices'];

let turnpike: Turnpike;
let mail: MailServer;
let browser: Browser;
let context: BrowserContext;
let port: number;

beforeAll(async () => {
  const [webPort, debuggingPort] = [await freePort(), await freePort()];
  mail = await startMailServer();
  turnpike = await startTurnpike({
    port: webPort,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(webPort)}`, SMTP_URL: mail.url },
    config: { accounts: { throttle: false } },
  });
  port = debuggingPort;
  browser = await launchChromium([`--remote-debugging-port=${String(port)}`]);
  context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  await signUpInConsole(page, { url: turnpike.url, email: 'ada@example.com', linkTo: (to) => mail.linkTo(to) });
  await createKeyInConsole(page, 'website');
});
afterAll(async () => {
  await browser.close();
  await cleanUp();
  await mail.close();
});

interface Audited {
  readonly finalUrl: string;
  /** Below the least, with what has cost points. */
  readonly poor: readonly string[];
  readonly scored: readonly string[];
}

/** Lighthouse opens its own page of the same browser; whoever is signed in is told to it by the cookie. */
async function audit(path: string, cookie?: string): Promise<Audited> {
  const config: Config = {
    extends: 'lighthouse:default',
    settings: {
      onlyCategories: path === '/developers' ? [...categories, 'seo'] : categories,
      // Speed is measured elsewhere: here nothing is slowed down.
      throttlingMethod: 'provided',
      // The console asks the server every few seconds: its network is never quiet for long.
      ...{ networkQuietThresholdMs: 500, cpuQuietThresholdMs: 500, pauseAfterFcpMs: 500, pauseAfterLoadMs: 500 },
      ...{ maxWaitForLoad: 20_000, disableFullPageScreenshot: true },
      ...(cookie === undefined ? {} : { extraHeaders: { cookie } }),
    },
  };
  const result = await lighthouse(`${turnpike.url}${path}`, { port, logLevel: 'silent' }, config);
  if (result === undefined) throw new Error(`Lighthouse has no report on ${path}`);
  const { lhr } = result;
  if (lhr.runtimeError !== undefined) throw new Error(`${path}: ${lhr.runtimeError.message}`);
  const poor: string[] = [];
  const scored: string[] = [];
  for (const { id, score, auditRefs } of Object.values(lhr.categories)) {
    const points = Math.round((score ?? 0) * 100);
    const failing = auditRefs
      .filter(({ id: name, weight }) => weight > 0 && (lhr.audits[name]?.score ?? 1) < 1)
      .map(({ id: name }) => `${name} (${lhr.audits[name]?.title ?? ''})`);
    scored.push(id);
    if (points < least) poor.push(`${id} ${String(points)}: ${failing.join('; ')}`);
  }
  return { finalUrl: lhr.finalDisplayedUrl, poor, scored };
}

test(`Lighthouse gives every page ${String(least)} points or more for accessibility and best practices`, async () => {
  const { cookies } = await context.storageState();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  for (const path of [...signedOut, ...signedIn]) {
    const { finalUrl, poor, scored } = await audit(path, signedIn.includes(path) ? cookie : undefined);
    // Nobody is led to another page: who is not known would only see the one for signing in.
    expect(new URL(finalUrl).pathname).toBe(path);
    expect(scored).toEqual(expect.arrayContaining(categories));
    expect([path, poor]).toEqual([path, []]);
  }
}, 400_000);
