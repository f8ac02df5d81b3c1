import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { billingMail, type BillingMailKind } from './billing-mails.ts';
import { rowsOf } from './customers.ts';
import { iso } from './instants.ts';

export interface Notice {
  /** The same for the same reason: it is told once. */
  readonly id: string;
  readonly tenantId: string;
  readonly kind: BillingMailKind;
  readonly details: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

/** Orders a mail to those who look after the money; it goes out if the transaction holds. */
export async function orderNotice(executor: Executor, notice: Notice): Promise<void> {
  const { id, tenantId, kind, details, nowMs } = notice;
  await executor.execute(sql`INSERT INTO billing_notices (id, recipient, tenant_id, kind, details, created_at)
    SELECT ${id}, recipient, ${tenantId}, ${kind}, ${JSON.stringify(details)}::jsonb, ${iso(nowMs)}
    FROM (
      SELECT u."email" AS recipient FROM accounts."member" m JOIN accounts."user" u ON u."id" = m."userId"
        WHERE m."organizationId" = ${tenantId} AND m."role" IN ('owner', 'billing')
      UNION SELECT contact_email FROM tenants WHERE id = ${tenantId} AND contact_email IS NOT NULL
    ) AS people
    ON CONFLICT (id, recipient) DO NOTHING`);
}

export interface NoticeSender {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: Mailer['send'];
  readonly brandName: string;
  readonly publicUrl: string;
  readonly titleOf: (plan: string) => string;
}

/** A mail claimed longer ago than this and not sent belongs to a process that died. */
const claimStaleMs = 5 * 60_000;
const atOnce = 100;

/** One at a time, so that a process that dies holds up no other mail. */
async function claim({ database, clock }: NoticeSender): Promise<Record<string, unknown> | undefined> {
  const nowMs = clock.now();
  const [row] = await database.query((executor) =>
    rowsOf(
      executor,
      sql`UPDATE billing_notices SET claimed_at = ${iso(nowMs)} WHERE (id, recipient) IN (
          SELECT id, recipient FROM billing_notices
          WHERE sent_at IS NULL AND (claimed_at IS NULL OR claimed_at <= ${iso(nowMs - claimStaleMs)})
          ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, recipient, kind, details`,
    ),
  );
  return row;
}

/** Sends what was ordered, each mail once whatever the number of processes. @returns how many this one sent */
export async function sendNotices(sender: NoticeSender): Promise<number> {
  const { database, clock, logger, send, brandName, publicUrl, titleOf } = sender;
  let sent = 0;
  for (let count = 0; count < atOnce; count += 1) {
    const row = await claim(sender);
    if (row === undefined) break;
    const [id, to] = [String(row['id']), String(row['recipient'])];
    const details = row['details'] as Readonly<Record<string, string>>;
    try {
      await send(billingMail({ id, to, kind: row['kind'] as BillingMailKind, details, brandName, publicUrl, titleOf }));
      await database.query((executor) =>
        executor.execute(sql`UPDATE billing_notices SET sent_at = ${iso(clock.now())}
          WHERE id = ${id} AND recipient = ${to}`),
      );
      sent += 1;
    } catch (error) {
      // The claim grows stale, and the mail is tried again.
      logger.warn({ notice: id, reason: errorMessage(error) }, 'a mail about billing could not be sent');
    }
  }
  return sent;
}
