import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Database } from '../postgres/database.ts';

export interface TrialNoticesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: (mail: Mail) => Promise<void>;
  readonly brandName: string;
  readonly publicUrl: string;
}

export interface TrialNotices {
  /** Sends what is due and not sent yet. @returns how many mails this process sent */
  run(): Promise<number>;
  close(): Promise<void>;
}

export type TrialNoticeKind = 'week-before' | 'day-before' | 'ended';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Of a trial that was over for longer nothing is told any more: the service may have been down. */
const lateDays = 14;
const claimStaleMs = 15 * 60_000;

/** Which mail is due at an instant; none long before the end or after it. */
export function dueTrialNotice(trialEndsAtMs: number, nowMs: number): TrialNoticeKind | undefined {
  const left = trialEndsAtMs - nowMs;
  if (left > 7 * dayMs || left < -lateDays * dayMs) return undefined;
  if (left > dayMs) return 'week-before';
  return left > 0 ? 'day-before' : 'ended';
}

interface Trial extends Record<string, unknown> {
  readonly id: string;
  readonly name: string;
  readonly trial_ends_at: string;
  readonly email: string;
}

function mailOf({ brandName, publicUrl }: TrialNoticesOptions, trial: Trial, kind: TrialNoticeKind): Mail {
  const day = new Date(trial.trial_ends_at).toISOString().slice(0, 10);
  const url = `${publicUrl}/console/billing`;
  const isOver = kind === 'ended';
  return {
    to: trial.email,
    // The same for every attempt, so that a mail sent twice by a crash is one to the reader's program.
    messageId: `trial-${kind}-${day}-${trial.id}-${trial.email.replace(/[^A-Za-z0-9._-]+/g, '-')}`,
    subject: isOver ? `${brandName}: Testzeit beendet / trial over` : `${brandName}: Testzeit bis / trial until ${day}`,
    text: [
      isOver
        ? `die Testzeit Ihrer Organisation ist am ${day} zu Ende gegangen. Aufrufe werden mit 403 (TRIAL_ENDED) beantwortet; lesen können Sie weiterhin alles, gelöscht wird nichts. Einen Tarif wählen Sie hier:`
        : `die Testzeit Ihrer Organisation endet am ${day}. Danach werden Aufrufe mit 403 beantwortet, gelöscht wird nichts. Einen Tarif wählen Sie hier:`,
      url,
      isOver
        ? `the trial of your organisation ended on ${day}. Calls are answered with 403 (TRIAL_ENDED); everything can still be read, nothing is deleted. Choose a plan here:`
        : `the trial of your organisation ends on ${day}. After that calls are answered with 403; nothing is deleted. Choose a plan here:`,
      url,
      brandName,
    ].join('\n\n'),
  };
}

/** Organisations whose trial ends soon or has ended, once for each owner. */
async function trialsAround(database: Database, nowMs: number): Promise<Trial[]> {
  const from = new Date(nowMs - lateDays * dayMs).toISOString();
  const to = new Date(nowMs + 7 * dayMs).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute<Trial>(sql`SELECT t.id, t.name, t.trial_ends_at, u."email" AS email
      FROM tenants t JOIN accounts."member" m ON m."organizationId" = t.id AND m."role" = 'owner'
        JOIN accounts."user" u ON u."id" = m."userId"
      WHERE t.trial_ends_at BETWEEN ${from}::timestamptz AND ${to}::timestamptz AND NOT t.suspended
      ORDER BY t.id, u."email"`),
  );
  return rows;
}

/** One process of many may send a mail. @returns whether it is this one */
async function claim({ database }: TrialNoticesOptions, trial: Trial, kind: string, nowMs: number): Promise<boolean> {
  const now = new Date(nowMs).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute(sql`INSERT INTO trial_notices AS n (tenant_id, kind, trial_ends_at, claimed_at)
      VALUES (${trial.id}, ${kind}, ${new Date(trial.trial_ends_at).toISOString()}, ${now})
      ON CONFLICT (tenant_id, kind, trial_ends_at) DO UPDATE SET claimed_at = excluded.claimed_at
      WHERE n.sent_at IS NULL AND n.claimed_at <= ${new Date(nowMs - claimStaleMs).toISOString()} RETURNING 1`),
  );
  return rows.length > 0;
}

async function sendOne(
  options: TrialNoticesOptions,
  trial: Trial,
  kind: TrialNoticeKind,
  nowMs: number,
): Promise<boolean> {
  const id = `${kind}:${trial.email}`;
  if (!(await claim(options, trial, id, nowMs))) return false;
  await options.send(mailOf(options, trial, kind));
  await options.database.query((executor) =>
    executor.execute(sql`UPDATE trial_notices SET sent_at = ${new Date(options.clock.now()).toISOString()}
      WHERE tenant_id = ${trial.id} AND kind = ${id} AND trial_ends_at = ${new Date(trial.trial_ends_at).toISOString()}`),
  );
  return true;
}

/** Mails before and at the end of a trial, each once whatever the number of processes. */
export function createTrialNotices(options: TrialNoticesOptions): TrialNotices {
  const { database, clock, logger } = options;
  let isClosed = false;
  let running: Promise<unknown> = Promise.resolve();
  const sendDue = async (): Promise<number> => {
    const nowMs = clock.now();
    let sent = 0;
    for (const trial of await trialsAround(database, nowMs)) {
      const kind = dueTrialNotice(new Date(trial.trial_ends_at).getTime(), nowMs);
      if (kind === undefined) continue;
      if (isClosed) break;
      try {
        if (await sendOne(options, trial, kind, nowMs)) sent += 1;
      } catch (error) {
        logger.warn(
          { tenant: trial.id, reason: errorMessage(error) },
          'a mail about a trial could not be sent; it is tried again',
        );
      }
    }
    return sent;
  };
  const run = (): Promise<number> => {
    const work = sendDue();
    running = Promise.allSettled([running, work]);
    return work;
  };
  const stop = clock.every(hourMs, () => {
    run().catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'trials could not be looked at');
    });
  });
  return {
    run,
    close: async () => {
      stop();
      isClosed = true;
      await running;
    },
  };
}
