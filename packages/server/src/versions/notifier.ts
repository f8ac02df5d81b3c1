import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Database } from '../postgres/database.ts';
import { dayOf } from './calendar.ts';
import type { Contracts, DeprecatedSubject } from './contract.ts';
import { dueNotice, type NoticeKind } from './lifecycle.ts';
import { claimNotice, dueRecipients, markSent, type NoticeRecipient } from './notice-store.ts';

export interface NotifierOptions {
  readonly database: Database;
  readonly contracts: Pick<Contracts, 'deprecated' | 'migrationUrl'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: (mail: Mail) => Promise<void>;
  readonly brandName: string;
}

export interface Notifier {
  /** Sends what is due and not sent yet. @returns how many mails this process sent */
  run(): Promise<number>;
  /** Ends after the mail that is being sent: it is on record then. */
  close(): Promise<void>;
}

const everyMs = 60 * 60_000;
const claimStaleMs = 15 * 60_000;
/** Keys that have not spoken a version for so long have moved on. */
const usedWithinMs = 90 * 86_400_000;

function compose(
  options: NotifierOptions,
  subject: DeprecatedSubject,
  kind: NoticeKind,
  recipient: NoticeRecipient,
): Mail {
  const { brandName, contracts } = options;
  const { title, successor } = subject;
  const sunset = dayOf(subject.timeline.sunsetAtMs);
  const isLast = kind === 'final-month';
  return {
    to: recipient.email,
    // The same for every attempt, so that a mail sent twice by a crash is one to the reader's program.
    messageId: `deprecation-${subject.id.replace(/[^A-Za-z0-9._-]+/g, '-')}-${kind}-${recipient.tenantId}`,
    subject: `${isLast ? 'Last reminder: ' : ''}${title} retires on ${sunset}`,
    text: [
      `${recipient.tenantName},`,
      `${title} of ${brandName} will be retired on ${sunset}${isLast ? ', in less than a month' : ''}.`,
      `These keys of yours still use it: ${recipient.keyNames.join(', ')}.`,
      `Move to ${successor}; what to change is at ${contracts.migrationUrl}. After ${sunset} such requests are answered with 410.`,
    ].join('\n\n'),
  };
}

/** @returns whether this process sent it: another one may have, or be about to */
async function sendOne(
  options: NotifierOptions,
  subject: DeprecatedSubject,
  kind: NoticeKind,
  recipient: NoticeRecipient,
): Promise<boolean> {
  const { database, clock } = options;
  const notice = { subject: subject.id, tenantId: recipient.tenantId, kind };
  const claim = { ...notice, recipient: recipient.email, nowMs: clock.now(), staleMs: claimStaleMs };
  if (!(await claimNotice(database, claim))) return false;
  await options.send(compose(options, subject, kind, recipient));
  await markSent(database, { ...notice, nowMs: clock.now() });
  return true;
}

/** Writes to the owners of keys that really use what is deprecated: after six and after eleven months, each once. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { database, contracts, clock, logger } = options;
  let isClosed = false;
  let running: Promise<unknown> = Promise.resolve();
  const sendDue = async (): Promise<number> => {
    let sent = 0;
    for (const subject of contracts.deprecated) {
      const nowMs = clock.now();
      const kind = dueNotice(subject.timeline, nowMs);
      if (kind === undefined) continue;
      const query = { version: subject.id, kind, sinceMs: nowMs - usedWithinMs, nowMs };
      for (const recipient of await dueRecipients(database, query)) {
        if (isClosed) return sent;
        try {
          if (await sendOne(options, subject, kind, recipient)) sent += 1;
        } catch (error) {
          logger.warn(
            { tenant: recipient.tenantId, subject: subject.id, reason: errorMessage(error) },
            'a deprecation notice could not be sent; it is tried again',
          );
        }
      }
    }
    return sent;
  };
  const run = (): Promise<number> => {
    const work = sendDue();
    running = Promise.allSettled([running, work]);
    return work;
  };
  const runQuietly = async () => {
    try {
      const sent = await run();
      if (sent > 0) logger.info({ sent }, 'deprecation notices sent');
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'deprecation notices could not be looked at');
    }
  };
  const stop = clock.every(everyMs, () => void runQuietly());
  return {
    run,
    close: async () => {
      stop();
      isClosed = true;
      await running;
    },
  };
}
