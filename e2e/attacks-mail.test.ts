import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, password } from './browser-session.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { cleanUp, freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

let mail: MailServer;
let turnpike: Turnpike;

beforeAll(async () => {
  const [server, port] = await Promise.all([startMailServer(), freePort()]);
  mail = server;
  turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}`, SMTP_URL: mail.url },
    config: { accounts: { throttle: false } },
  });
});
afterAll(async () => {
  await cleanUp();
  await mail.close();
});

const anybody = () => `${randomUUID()}@example.com`;
const victim = 'bcc-victim@evil.example';
/** Ways to begin a new line, or something that a careless program takes for one, or to add a recipient. */
const breaks = ['\r\n', '\n', '\r', '\u0000', '\u000b', '\u0085', '\u2028', '\u2029', '%0d%0a', '\\r\\n', '=0D=0A'];
const names = [
  // U+0000 is refused: below.
  ...breaks
    .filter((each) => each !== '\u0000')
    .map((each) => `Eve${each}Bcc: ${victim}${each}${each}<b>body</b> https://evil.example/`),
  `Eve, ${victim}`,
  `Eve <${victim}>`,
  `"Eve" <${victim}>;`,
  `=?utf-8?q?Eve=0D=0ABcc:_${victim}?=`,
];
const addresses = () => {
  const own = anybody();
  return [
    ...breaks.map((each) => `${own}${each}Bcc: ${victim}`),
    ...breaks.map((each) => `${own}${each}`),
    ...[`${own},${victim}`, `${own}, ${victim}`, `${own};${victim}`, `${own} ${victim}`, `<${own}>,<${victim}>`],
    ...[
      `Eve <${victim}>`,
      `"${own},${victim}"@example.com`,
      `group:${own},${victim};`,
      `${own}>\r\nRCPT TO:<${victim}`,
    ],
  ];
};

/** Headers of a mail as any program reads them: folded lines put together again. */
function headersOf(text: string): readonly (readonly [string, string])[] {
  const [head = ''] = text.replaceAll('\r\n', '\n').split('\n\n');
  return head
    .replaceAll(/\n[ \t]+/g, ' ')
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
}

const headerNames = [
  ...['from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'content-type', 'content-transfer-encoding'],
].toSorted();

/** Every mail so far: the headers of ours, once each, and one recipient, who is also the one it names. */
function requireSound(): void {
  expect(mail.envelopes.length).toBeGreaterThan(0);
  for (const { recipients, mail: text } of mail.envelopes) {
    const headers = headersOf(text);
    expect(headers.map(([name]) => name).toSorted()).toEqual(headerNames);
    expect(headers.find(([name]) => name === 'content-type')?.[1]).toMatch(/^text\/plain\b/);
    expect([recipients.length, text]).toEqual([1, text]);
    expect(headers.find(([name]) => name === 'to')?.[1]).toBe(recipients[0]);
    expect(recipients[0]).not.toContain(victim);
  }
}

/** All that was ordered before has been sent once this one, ordered after it, is here. */
async function settled(): Promise<void> {
  const email = anybody();
  await new Browser(turnpike).send('POST', '/auth/sign-up/email', { email, name: 'Last', password });
  await until(() => Promise.resolve(mail.textsTo(email)[0]));
}

async function signUp(name: string): Promise<Browser> {
  const [browser, email] = [new Browser(turnpike), anybody()];
  const signedUp = await browser.send('POST', '/auth/sign-up/email', { email, name, password });
  expect([name, signedUp.status, await signedUp.text()]).toEqual([name, 200, expect.anything()]);
  const text = await until(() => Promise.resolve(mail.textsTo(email)[0]));
  await browser.send('GET', /https?:\/\/\S+/.exec(text.split('\n\n').slice(1).join('\n'))?.[0] ?? '');
  return browser;
}

describe('no mail gets another header, recipient or form', () => {
  test('by the name of who signs up and invites', async () => {
    for (const name of names) {
      const browser = await signUp(name);
      const guest = anybody();
      expect((await browser.send('POST', '/account/v1/invitations', { email: guest, role: 'viewer' })).status).toBe(
        201,
      );
      const text = await until(() => Promise.resolve(mail.textsTo(guest)[0]));
      expect(text).not.toContain('https://evil.example');
      const body = text.split('\n\n').slice(1).join('\n\n');
      // What was chosen stays within one line of ours.
      expect(body.split('\n').filter((line) => line.includes('Eve')).length).toBeLessThanOrEqual(1);
      expect(body).not.toMatch(/^bcc:/im);
    }
    requireSound();
  }, 180_000);

  test('by the name of an organisation', async () => {
    const browser = await signUp('Ada');
    for (const name of names) {
      const changed = await browser.send('PATCH', '/account/v1/organization', { name });
      expect([name, changed.status, await changed.text()]).toEqual([name, 200, expect.anything()]);
      await browser.send('POST', '/account/v1/invitations', { email: anybody(), role: 'viewer' });
    }
    await settled();
    requireSound();
  }, 60_000);

  test('by U+0000 in a name, which is refused', async () => {
    const name = `Eve\u0000Bcc: ${victim}`;
    const signedUp = await new Browser(turnpike).send('POST', '/auth/sign-up/email', {
      ...{ email: anybody(), name, password },
    });
    const browser = await signUp('Ada');
    const changed = await browser.send('PATCH', '/account/v1/organization', { name });
    expect([signedUp.status, changed.status]).toEqual([422, 400]);
  });

  test('by an address at sign-up, sign-in, reset, resending or a change, or of who is invited', async () => {
    const browser = await signUp('Ada');
    const accepted: string[] = [];
    for (const email of addresses())
      for (const [path, body] of [
        ['/auth/sign-up/email', { email, name: 'Eve', password }],
        ['/auth/sign-in/email', { email, password }],
        ['/auth/request-password-reset', { email, redirectTo: '/console/' }],
        ['/auth/send-verification-email', { email }],
        ['/auth/change-email', { newEmail: email }],
        ['/account/v1/invitations', { email, role: 'viewer' }],
      ] as const) {
        const by = path.startsWith('/auth/sign') || path.includes('reset') ? new Browser(turnpike) : browser;
        const { status } = await by.send('POST', path, body);
        if (status < 400) accepted.push(`${path} ${JSON.stringify(email)}`);
      }
    const contact = await Promise.all(
      addresses().map((email) => browser.send('PATCH', '/account/v1/organization', { contact_email: email })),
    );
    expect(new Set(contact.map(({ status }) => status))).toEqual(new Set([400]));
    expect(accepted).toEqual([]);
    await settled();
    requireSound();
  }, 120_000);
});
