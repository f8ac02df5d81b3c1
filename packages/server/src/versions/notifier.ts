import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Database } from '../postgres/database.ts';
import { dayOf } from './calendar.ts';
import { dueNotice, type NoticeKind } from './lifecycle.ts';
import { claimNotice, dueRecipients, markSent, type NoticeRecipient } from './notice-store.ts';
import type { Version, VersionRegistry } from './version-registry.ts';

export interface NotifierOptions {
  readonly database: Database;
  readonly registry: VersionRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: (mail: Mail) => Promise<void>;
  readonly brandName: string;
  readonly migrationUrl: string;
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

function compose(options: NotifierOptions, version: Version, kind: NoticeKind, recipient: NoticeRecipient): Mail {
  const { brandName, migrationUrl, registry } = options;
  const sunset = version.timeline === undefined ? '' : dayOf(version.timeline.sunsetAtMs);
  const opening =
    kind === 'six-months'
      ? `API version ${version.name} of ${brandName} will be retired on ${sunset}.`
      : `API version ${version.name} of ${brandName} will be retired on ${sunset}, in less than a month.`;
  return {
    to: recipient.email,
    // The same for every attempt, so that a mail sent twice by a crash is one to the reader's program.
    messageId: `version-${version.name}-${kind}-${recipient.tenantId}`,
    subject:
      kind === 'six-months'
        ? `API version ${version.name} retires on ${sunset}`
        : `Last reminder: API version ${version.name} retires on ${sunset}`,
    text: [
      `${recipient.tenantName},`,
      opening,
      `These keys of yours still use it: ${recipient.keyNames.join(', ')}.`,
      `Move to ${registry.latest.name}; what to change is at ${migrationUrl}. After ${sunset} requests under ${version.name} are answered with 410.`,
    ].join('\n\n'),
  };
}

/** @returns whether this process sent it: another one may have, or be about to */
async function sendOne(
  options: NotifierOptions,
  version: Version,
  kind: NoticeKind,
  recipient: NoticeRecipient,
): Promise<boolean> {
  const { database, clock } = options;
  const notice = { subject: version.name, tenantId: recipient.tenantId, kind };
  const claim = { ...notice, recipient: recipient.email, nowMs: clock.now(), staleMs: claimStaleMs };
  if (!(await claimNotice(database, claim))) return false;
  await options.send(compose(options, version, kind, recipient));
  await markSent(database, { ...notice, nowMs: clock.now() });
  return true;
}

/** Writes to the owners of keys that really use a deprecated version: after six and after eleven months, each once. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { database, registry, clock, logger } = options;
  let isClosed = false;
  let running: Promise<unknown> = Promise.resolve();
  const sendDue = async (): Promise<number> => {
    let sent = 0;
    for (const version of registry.versions) {
      const nowMs = clock.now();
      const kind = version.timeline === undefined ? undefined : dueNotice(version.timeline, nowMs);
      if (kind === undefined) continue;
      const query = { version: version.name, kind, sinceMs: nowMs - usedWithinMs, nowMs };
      for (const recipient of await dueRecipients(database, query)) {
        if (isClosed) return sent;
        try {
          if (await sendOne(options, version, kind, recipient)) sent += 1;
        } catch (error) {
          logger.warn(
            { tenant: recipient.tenantId, version: version.name, reason: errorMessage(error) },
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
