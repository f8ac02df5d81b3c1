import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Logger } from '../logger.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Names this mail; the same name twice is the same mail. Letters, digits, `.`, `_` and `-`. */
  readonly messageId: string;
}

export interface Mailer {
  /** @throws Error when the mail server does not take it */
  readonly send: (mail: Mail) => Promise<void>;
  close(): void;
}

interface MailerOptions {
  /** `smtp://user:password@host:port`; undefined: mails are put into `outbox`. */
  readonly smtpUrl: string | undefined;
  /** The From address. */
  readonly from: string;
  /** Right side of message ids. */
  readonly domain: string;
  readonly outbox: string;
  readonly logger: Logger;
}

const timeoutMs = 20_000;

/** Sends mail by SMTP; without a server writes `.eml` files that any mail program opens. */
export function createMailer({ smtpUrl, from, domain, outbox, logger }: MailerOptions): Mailer {
  const timeouts = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs };
  const transport = smtpUrl === undefined ? undefined : createTransport({ url: smtpUrl, ...timeouts });
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    send: async (mail) => {
      const message = {
        from,
        // An object is one recipient, whatever commas it has; a text would be a list.
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        messageId: `<${mail.messageId}@${domain}>`,
      };
      if (transport !== undefined) {
        await transport.sendMail(message);
        return;
      }
      const { message: bytes } = await composer.sendMail(message);
      await mkdir(outbox, { recursive: true });
      const file = join(outbox, `${mail.messageId.replace(/[^A-Za-z0-9._-]/g, '_')}.eml`);
      await writeFile(file, bytes);
      logger.info({ file }, 'mail written to the outbox: set SMTP_URL to send it');
    },
    close: () => {
      transport?.close();
      composer.close();
    },
  };
}
