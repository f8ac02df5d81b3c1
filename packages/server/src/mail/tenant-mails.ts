import { sql } from 'drizzle-orm';
import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { Mailer } from './mailer.ts';

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

export interface OrderedMails extends MailText {
  /** The same for the same reason: it is told once. */
  readonly id: string;
  readonly tenantId: string;
  readonly nowMs: number;
}

export interface TenantMailSender {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: Mailer['send'];
}

/** A mail claimed longer ago than this and not sent belongs to a process that died, or is tried again. */
const claimStaleMs = 5 * 60_000;
/** What no mail server took for so long is not sent any more. */
const giveUpMs = 3 * 86_400_000;
const keptMs = 30 * 86_400_000;
const atOnce = 100;

const iso = (ms: number) => new Date(ms).toISOString();

/** Orders a mail to the owners of an organisation and its contact; it goes out if the transaction holds. */
export async function orderMails(executor: Executor, mail: OrderedMails): Promise<void> {
  const { id, tenantId, subject, text, nowMs } = mail;
  await executor.execute(sql`INSERT INTO tenant_mails (id, recipient, tenant_id, subject, body, created_at)
    SELECT ${id}, recipient, ${tenantId}, ${subject}, ${text}, ${iso(nowMs)}
    FROM (
      SELECT lower(u."email") AS recipient FROM accounts."member" m JOIN accounts."user" u ON u."id" = m."userId"
        WHERE m."organizationId" = ${tenantId} AND m."role" = 'owner' AND u."emailVerified"
      UNION SELECT lower(contact_email) FROM tenants WHERE id = ${tenantId} AND contact_email IS NOT NULL
    ) AS people
    ON CONFLICT (id, recipient) DO NOTHING`);
}

interface Claimed extends Record<string, unknown> {
  readonly id: string;
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
}

/** One at a time, so that a process that dies holds up no other mail. */
async function claim({ database, clock }: TenantMailSender): Promise<Claimed | undefined> {
  const nowMs = clock.now();
  const { rows } = await database.query((executor) =>
    executor.execute<Claimed>(sql`UPDATE tenant_mails SET claimed_at = ${iso(nowMs)} WHERE (id, recipient) IN (
        SELECT id, recipient FROM tenant_mails
        WHERE sent_at IS NULL AND created_at > ${iso(nowMs - giveUpMs)}
          AND (claimed_at IS NULL OR claimed_at <= ${iso(nowMs - claimStaleMs)})
        ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING id, recipient, subject, body`),
  );
  return rows[0];
}

/** Sends what was ordered, each mail once whatever the number of processes. @returns how many this one sent */
export async function sendTenantMails(sender: TenantMailSender): Promise<number> {
  const { database, clock, logger, send } = sender;
  let sent = 0;
  for (let count = 0; count < atOnce; count += 1) {
    const mail = await claim(sender);
    if (mail === undefined) break;
    const { id, recipient } = mail;
    // The same for every attempt, so that a mail sent twice by a crash is one to the reader's program.
    const messageId = `${id.replace(/[^A-Za-z0-9._-]+/g, '-')}-${hash('sha256', recipient).slice(0, 12)}`;
    try {
      await send({ to: recipient, subject: mail.subject, text: mail.body, messageId });
      await database.query((executor) =>
        executor.execute(sql`UPDATE tenant_mails SET sent_at = ${iso(clock.now())}
          WHERE id = ${id} AND recipient = ${recipient}`),
      );
      sent += 1;
    } catch (error) {
      // The claim grows stale, and the mail is tried again.
      logger.warn({ mail: id, reason: errorMessage(error) }, 'a mail to an organisation could not be sent');
    }
  }
  return sent;
}

/** Forgets mails of long ago. */
export async function dropOldTenantMails({ database, clock }: Pick<TenantMailSender, 'database' | 'clock'>) {
  await database.query((executor) =>
    executor.execute(sql`DELETE FROM tenant_mails WHERE created_at <= ${iso(clock.now() - keptMs)}`),
  );
}
