import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { systemClock } from '../packages/server/src/clock.ts';
import { startFakeStripe, type FakeStripe } from '../packages/server/src/testing/fake-stripe.ts';
import { startFakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { ok, startWebhookReceiver, status } from '../packages/server/src/testing/webhook-receiver.ts';
import { setup as buildConsole } from './build-console.ts';
import { startComposed, type ComposedTurnpike } from './composed-turnpike.ts';
import { launchChromium, openPage, password } from './console-browser.ts';
import { meterSampleUsage } from './sample-usage.ts';
import { cleanUp } from './turnpike-process.ts';

/**
 * Pictures of the console for the documentation, of a real Turnpike with an organisation that has been at work for weeks.
 * `node e2e/take-screenshots.ts [--only keys] [--into docs/images]`
 */

const { only, into } = parseArgs({
  options: { only: { type: 'string' }, into: { type: 'string', default: 'docs/images' } },
}).values;
const run = promisify(execFile);
const staffEmail = 'operations@vendor.example';

const pages = {
  home: '/',
  keys: '/keys',
  usage: '/usage?period=month&show=tokens',
  requests: '/requests',
  jobs: '/jobs',
  batches: '/batches',
  playground: '/playground',
  webhooks: '/webhooks',
  billing: '/billing',
  members: '/members',
} as const;
const staffPages = { 'staff-tenants': '/staff/tenants', 'staff-service': '/staff/service' } as const;

function configOf(stripe: FakeStripe, upstreamUrl: string): object {
  const model = (name: string, capabilities: readonly string[], input: number, output: number) => ({
    targets: [{ upstream: 'mistral', model: `${name}-latest` }],
    ...{ context_tokens: 131_072, max_output_tokens: 8_192, capabilities },
    price: { input_per_million: input, output_per_million: output, currency: 'EUR' },
  });
  return {
    accounts: { throttle: false, staff: [staffEmail] },
    webhooks: { allowed_networks: ['127.0.0.0/8'] },
    billing: { stripe_api_url: stripe.url, contact: 'sales@example.com' },
    upstreams: { mistral: { kind: 'openai', base_url: upstreamUrl, region: 'eu' } },
    models: {
      'mistral-small': model('mistral-small', ['chat', 'tools', 'json'], 0.1, 0.3),
      'mistral-large': model('mistral-large', ['chat', 'tools', 'json', 'vision'], 2, 6),
      'mistral-embed': model('mistral-embed', ['embeddings'], 0.1, 0),
    },
    plans: {
      freelancer: { stripe_prices: ['price_freelancer'] },
      professional: { stripe_prices: ['price_pro'] },
      business: { stripe_prices: ['price_business'] },
    },
  };
}

/** The link that confirms an address: without a mail server the mail lies in a folder. */
async function mailedLink(turnpike: ComposedTurnpike, email: string): Promise<string> {
  const folder = join(turnpike.composition.services.config.dataDir, 'outbox');
  for (;;) {
    for (const name of await readdir(folder).catch(() => [])) {
      const text = (await readFile(join(folder, name), 'utf8')).replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
      const link = text.includes(`To: ${email}`) ? /http:\/\/\S+\/auth\/verify-email\S+/.exec(text) : null;
      if (link !== null) return link[0];
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

class Person {
  readonly page: Page;
  readonly url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
  }

  /** @throws Error what the server refuses */
  async send<Answer>(method: string, path: string, data?: object): Promise<Answer> {
    const headers = { origin: this.url };
    const response = await this.page.request.fetch(`${this.url}${path}`, { method, headers, data });
    if (!response.ok()) throw new Error(`${method} ${path}: ${String(response.status())} ${await response.text()}`);
    return (await response.json().catch(() => ({}))) as Answer;
  }
}

async function signUp(browser: Browser, turnpike: ComposedTurnpike, email: string, name: string): Promise<Person> {
  const { page } = await openPage(browser);
  const person = new Person(page, turnpike.url);
  await person.send('POST', '/auth/sign-up/email', { email, name, password });
  await page.goto(await mailedLink(turnpike, email));
  return person;
}

/** @returns ids of keys, and the secret of the first */
async function fillKeys(owner: Person): Promise<{ readonly ids: [string, ...string[]]; readonly secret: string }> {
  let first = '';
  const inAMonth = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const make = async (key: object) => {
    const { id, key: secret } = await owner.send<{ id: string; key: string }>('POST', '/account/v1/keys', key);
    if (first === '') first = secret;
    // A first call pins the version and is the last use.
    await owner.page.request.get(`${owner.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } });
    return id;
  };
  const ids: [string, ...string[]] = [
    await make({ name: 'Website' }),
    await make({ name: 'Support desk', models: ['mistral-small', 'mistral-large'] }),
    await make({ name: 'Search index', models: ['mistral-embed'] }),
    await make({ name: 'Partner, until next month', expires_at: inAMonth }),
    await make({ name: 'Continuous integration', mode: 'test' }),
  ];
  return { ids, secret: first };
}

/** Jobs and batches as a key orders them. */
async function fillWork(url: string, secret: string): Promise<void> {
  const authorization = `Bearer ${secret}`;
  const post = async (path: string, body: object | FormData) => {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization, ...(isForm ? {} : { 'content-type': 'application/json' }) },
      body: isForm ? body : JSON.stringify(body),
    });
    return (await answer.json()) as { readonly id: string };
  };
  for (const query of ['How do rate limits work?', 'Which plans are there?', 'Wie sage ich ein Modell an?'])
    await post('/api/jobs', { type: 'ask', input: { query } });
  for (const [name, count] of [
    ['reviews-november.jsonl', 40],
    ['catalogue-translations.jsonl', 12],
  ] as const) {
    const form = new FormData();
    const line = (index: number) =>
      JSON.stringify({
        ...{ custom_id: `row-${String(index)}`, method: 'POST', url: '/v1/chat/completions' },
        body: { model: 'mistral-small', messages: [{ role: 'user', content: `Row ${String(index)}` }] },
      });
    form.set('purpose', 'batch');
    form.set('file', new Blob([Array.from({ length: count }, (_, index) => line(index)).join('\n')]), name);
    const { id } = await post('/v1/files', form);
    const order = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' };
    await post('/v1/batches', order);
  }
}

async function fillMembers(browser: Browser, turnpike: ComposedTurnpike, owner: Person): Promise<void> {
  for (const [name, email, role] of [
    ['Grace Hopper', 'grace@northwind.example', 'admin'],
    ['Alan Turing', 'alan@northwind.example', 'developer'],
    ['Kurt Gödel', 'kurt@northwind.example', 'billing'],
  ]) {
    const { id } = await owner.send<{ id: string }>('POST', '/account/v1/invitations', { email, role });
    const guest = await signUp(browser, turnpike, email ?? '', name ?? '');
    await guest.send('POST', `/account/v1/invitations/${id}/accept`);
    await guest.page.context().close();
  }
  await owner.send('POST', '/account/v1/invitations', { email: 'emmy@northwind.example', role: 'viewer' });
}

async function subscribe(turnpike: ComposedTurnpike, stripe: FakeStripe, owner: Person): Promise<void> {
  await owner.send('POST', '/account/v1/billing/checkout', { plan: 'professional' });
  const [session] = stripe.sessions.values();
  const subscription = stripe.pay(session?.id ?? '');
  Object.assign(subscription, { status: 'active' });
  for (const [type, object] of [
    ['checkout.session.completed', session ?? {}],
    ['customer.subscription.updated', subscription],
  ] as const) {
    const { payload, signature } = stripe.event(type, object);
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    await fetch(`${turnpike.url}/webhook/stripe-log.php`, { method: 'POST', headers, body: payload });
  }
  for (const month of [2, 1, 0]) {
    const created = Math.floor(Date.now() / 1_000) - month * 30 * 86_400;
    stripe.invoices.unshift({
      ...{ id: `in_${String(month)}`, object: 'invoice', customer: subscription['customer'] },
      ...{ number: `NW-2026-00${String(9 - month)}`, status: 'paid', currency: 'eur', created },
      ...{ total: 9_900, amount_due: 9_900, amount_paid: 9_900, period_start: created, period_end: created },
      ...{ hosted_invoice_url: 'https://invoice.stripe.test', invoice_pdf: 'https://invoice.stripe.test/pdf' },
    });
  }
}

async function fillWebhooks(owner: Person): Promise<() => Promise<void>> {
  const receiver = await startWebhookReceiver();
  const make = (description: string, path: string) =>
    owner.send<{ id: string }>('POST', '/account/v1/webhooks', {
      description,
      url: receiver.url.replace('/hook', path),
    });
  const [billing, chat] = [await make('Bookkeeping', '/bookkeeping'), await make('Team chat', '/chat')];
  receiver.answer((response, received) => {
    (received.path === '/chat' ? status(503) : ok)(response, received);
  });
  for (const { id } of [billing, billing, chat]) await owner.send('POST', `/account/v1/webhooks/${id}/test`);
  return () => receiver.close();
}

/** A palette makes a picture a third as large. @throws Error where the tool is not there */
async function shrink(file: string): Promise<void> {
  await run('pngquant', ['--force', '--skip-if-larger', '--nofs', '--speed=1', '--output', file, '160', file]);
}

async function ask(page: Page): Promise<void> {
  await page.getByLabel('Your message').fill('How do rate limits work, and what should my client do on a 429?');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('article').nth(1).locator('p').first().waitFor();
  await page.getByRole('button', { name: 'Send', disabled: false }).waitFor();
  await page.waitForTimeout(2_500);
}

async function take(browser: Browser, url: string, cookies: BrowserContext, all: Readonly<Record<string, string>>) {
  const state = await cookies.storageState();
  for (const isPhone of [false, true])
    for (const isDark of [false, true]) {
      const { page } = await openPage(browser, { isPhone, isDark });
      await page.context().addCookies(state.cookies);
      for (const [name, path] of Object.entries(all)) {
        if (only !== undefined && only !== name) continue;
        await page.goto(`${url}/console${path}`);
        await page.locator('h1').first().waitFor();
        await page.waitForTimeout(1_500);
        if (name === 'playground') await ask(page);
        const file = join(into, `console-${name}-${isPhone ? 'phone' : 'desk'}-${isDark ? 'dark' : 'light'}.png`);
        await page.screenshot({ path: file, animations: 'disabled' });
        await shrink(file);
      }
      await page.context().close();
    }
}

async function fillOtherTenants({ composition: { services } }: ComposedTurnpike): Promise<void> {
  for (const [name, plan] of [
    ['Fabrikam Logistics', 'business'],
    ['Contoso Research', 'professional'],
    ['Tailspin Toys', 'freelancer'],
    ['Wide World Importers', 'personal'],
  ] as const)
    await services.tenants.create({
      name,
      plan,
      contactEmail: `api@${name.split(' ')[0]?.toLowerCase() ?? ''}.example`,
    });
}

async function main(): Promise<void> {
  await buildConsole();
  await mkdir(into, { recursive: true });
  const stripe = await startFakeStripe({
    prices: { price_freelancer: 'licensed', price_pro: 'licensed', price_business: 'licensed' },
  });
  const upstream = await startFakeUpstream();
  const turnpike = await startComposed({
    clock: systemClock,
    env: { STRIPE_API_KEY: stripe.apiKey, STRIPE_WEBHOOK_SECRET: stripe.webhookSecret },
    config: configOf(stripe, upstream.url),
  });
  const browser = await launchChromium();
  const owner = await signUp(browser, turnpike, 'ada@northwind.example', 'Ada Lovelace');
  const { organization: tenantId } = await owner.send<{ organization: string }>('GET', '/account/v1/me');
  await owner.send('PATCH', '/account/v1/organization', { name: 'Northwind' });
  const { ids: keyIds, secret } = await fillKeys(owner);
  await fillWork(turnpike.url, secret);
  await fillMembers(browser, turnpike, owner);
  await subscribe(turnpike, stripe, owner);
  const closeReceiver = await fillWebhooks(owner);
  await fillOtherTenants(turnpike);
  await meterSampleUsage(turnpike.composition.services, { tenantId, keyIds, days: 30 });
  // When keys were used last is stored every ten seconds.
  await owner.page.waitForTimeout(11_000);
  await take(browser, turnpike.url, owner.page.context(), pages);
  const staff = await signUp(browser, turnpike, staffEmail, 'Operations');
  const own = await staff.send<{ organization: string }>('GET', '/account/v1/me');
  await turnpike.composition.services.tenants.update(own.organization, { plan: 'enterprise' });
  await take(browser, turnpike.url, staff.page.context(), staffPages);
  await browser.close();
  await Promise.all([turnpike.close(), closeReceiver(), stripe.close(), upstream.close()]);
  await cleanUp();
}

await main();
