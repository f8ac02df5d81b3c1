import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { repeat } from '../jobs/repeat.ts';
import type { Logger } from '../logger.ts';
import { orderMails, type MailText } from '../mail/tenant-mails.ts';
import type { Database } from '../postgres/database.ts';

export interface TrialNoticesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly brandName: string;
  readonly publicUrl: string;
}

export interface TrialNotices {
  /** Orders the mails that are due; one ordered before is not ordered again. @throws AppError DATABASE_UNAVAILABLE */
  run(): Promise<void>;
  close(): Promise<void>;
}

export type TrialNoticeKind = 'week-before' | 'day-before' | 'ended';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Of a trial that was over for longer nothing is told any more: the service may have been down. */
const lateDays = 14;

/** Which mail is due at an instant; none long before the end or after it. */
export function dueTrialNotice(trialEndsAtMs: number, nowMs: number): TrialNoticeKind | undefined {
  const left = trialEndsAtMs - nowMs;
  if (left > 7 * dayMs || left < -lateDays * dayMs) return undefined;
  if (left > dayMs) return 'week-before';
  return left > 0 ? 'day-before' : 'ended';
}

interface Trial extends Record<string, unknown> {
  readonly id: string;
  readonly trial_ends_at: string;
}

function mailOf({ brandName, publicUrl }: TrialNoticesOptions, day: string, kind: TrialNoticeKind): MailText {
  const url = `${publicUrl}/console/billing`;
  const isOver = kind === 'ended';
  return {
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

/** Organisations whose trial ends soon or has ended lately. */
async function trialsAround(database: Database, nowMs: number): Promise<Trial[]> {
  const from = new Date(nowMs - lateDays * dayMs).toISOString();
  const to = new Date(nowMs + 7 * dayMs).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute<Trial>(sql`SELECT id, trial_ends_at FROM tenants
      WHERE trial_ends_at BETWEEN ${from}::timestamptz AND ${to}::timestamptz AND NOT suspended ORDER BY id`),
  );
  return rows;
}

/** Mails before and at the end of a trial, each once whatever the number of processes. */
export function createTrialNotices(options: TrialNoticesOptions): TrialNotices {
  const { database, clock, logger } = options;
  const run = async (): Promise<void> => {
    const nowMs = clock.now();
    for (const { id: tenantId, trial_ends_at: end } of await trialsAround(database, nowMs)) {
      const kind = dueTrialNotice(new Date(end).getTime(), nowMs);
      if (kind === undefined) continue;
      const day = new Date(end).toISOString().slice(0, 10);
      const mail = { id: `trial-${kind}-${day}-${tenantId}`, tenantId, nowMs, ...mailOf(options, day, kind) };
      await database.query((executor) => orderMails(executor, mail));
    }
  };
  const close = repeat({ clock, logger, what: 'trials', everyMs: hourMs }, run);
  return { run, close };
}
