import OpenAI from 'openai';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startComposed, type ComposedTurnpike } from './composed-turnpike.ts';
import {
  createKeyInConsole,
  launchChromium,
  openPage,
  password,
  signUpInConsole,
  violations,
} from './console-browser.ts';
import { createLeapingClock } from './leaping-clock.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { openOwnDatabase, type OwnDatabase } from './own-database.ts';
import { adminToken, cleanUp } from './turnpike-process.ts';

const dayMs = 86_400_000;
const email = 'ada@example.com';

let mail: MailServer;
let database: OwnDatabase;
let turnpike: ComposedTurnpike;
let browser: Browser;
const clock = createLeapingClock();

beforeAll(async () => {
  mail = await startMailServer();
  database = await openOwnDatabase();
  turnpike = await startComposed({
    clock,
    env: { SMTP_URL: mail.url, TURNPIKE_ADMIN_TOKEN: adminToken, ...database.env },
    config: { accounts: { throttle: false }, billing: { contact: 'sales@example.com' } },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await turnpike.close();
  await cleanUp();
  await mail.close();
  await database.drop();
});

/** Server and browser sleep until an instant, as a laptop does that is opened again. */
async function sleepUntil(page: Page, ms: number): Promise<void> {
  await page.context().clock.fastForward(ms - clock.now());
  clock.leapTo(ms);
}

/** Of the mails about the trial: what their subjects say, in the order of their coming. */
const trialMails = () =>
  mail
    .textsTo(email)
    .map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? '')
    .filter((subject) => /trial/.test(subject))
    .map((subject) => subject.replace(/^.*\/ /, ''));

const statusOf = (call: Promise<unknown>) =>
  call.then(
    () => 200,
    (error: unknown) => (error as { status?: number }).status,
  );

async function choosePlanAsStaff(): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const found = await fetch(`${turnpike.url}/admin/v1/tenants?limit=200`, { headers });
  const { data } = (await found.json()) as { data: { id: string; name: string }[] };
  const id = data.find(({ name }) => name === 'Ada')?.id ?? '';
  const changed = await fetch(`${turnpike.url}/admin/v1/tenants/${id}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ plan: 'professional' }),
  });
  expect(changed.status).toBe(200);
}

/*
 * The clock given to the server rules trial, mails, limits, usage and billing, and the browser's own clock leaps with it.
 * Sessions belong to the accounts' library, which goes by the machine's time: that a person is still signed in after two
 * weeks proves nothing, so here they sign in anew.
 */
test('a trial is counted down, ends by the clock, leaves everything to be read, and a plan opens the road again', async () => {
  const { page, complaints } = await openPage(browser);
  await page.context().clock.install({ time: clock.now() });
  const startMs = clock.now();
  await signUpInConsole(page, { url: turnpike.url, email, linkTo: (to) => mail.linkTo(to) });
  await page.getByText('Your trial ends in 14 days').waitFor();
  const secret = await createKeyInConsole(page, 'website');
  const client = new OpenAI({ baseURL: `${turnpike.url}/v1`, apiKey: secret, maxRetries: 0 });
  const call = () =>
    client.chat.completions.create({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'Hi' }] });
  expect((await call()).choices[0]?.message.content).toBeTruthy();
  expect(trialMails()).toEqual([]);

  // The page that is open tells by itself how little is left.
  const tell = () => turnpike.composition.services.accounts.trialNotices.run();
  const day = new Date(startMs + 14 * dayMs).toISOString().slice(0, 10);
  await sleepUntil(page, startMs + 8 * dayMs);
  await page.getByText('Your trial ends in 6 days').waitFor();
  await expect.poll(trialMails).toEqual([`trial until ${day}`]);
  await sleepUntil(page, startMs + 13.5 * dayMs);
  await page.getByText('Your trial ends in 12 hours').waitFor();
  await expect.poll(trialMails).toEqual([`trial until ${day}`, `trial until ${day}`]);
  await tell();

  await sleepUntil(page, startMs + 15 * dayMs);
  await page.getByText('Your trial is over: calls are refused, everything can still be read.').waitFor();
  await expect.poll(trialMails).toEqual([`trial until ${day}`, `trial until ${day}`, 'trial over']);
  expect(mail.textsTo(email).at(-1)).toContain(`${turnpike.url}/console/billing`);
  const refusal: unknown = await call().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 403, code: 'TRIAL_ENDED' });
  expect((refusal as Error).message).toContain('Choose a plan in the console under Billing');

  await page.getByRole('button', { name: /^Your account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: /^Today/ }).waitFor();
  const menu = page.getByRole('navigation');
  await menu.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('cell', { name: 'website', exact: true }).waitFor();
  await menu.getByRole('link', { name: 'Requests' }).click();
  await page.getByLabel('Since').selectOption('30 days');
  await page.getByRole('cell', { name: 'turnpike-demo' }).first().waitFor();
  await menu.getByRole('link', { name: 'Usage' }).click();
  await page.getByLabel('Period').selectOption('30 days');
  await page.getByRole('cell', { name: 'turnpike-demo' }).waitFor();

  await page.getByRole('link', { name: 'Choose a plan' }).click();
  await page.getByRole('heading', { name: 'Billing' }).waitFor();
  await page.getByRole('link', { name: 'sales@example.com' }).first().waitFor();
  expect(await violations(page)).toEqual([]);
  await choosePlanAsStaff();
  // Nobody touches the page.
  await page.getByText('Your trial is over').waitFor({ state: 'detached' });
  await page.getByRole('listitem').filter({ hasText: 'Professional' }).getByText('yours').waitFor();
  await expect.poll(() => statusOf(call())).toBe(200);
  await tell();
  expect(trialMails()).toHaveLength(3);
  expect(complaints).toEqual([]);
}, 120_000);
