import type { Browser as Chromium, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWebhookReceiver, status, type WebhookReceiver } from '../packages/server/src/testing/webhook-receiver.ts';
import { mailedLink } from './browser-session.ts';
import { launchChromium, openPage, signUpInConsole } from './console-browser.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;
let receiver: WebhookReceiver;
let browser: Chromium;

beforeAll(async () => {
  const port = await freePort();
  receiver = await startWebhookReceiver();
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: { accounts: { throttle: false }, webhooks: { allowed_networks: ['127.0.0.0/8'] } },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await receiver.close();
  await cleanUp();
});

async function signUp(email: string): Promise<Page> {
  const { page } = await openPage(browser);
  await signUpInConsole(page, { url: turnpike.url, email, linkTo: (to) => mailedLink(turnpike, to) });
  return page;
}

/** What the signed-in person's browser sends to the account API. */
function post<Answer>(page: Page, path: string, body: object): Promise<Answer> {
  return page.evaluate<Answer>(`fetch(${JSON.stringify(path)}, { method: 'POST',
    headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(body))} })
    .then((answer) => answer.json())`);
}

describe('a key', () => {
  test('tells which versions it has spoken, and is pinned to another with a button', async () => {
    const page = await signUp('ada@example.com');
    const { key } = await post<{ key: string }>(page, '/account/v1/keys', { name: 'website' });
    const speak = async (version?: string) => {
      const answer = await fetch(`${turnpike.url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          ...{ authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          ...(version === undefined ? {} : { 'api-version': version }),
        },
        body: JSON.stringify({ model: 'turnpike-demo', messages: [{ role: 'user', content: 'Hi' }] }),
      });
      return answer.headers.get('api-version');
    };
    const newest = await speak();
    expect(await speak('2026-01-15')).toBe('2026-01-15');
    await page.goto(`${turnpike.url}/console/keys`);
    await page.getByRole('button', { name: 'website', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const row = (version: string) => dialog.getByRole('row').filter({ hasText: version });
    await row(newest ?? '')
      .getByText('pinned')
      .waitFor();
    await expect.poll(() => row('2026-01-15').innerText()).not.toContain('never');
    await dialog.getByRole('button', { name: 'Pin to 2026-01-15' }).click();
    await row('2026-01-15').getByText('pinned').waitFor();
    await expect.poll(() => speak()).toBe('2026-01-15');

    await dialog.getByLabel('Requests per minute at most').fill('3');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    const limit = async () => {
      const answer = await fetch(`${turnpike.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      return answer.headers.get('x-ratelimit-limit');
    };
    await expect.poll(limit).toBe('3');
  });
});

describe('a webhook', () => {
  test('shows what was sent and how it was answered, and sends it again', async () => {
    const page = await signUp('bob@example.com');
    receiver.answer(status(503));
    const { id } = await post<{ id: string }>(page, '/account/v1/webhooks', { url: receiver.url });
    await post(page, `/account/v1/webhooks/${id}/test`, {});
    await page.goto(`${turnpike.url}/console/webhooks`);
    await page.getByRole('button', { name: `What to do with ${receiver.url}` }).click();
    await page.getByRole('menuitem', { name: 'Deliveries' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'webhook.test' }).click();
    await dialog.getByText('"type": "webhook.test"').waitFor();
    await dialog.getByRole('cell', { name: '503' }).first().waitFor();
    receiver.answer((response) => response.writeHead(200).end('thanks'));
    await dialog.getByRole('button', { name: /again/i }).first().click();
    await dialog.getByRole('cell', { name: 'thanks' }).waitFor();
    await dialog.getByText('delivered').waitFor();
  });
});
