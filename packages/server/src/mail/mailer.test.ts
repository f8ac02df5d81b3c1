import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { createMailer, type Mailer } from './mailer.ts';

const mail = { to: 'owner@a.example', subject: 'Grüße', text: 'Line one\n\nLine two: ü', messageId: 'notice-1-ten_1' };

let folder: string;
let mailer: Mailer | undefined;
let server: SMTPServer | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-mail-'));
});
afterEach(async () => {
  mailer?.close();
  const closing = server;
  if (closing !== undefined)
    await new Promise<void>((resolve) => {
      closing.close(resolve);
    });
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

const open = (smtpUrl: string | undefined) => {
  mailer = createMailer({
    smtpUrl,
    from: 'Example <no-reply@api.example>',
    domain: 'api.example',
    outbox: join(folder, 'outbox'),
    logger: createRecordingLogger(),
  });
  return mailer;
};

describe('with an SMTP server', () => {
  const received: { readonly from: string; readonly to: readonly string[]; readonly message: string }[] = [];
  const listen = async (isRefusing = false): Promise<string> => {
    received.length = 0;
    server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: (_address, _session, done) => {
        done(isRefusing ? new Error('no such mailbox') : null);
      },
      onData: (stream, session, done) => {
        const { mailFrom, rcptTo } = session.envelope;
        void text(stream).then((message) => {
          const from = mailFrom === false ? '' : mailFrom.address;
          received.push({ from, to: rcptTo.map(({ address }) => address), message });
          done();
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const address = server.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `smtp://127.0.0.1:${address.port}`;
  };

  test('a mail arrives as it was written, under its name', async () => {
    await open(await listen()).send(mail);
    expect(received).toMatchObject([{ from: 'no-reply@api.example', to: ['owner@a.example'] }]);
    const { message } = received[0] ?? { message: '' };
    expect(message).toContain('Message-ID: <notice-1-ten_1@api.example>');
    expect(message).toContain('From: Example <no-reply@api.example>');
    expect(message).toMatch(/^Subject: =\?UTF-8\?/m);
    expect(message).toMatch(/Line one\r\n\r\nLine two/);
    await expect(readdir(join(folder, 'outbox'))).rejects.toThrow('ENOENT');
  });

  test('a mail that is refused is an error', async () => {
    await expect(open(await listen(true)).send(mail)).rejects.toThrow();
    expect(received).toEqual([]);
  });

  test('a subject or a recipient with line breaks adds no header and no recipient', async () => {
    const url = await listen();
    await open(url).send({ ...mail, subject: 'Hello\r\nBcc: thief@evil.example' });
    expect(received[0]?.to).toEqual(['owner@a.example']);
    expect(received[0]?.message).not.toMatch(/^Bcc:/m);
  });
});

test('a mail server that is not there is an error', async () => {
  await expect(open('smtp://127.0.0.1:1').send(mail)).rejects.toThrow();
});

describe('without an SMTP server', () => {
  const outbox = async () => (await readdir(join(folder, 'outbox'))).toSorted();

  test('a mail lands in the outbox as a file that mail programs open', async () => {
    await open(undefined).send(mail);
    expect(await outbox()).toEqual(['notice-1-ten_1.eml']);
    const message = await readFile(join(folder, 'outbox', 'notice-1-ten_1.eml'), 'utf8');
    expect(message).toContain('To: owner@a.example\r\n');
    expect(message).toContain('Message-ID: <notice-1-ten_1@api.example>\r\n');
  });

  test('the same mail twice is one file, and no name leads out of the folder', async () => {
    const { send } = open(undefined);
    await send(mail);
    await send(mail);
    await send({ ...mail, messageId: '../../out' });
    expect(await outbox()).toEqual(['.._.._out.eml', 'notice-1-ten_1.eml']);
  });
});
