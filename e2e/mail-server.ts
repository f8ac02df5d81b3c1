import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { expect, vi } from 'vitest';
import { freePort } from './turnpike-process.ts';

export interface MailServer {
  readonly url: string;
  /** As they came. */
  readonly mails: readonly string[];
  /** The same with whom they were for, as the envelope has it. */
  readonly envelopes: readonly { readonly recipients: readonly string[]; readonly mail: string }[];
  /** What was sent to an address, decoded as far as plain text goes. */
  textsTo(email: string): readonly string[];
  /** The link in the newest of so many mails to an address; waits until that many are there. */
  linkTo(email: string, count?: number): Promise<string>;
  close(): Promise<void>;
}

function decoded(mail: string): string {
  const bytes = mail
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/(?:=[0-9A-F]{2})+/g, (codes) => Buffer.from(codes.replaceAll('=', ''), 'hex').toString('utf8'));
  return bytes.replaceAll('\r\n', '\n');
}

/** A real SMTP server that keeps what it is sent. */
export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = [];
  const envelopes: { recipients: readonly string[]; mail: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, { envelope }, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        mails.push(text);
        envelopes.push({ recipients: envelope.rcptTo.map(({ address }) => address), mail: text });
        done();
      });
    },
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const textsTo = (email: string) => mails.filter((mail) => mail.includes(`To: ${email}`)).map(decoded);
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    envelopes,
    textsTo,
    linkTo: async (email, count = 1) => {
      await vi.waitFor(() => expect(textsTo(email)).toHaveLength(count), { timeout: 10_000 });
      return /https?:\/\/\S+/.exec(textsTo(email).at(-1)?.split('\n\n').slice(1).join('\n\n') ?? '')?.[0] ?? '';
    },
    close: () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      ),
  };
}
