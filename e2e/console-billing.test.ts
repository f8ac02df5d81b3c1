import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeStripe, type FakeStripe } from '../packages/server/src/testing/fake-stripe.ts';
import { launchChromium, openPage, signUpInConsole, violations } from './console-browser.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { openOwnDatabase, type OwnDatabase } from './own-database.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

const now = () => Math.floor(Date.now() / 1_000);
const daySeconds = 86_400;

let stripe: FakeStripe;
let mail: MailServer;
let browser: Browser;
let database: OwnDatabase;

beforeAll(async () => {
  stripe = await startFakeStripe({ prices: { price_pro: 'licensed', price_business: 'licensed' } });
  mail = await startMailServer();
  database = await openOwnDatabase();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await cleanUp();
  await mail.close();
  await stripe.close();
  await database.drop();
});

async function start(env: Record<string, string>): Promise<Turnpike> {
  const port = await freePort();
  return startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}`, SMTP_URL: mail.url, ...env },
    config: {
      accounts: { throttle: false },
      billing: { stripe_api_url: stripe.url, contact: 'sales@example.com' },
      plans: {
        professional: { price: { amount: 49, currency: 'EUR' }, stripe_prices: ['price_pro'] },
        business: { price: { amount: 199, currency: 'EUR' }, stripe_prices: ['price_business'] },
        enterprise: { public: false },
      },
    },
  });
}

async function openBilling(turnpike: Turnpike, email: string) {
  const opened = await openPage(browser);
  await signUpInConsole(opened.page, { url: turnpike.url, email, linkTo: (to) => mail.linkTo(to) });
  await opened.page.getByRole('navigation').getByRole('link', { name: 'Billing' }).click();
  await opened.page.getByRole('heading', { name: 'Plans' }).waitFor();
  return opened;
}

const plan = (page: Page, name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
const figure = (page: Page, label: string) =>
  page.locator('dl div', { has: page.getByText(label, { exact: true }) }).getByRole('definition');

describe('with Stripe', () => {
  let turnpike: Turnpike;
  beforeAll(async () => {
    turnpike = await start({
      STRIPE_API_KEY: stripe.apiKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      ...database.env,
    });
  });

  async function deliver(type: string, object: object, secret = stripe.webhookSecret): Promise<number> {
    // Stripe's clock counts whole seconds: what happens later is told to be so.
    const { payload, signature } = stripe.event(type, object, { secret, created: now() + (told += 1) });
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    const response = await fetch(`${turnpike.url}/webhook/stripe-log.php`, { method: 'POST', headers, body: payload });
    return response.status;
  }
  let told = 0;

  /** Goes to the payment page, which is Stripe's, and comes back as its guests do. */
  async function checkOut(page: Page) {
    await page.route('https://checkout.stripe.test/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Pay</title><h1>Pay here</h1>' }),
    );
    await plan(page, 'Professional').getByRole('button', { name: 'Choose Professional' }).click();
    await page.getByRole('heading', { name: 'Pay here' }).waitFor();
    const session = [...stripe.sessions.values()].find(({ url }) => url === page.url());
    if (session === undefined) throw new Error(`Stripe has no page ${page.url()}`);
    return session;
  }

  test('a plan is bought, and the open page shows it when the signed event arrives, and what becomes of it', async () => {
    const { page, complaints } = await openBilling(turnpike, 'ada@example.com');
    await plan(page, 'Personal').getByText('yours').waitFor();
    expect(await plan(page, 'Professional').innerText()).toContain('€49.00 / month');
    expect(await plan(page, 'Business').innerText()).toContain('€199.00 / month');
    expect(await plan(page, 'Enterprise').count()).toBe(0);
    await page.getByText('No invoices yet.').waitFor();

    const session = await checkOut(page);
    await page.goto(String(session['cancel_url']));
    await page.getByText('Nothing was bought').waitFor();
    const again = await checkOut(page);
    expect(again.id).toBe(session.id);
    const subscription = stripe.pay(session.id);
    await page.goto(String(session['success_url']));
    await page.getByText('Your payment is being confirmed').waitFor();
    await plan(page, 'Personal').getByText('yours').waitFor();

    // From here on nobody touches the page.
    let wasLeft = false;
    page.on('framenavigated', () => (wasLeft = true));
    const forged = await deliver('customer.subscription.created', subscription, 'whsec_of_somebody_else_0123');
    expect(forged).toBe(400);
    expect(await deliver('checkout.session.completed', session)).toBe(200);
    expect(await deliver('customer.subscription.created', subscription)).toBe(200);
    await page.getByText('Thank you. Your plan is Professional now.').waitFor();
    await plan(page, 'Professional').getByText('yours').waitFor();
    await expect.poll(() => figure(page, 'Subscription').innerText()).toBe('on trial');
    await page.getByText('Your trial ends').waitFor({ state: 'detached' });

    stripe.invoices.unshift({
      ...{ id: 'in_1', object: 'invoice', customer: subscription['customer'], number: 'TP-0001', status: 'open' },
      ...{ total: 4_900, amount_due: 4_900, amount_paid: 0, currency: 'eur', created: now() },
      ...{ period_start: now() - 60, period_end: now(), hosted_invoice_url: 'https://invoice.stripe.test/in_1' },
    });
    await deliver('customer.subscription.updated', stripe.change(subscription.id, { status: 'past_due' }));
    const alarm = page.getByText(/A payment is missing\. Your plan goes on until \d+ \w+ \d{4}\./);
    await alarm.waitFor();
    const invoice = page.getByRole('row', { name: 'TP-0001' });
    expect(await invoice.innerText()).toMatch(/open.*€49\.00/s);
    expect(await invoice.getByRole('link').getAttribute('href')).toBe('https://invoice.stripe.test/in_1');
    expect(await violations(page)).toEqual([]);
    expect(wasLeft).toBe(false);

    await page.getByRole('navigation').getByRole('link', { name: 'API keys' }).click();
    await alarm.filter({ hasText: 'To billing' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'To billing' }).click();
    await page.getByRole('heading', { name: 'Plans' }).waitFor();
    await deliver('customer.subscription.updated', stripe.change(subscription.id, { status: 'active' }));
    await alarm.waitFor({ state: 'detached' });
    const cancelAt = now() + 9 * daySeconds;
    await deliver(
      'customer.subscription.updated',
      stripe.change(subscription.id, { cancel_at_period_end: true, cancel_at: cancelAt }),
    );
    await page.getByText(/Your subscription ends on .*; until then nothing changes\./).waitFor();
    await plan(page, 'Professional').getByText('yours').waitFor();

    // Whoever changes the plan stays, and is asked first.
    await plan(page, 'Business').getByRole('button', { name: 'Choose Business' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Choose Business' }).click();
    await plan(page, 'Business').getByText('yours').waitFor();
    await page.getByText(/Your subscription ends on/).waitFor({ state: 'detached' });

    await deliver('customer.subscription.updated', stripe.change(subscription.id, { status: 'unpaid' }));
    await plan(page, 'Personal').getByText('yours').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Home' }).click();
    const late = page.getByText('A payment is missing, so your plan is not in force');
    await late.filter({ hasText: 'To billing' }).waitFor();
    expect(complaints).toEqual([]);
  }, 90_000);

  test('while Stripe is away it says so where the plan was chosen, and buying works after it', async () => {
    const { page } = await openBilling(turnpike, 'bea@example.com');
    stripe.fail({ matches: /POST \/v1\/customers/, answer: { status: 503 }, times: 3 });
    await plan(page, 'Professional').getByRole('button', { name: 'Choose Professional' }).click();
    await plan(page, 'Professional').getByRole('alert').waitFor();
    expect((await checkOut(page))['customer']).toBeTruthy();
  }, 60_000);
});

test('without a key of Stripe’s the page says that plans are assigned by hand and whom to ask, and shows one that is', async () => {
  const turnpike = await start({});
  const { page, complaints } = await openBilling(turnpike, 'cleo@example.com');
  await page.getByText('Plans are assigned by hand here. Ask for one at').waitFor();
  expect(await page.getByRole('link', { name: 'sales@example.com' }).first().getAttribute('href')).toBe(
    'mailto:sales@example.com',
  );
  expect(await page.getByRole('button', { name: /^Choose/ }).count()).toBe(0);
  expect(await page.getByRole('heading', { name: 'Invoices' }).count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  const { data } = await turnpike.admin<{ data: { id: string; name: string }[] }>('GET', '/admin/v1/tenants?limit=200');
  const { id = '' } = data.find(({ name }) => name === 'Ada') ?? {};
  await turnpike.admin('PATCH', `/admin/v1/tenants/${id}`, { plan: 'enterprise' });
  await plan(page, 'Enterprise').getByText('yours').waitFor();
  await page.getByText('Your trial ends').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
}, 60_000);
