import type { Browser as Chromium, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { Browser, linksTo, mailedLink, password, signUp } from './browser-session.ts';
import { launchChromium, openPage, signUpInConsole, violations } from './console-browser.ts';
import { cleanUp, freePort, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

let upstream: FakeUpstream;
let turnpike: Turnpike;
let browser: Chromium;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const port = await freePort();
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: upstreamConfig(upstream.url, ['plain', 'caller', 'held'], {
      accounts: { throttle: false, staff: ['staff@vendor.example'] },
      hub: { answer_model: 'public-held' },
    }),
  });
  upstream.script('held', { kind: 'chat', holdBeforeHead: true });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await cleanUp();
  await upstream.close();
});

const signUpHere = (page: Page, email: string) =>
  signUpInConsole(page, { url: turnpike.url, email, linkTo: (to) => mailedLink(turnpike, to) });

interface List {
  readonly data: readonly { readonly id?: string; readonly job_id?: string; readonly filename?: string }[];
}

const line = (customId: string, content: string) =>
  JSON.stringify({
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'public-plain', messages: [{ role: 'user', content }] },
  });

/** Makes a key in the organisation of whoever has signed in on the page. */
async function keyOf(page: Page): Promise<string> {
  const made = await page.request.post(`${turnpike.url}/account/v1/keys`, {
    headers: { origin: turnpike.url },
    data: { name: 'work' },
  });
  return ((await made.json()) as { key: string }).key;
}

const orderJob = async (key: string, order: object) => {
  const answer = await fetch(`${turnpike.url}/api/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  return ((await answer.json()) as { job_id: string }).job_id;
};

const uploadByKey = (key: string, name: string, path = '/v1/files') => {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new File([line('one', 'hello')], name));
  return fetch(`${turnpike.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: form });
};

const visit = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click();

/** For people to look at, where they name a folder: a desk by day, a phone by night. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  const viewport = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const [kind, colorScheme, size] of [
    ['phone-dark', 'dark', { width: 390, height: 844 }],
    ['desk-light', 'light', viewport],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    await page.screenshot({ path: `${folder}/${name}-${kind}.png`, fullPage: true });
  }
}

describe('files and batches', () => {
  test('a file is uploaded, made a batch of, answered, opened, and deleted', async () => {
    const { page, complaints } = await openPage(browser);
    await signUpHere(page, 'batcher@example.com');
    await visit(page, 'Files');
    await page.getByText('one a line (JSONL)').waitFor();
    await shoot(page, 'files-empty');
    await page.getByLabel('File', { exact: true }).setInputFiles({
      name: 'questions.jsonl',
      mimeType: 'application/jsonl',
      buffer: Buffer.from([line('one', 'hello there'), line('two', 'good day')].join('\n')),
    });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('cell', { name: 'questions.jsonl', exact: true }).waitFor();
    await shoot(page, 'files');

    await page.getByRole('button', { name: 'What to do with questions.jsonl' }).click();
    await page.getByRole('menuitem', { name: 'Make a batch of it' }).click();
    await shoot(page, 'batches-empty');
    await page.getByRole('button', { name: 'Create a batch' }).click();
    await page.getByRole('cell', { name: 'done', exact: true }).waitFor();
    await page.getByText('2 of 2', { exact: true }).waitFor();
    await shoot(page, 'batches');
    await page.getByRole('button', { name: /^Open batch_/ }).click();
    await page.getByRole('dialog').getByText('You said: hello there').waitFor();
    expect(await violations(page)).toEqual([]);
    await shoot(page, 'batch');
    const download = page.waitForEvent('download');
    await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toMatch(/^batch_\w+_output\.jsonl$/);
    await page.keyboard.press('Escape');

    await visit(page, 'Files');
    await page.getByRole('button', { name: 'What to do with questions.jsonl' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('cell', { name: 'questions.jsonl', exact: true }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('a file that is no batch’s is refused in words, and one with faults tells them by line', async () => {
    const { page } = await openPage(browser);
    await signUpHere(page, 'faulty@example.com');
    await visit(page, 'Files');
    const choose = (name: string, text: string) =>
      page
        .getByLabel('File', { exact: true })
        .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
    await choose('empty.jsonl', '');
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('alert').filter({ hasText: 'file: is empty' }).waitFor();
    await choose('broken.jsonl', `${line('one', 'hello')}\n{broken`);
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('cell', { name: 'broken.jsonl', exact: true }).waitFor();
    await visit(page, 'Batches');
    await page.getByLabel('File of requests').selectOption({ index: 1 });
    await page.getByRole('button', { name: 'Create a batch' }).click();
    await page.getByRole('cell', { name: 'failed', exact: true }).waitFor();
    await page.getByRole('button', { name: /^Open batch_/ }).click();
    await page.getByRole('dialog').getByText('Line 2: This line is not valid JSON.').waitFor();
  });
});

describe('jobs', () => {
  test('ordered by a key are seen with what was asked and found, and one that runs is cancelled', async () => {
    const { page, complaints } = await openPage(browser);
    await signUpHere(page, 'orderer@example.com');
    await visit(page, 'Jobs');
    await page.getByText('curl').first().waitFor();
    await shoot(page, 'jobs-empty');
    const key = await keyOf(page);
    await orderJob(key, { type: 'faq_lookup', input: { question: 'Is there a free trial?' } });
    const row = page.getByRole('row').filter({ hasText: 'faq_lookup' });
    await row.getByText('succeeded').waitFor();
    await row.getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('tab', { name: 'Asked' }).click();
    await dialog.getByText('Is there a free trial?').waitFor();
    await dialog.getByRole('tab', { name: 'Course' }).click();
    expect(await dialog.getByRole('listitem').allInnerTexts()).toHaveLength(2);
    await dialog.getByRole('tab', { name: 'Result' }).click();
    expect(await violations(page)).toEqual([]);
    await shoot(page, 'job');
    await page.keyboard.press('Escape');

    await orderJob(key, {
      type: 'ask',
      input: { query: 'Explain how circuit breakers, weights and fallbacks of targets play together in routing' },
    });
    const running = page.getByRole('row').filter({ hasText: 'ask' });
    await running.getByText('running').waitFor();
    await running.getByRole('button').click();
    await dialog.getByRole('button', { name: 'Cancel the job' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the job' }).last().click();
    await running.getByText('cancelled').waitFor();
    await page.keyboard.press('Escape');

    await shoot(page, 'jobs');
    await page.getByLabel('Status').selectOption('succeeded');
    await running.waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('status')).toBe('succeeded');
    expect(complaints).toEqual([]);
  });
});

describe('the playground', () => {
  test('a call of a function goes round: asked for, answered by the person, and gone on from', async () => {
    upstream.script('caller', ({ body }) => {
      const messages = body['messages'] as readonly { readonly role: string; readonly content: unknown }[];
      const result = messages.findLast(({ role }) => role === 'tool');
      if (result !== undefined) return { kind: 'chat', content: `It is ${String(result.content)}.` };
      const call = (id: string, city: string) => ({ id, name: 'get_weather', arguments: JSON.stringify({ city }) });
      return { kind: 'chat', toolCalls: [call('call_a', 'Köln'), call('call_b', 'Rome')] };
    });
    const { page, complaints } = await openPage(browser);
    await signUpHere(page, 'caller@example.com');
    await visit(page, 'Playground');
    await page.getByRole('combobox', { name: 'Model' }).selectOption('public-caller');
    await page.getByText('Functions', { exact: true }).click();
    const editor = page.getByLabel('Functions the model may ask for, as JSON');
    await editor.fill('[\n  {"name": "get_weather",}\n]');
    await page.getByRole('alert').filter({ hasText: 'Line 2, column 26' }).waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Insert an example' }).click();
    await page.getByLabel('Your message').fill('How is the weather?');
    await page.getByRole('button', { name: 'Send' }).click();

    await page.getByLabel('Result of get_weather').first().fill('rainy');
    await page.getByLabel('Result of get_weather').last().fill('sunny');
    expect(await page.getByLabel('Arguments of get_weather').allInnerTexts()).toEqual([
      '{\n  "city": "Köln"\n}',
      '{\n  "city": "Rome"\n}',
    ]);
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await shoot(page, 'playground-call');
    await page.getByRole('button', { name: 'Give the result' }).click();
    await page.getByText('It is sunny.', { exact: true }).waitFor();
    const last = upstream.requestsFor('caller').at(-1)?.body;
    expect(last?.['messages']).toEqual([
      { role: 'user', content: 'How is the weather?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Köln"}' } },
          { id: 'call_b', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_a', content: 'rainy' },
      { role: 'tool', tool_call_id: 'call_b', content: 'sunny' },
    ]);
    expect(last?.['tools']).toMatchObject([{ type: 'function', function: { name: 'get_weather' } }]);
    await page
      .getByText(/\d+ tokens asked, \d+ answered · first word after .+ in all/)
      .last()
      .waitFor();
    await page.getByRole('tab', { name: 'Python' }).click();
    await page.getByText('tool_calls or message.content').waitFor();
    await shoot(page, 'playground');
    expect(complaints).toEqual([]);
  });
});

describe('a request of the log', () => {
  test('is shown as curl though it was not kept, and has a link to share', async () => {
    const { page, complaints } = await openPage(browser);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: turnpike.url });
    await signUpHere(page, 'logged@example.com');
    const key = await keyOf(page);
    const sent = await fetch(`${turnpike.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'public-plain', max_tokens: 50, messages: [{ role: 'user', content: 'secret' }] }),
    });
    expect(sent.status).toBe(200);
    await visit(page, 'Requests');
    await page.getByRole('row').filter({ hasText: 'anthropic-messages' }).getByRole('button').click();
    const command = page.getByRole('dialog').getByLabel('As curl');
    await command.waitFor();
    const text = await command.innerText();
    expect(text).toContain(`curl ${turnpike.url}/v1/messages`);
    expect(text).toContain('x-api-key: $API_KEY');
    expect(text).toContain('was not kept');
    expect(text).not.toContain('secret');
    expect(await violations(page)).toEqual([]);
    await shoot(page, 'request');
    await page.getByRole('dialog').getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('dialog').getByText('Copied').waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('dialog').getByLabel('As curl').waitFor();
    expect(complaints).toEqual([]);
  });
});

async function join(owner: Browser, email: string, role: string): Promise<Browser> {
  const { id } = await owner.json<{ id: string }>('POST', '/account/v1/invitations', { email, role });
  await mailedLink(turnpike, email);
  const joined = new Browser(turnpike);
  await joined.send('POST', '/auth/sign-up/email', { email, name: 'Bob', password });
  await mailedLink(turnpike, email, 2);
  await joined.send('GET', (await linksTo(turnpike, email)).find((each) => each.includes('/auth/')) ?? '');
  expect((await joined.send('POST', `/account/v1/invitations/${id}/accept`)).status).toBe(200);
  return joined;
}

describe('roles', () => {
  test.each(['viewer', 'billing'])(
    'a %s member sees no jobs, files and batches, and is refused by the server on every way to them',
    async (role) => {
      const owner = await signUp(turnpike, `owner-of-${role}@example.com`);
      const { key } = await owner.json<{ key: string }>('POST', '/account/v1/keys', { name: 'k' });
      const job = await orderJob(key, { type: 'faq_lookup', input: { question: 'Is there a free trial?' } });
      const { id: file } = (await (await uploadByKey(key, 'a.jsonl')).json()) as { id: string };
      const member = await join(owner, `${role}@example.com`, role);
      for (const [method, path] of [
        ['GET', '/account/v1/jobs'],
        ['GET', `/account/v1/jobs/${job}`],
        ['DELETE', `/account/v1/jobs/${job}`],
        ['GET', '/account/v1/files'],
        ['GET', `/account/v1/files/${file}/content`],
        ['DELETE', `/account/v1/files/${file}`],
        ['GET', '/account/v1/batches'],
        ['GET', '/account/v1/batches/batch_1'],
        ['POST', '/account/v1/batches/batch_1/cancel'],
      ] as const)
        expect([path, (await member.send(method, path)).status]).toEqual([path, 403]);
      const { token } = await member.json<{ token: string }>('GET', '/auth/token');
      expect((await uploadByKey(token, 'b.jsonl', '/account/v1/files')).status).toBe(403);
      expect((await uploadByKey(token, 'b.jsonl')).status).toBe(403);
      for (const path of [`/api/jobs/${job}`, `/v1/files/${file}/content`, '/v1/batches'])
        for (const accept of ['application/json', 'text/event-stream']) {
          const headers = { authorization: `Bearer ${token}`, accept };
          expect([path, (await fetch(`${turnpike.url}${path}`, { headers })).status]).toEqual([path, 403]);
        }
      expect((await owner.send('GET', `/account/v1/jobs/${job}`)).status).toBe(200);

      const { page } = await openPage(browser);
      await page.goto(`${turnpike.url}/console/sign-in`);
      await page.getByLabel('Email address').fill(`${role}@example.com`);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('heading', { name: /^Today/ }).waitFor();
      const names = await page.getByRole('navigation').getByRole('link').allInnerTexts();
      expect(names).toContain('Usage');
      for (const name of ['Jobs', 'Files', 'Batches', 'Playground']) expect(names).not.toContain(name);
    },
  );

  test('staff who look in see the tenant’s things, not their own, and order nothing in its name', async () => {
    const owner = await signUp(turnpike, 'tenant@example.com');
    const { key } = await owner.json<{ key: string }>('POST', '/account/v1/keys', { name: 'k' });
    const { id: file } = (await (await uploadByKey(key, 'tenants.jsonl')).json()) as { id: string };
    const job = await orderJob(key, { type: 'faq_lookup', input: { question: 'Is there a free trial?' } });
    const { organization } = await owner.json<{ organization: string }>('GET', '/account/v1/me');

    const staff = await signUp(turnpike, 'staff@vendor.example');
    const own = await staff.json<{ key: string }>('POST', '/account/v1/keys', { name: 'k' });
    await uploadByKey(own.key, 'staffs.jsonl');
    const header = { 'x-turnpike-organization': organization };
    expect((await staff.send('GET', '/account/v1/files', undefined, header)).status).toBe(404);
    await staff.send('POST', `/admin/v1/tenants/${organization}/visit`, { reason: 'ticket 7' });

    const files = await staff.json<List>('GET', '/account/v1/files', undefined, header);
    expect(files.data.map(({ filename }) => filename)).toEqual(['tenants.jsonl']);
    const jobs = await staff.json<List>('GET', '/account/v1/jobs', undefined, header);
    expect(jobs.data.map(({ job_id: id }) => id)).toEqual([job]);
    const mine = await staff.json<List>('GET', '/account/v1/files');
    expect(mine.data.map(({ filename }) => filename)).toEqual(['staffs.jsonl']);
    const order = { input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' };
    expect((await staff.send('POST', '/account/v1/batches', order, header)).status).toBe(403);
    expect((await owner.send('POST', '/account/v1/batches', order)).status).toBe(200);
  });

  test('what a member orders counts as a request of the plan, and a page of another site orders nothing', async () => {
    const owner = await signUp(turnpike, 'counted@example.com');
    const { key } = await owner.json<{ key: string }>('POST', '/account/v1/keys', { name: 'k' });
    const { id: file } = (await (await uploadByKey(key, 'a.jsonl')).json()) as { id: string };
    const order = { input_file_id: file, endpoint: '/v1/embeddings', completion_window: '24h' };
    const { token } = await owner.json<{ token: string }>('GET', '/auth/token');
    const remaining = async () => {
      const answer = await fetch(`${turnpike.url}/v1/batches`, { headers: { authorization: `Bearer ${token}` } });
      return Number(answer.headers.get('x-ratelimit-remaining-requests'));
    };
    const taken = async () => {
      const before = await remaining();
      expect((await owner.send('POST', '/account/v1/batches', order)).status).toBe(200);
      return before - (await remaining());
    };
    // A minute may have begun in one of them.
    expect([await taken(), await taken()]).toContain(1);
    const foreign = await owner.send('POST', '/account/v1/batches', order, { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
  });
});
