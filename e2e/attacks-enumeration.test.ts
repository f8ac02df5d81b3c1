import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, linksTo, password, signUp } from './browser-session.ts';
import { formOf, HandmadeClient } from './oauth-client.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

let turnpike: Turnpike;
/** Confirmed; signed up but not confirmed; with a second factor. */
const people = { known: anybody(), unconfirmed: anybody(), guarded: anybody() };

function anybody(): string {
  return `${randomUUID()}@example.com`;
}

beforeAll(async () => {
  const port = await freePort();
  const env = { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` };
  turnpike = await startTurnpike({ port, env, config: { accounts: { throttle: false } } });
  await signUp(turnpike, people.known);
  const guarded = await signUp(turnpike, people.guarded);
  await guarded.send('POST', '/auth/two-factor/enable', { password });
  const body = { email: people.unconfirmed, name: 'Ada', password };
  await new Browser(turnpike).send('POST', '/auth/sign-up/email', body);
  await until(async () => (await linksTo(turnpike, people.unconfirmed))[0]);
});
afterAll(cleanUp);

/** All that an answer shows, apart from what is made anew for each and the address that was sent. */
async function viewOf(answer: Response, email: string): Promise<unknown> {
  const text = (await answer.text())
    .replaceAll(email, '‹email›')
    .replaceAll(encodeURIComponent(email), '‹email›')
    .replaceAll(/"(id|createdAt|updatedAt|expires_at|created_at|challenge)":"[^"]*"/g, '"$1":"‹new›"');
  const { headers } = answer;
  const cookies = headers.getSetCookie().map((cookie) => cookie.split('=')[0]);
  return [answer.status, text, headers.get('location'), headers.get('content-type'), cookies];
}

async function allAreAnsweredAlike(ask: (email: string) => Promise<Response>): Promise<void> {
  const views: (readonly [string, unknown])[] = [];
  // Never heard of, whatever the tests before have asked.
  for (const [name, email] of Object.entries({ ...people, unknown: anybody() }))
    views.push([name, await viewOf(await ask(email), email)]);
  const [, first] = views[0] ?? [];
  for (const [name, view] of views) expect([name, view]).toEqual([name, first]);
}

const stranger = () => new Browser(turnpike);

describe('whether an address has an account is not told', () => {
  test.each<[string, (email: string) => Promise<Response>]>([
    ['sign-in', (email) => stranger().send('POST', '/auth/sign-in/email', { email, password: 'not the password' })],
    [
      'sign-up',
      (email) => stranger().send('POST', '/auth/sign-up/email', { email, name: 'Eve', password: 'of a stranger 1' }),
    ],
    ['a new password', (email) => stranger().send('POST', '/auth/request-password-reset', { email })],
    ['sending the link again', (email) => stranger().send('POST', '/auth/send-verification-email', { email })],
    ['passkeys', (email) => stranger().send('GET', `/auth/passkey/generate-authenticate-options?email=${email}`)],
    ['codes', (email) => stranger().send('POST', '/auth/two-factor/send-otp', { email })],
  ])('by %s', async (_, ask) => {
    await allAreAnsweredAlike(ask);
  });

  test('by the sign-in that applications lead to', async () => {
    const client = await HandmadeClient.register(turnpike);
    await allAreAnsweredAlike(async (email) => {
      const browser = stranger();
      const asked = await browser.send('GET', client.authorizationUrl());
      const bounced = await browser.send('GET', asked.headers.get('location') ?? '');
      const form = formOf(await (await browser.send('GET', bounced.headers.get('location') ?? '')).text());
      form.set('email', email);
      form.set('password', 'not the password');
      const answer = await browser.send('POST', '/oauth/sign-in', form);
      const text = (await answer.text()).replaceAll(/(value="|return=)[^"]*/g, '$1');
      return new Response(text, { status: answer.status, headers: answer.headers });
    });
  });

  test('by an invitation', async () => {
    const owner = await signUp(turnpike, anybody());
    await allAreAnsweredAlike((email) => owner.send('POST', '/account/v1/invitations', { email, role: 'viewer' }));
  });

  test('by a change of the own address to that one', async () => {
    const owner = await signUp(turnpike, anybody());
    await allAreAnsweredAlike((newEmail) => owner.send('POST', '/auth/change-email', { newEmail }));
  });

  test('though its owner is told: who signs up again gets a way in, and nobody else’s password works', async () => {
    const links = await linksTo(turnpike, people.known);
    expect(links.at(-1)).toContain(turnpike.url);
    const wrong = { email: people.known, password: 'of a stranger 1' };
    expect((await stranger().send('POST', '/auth/sign-in/email', wrong)).status).toBe(401);
  });
});
