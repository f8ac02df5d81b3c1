import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { rowsOf } from './customers.ts';
import { iso, msOf } from './instants.ts';
import { hourMs } from './overage.ts';
import { stripeErrorOf, type Stripe, type StripeClient } from './stripe-client.ts';

export interface OverageSender {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stripe: StripeClient;
  /** A report that was begun longer ago than this belongs to a process that died. */
  readonly claimStaleMs: number;
}

interface Report {
  readonly id: string;
  readonly customerId: string;
  readonly meter: string;
  readonly hourMs: number;
  readonly atMs: number;
  readonly tokens: number;
  readonly firstTriedMs: number | null;
}

/** What Stripe refused is tried again this seldom: somebody has to set up the meter, or to bring the customer back. */
const refusedPauseMs = hourMs;
/** So long Stripe surely knows the name of an event again; after that it has to be asked what it has. */
const nameKnownMs = 23 * hourMs;
/** Stripe takes events of the last 35 days. */
const oldestMs = 34 * 24 * hourMs;
/** So many in one go; then other work has its turn. */
const atOnce = 500;

/** One at a time, so that a process that dies holds up no other report. */
async function claim({ database, clock, claimStaleMs }: OverageSender): Promise<Report | undefined> {
  const nowMs = clock.now();
  const [row] = await database.query((executor) =>
    rowsOf(
      executor,
      sql`WITH due AS (
          SELECT id, first_tried_at FROM overage_reports WHERE sent_at IS NULL AND (claimed_at IS NULL OR claimed_at <=
            CASE WHEN refused IS NULL THEN ${iso(nowMs - claimStaleMs)} ELSE ${iso(nowMs - refusedPauseMs)} END::timestamptz)
          ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        UPDATE overage_reports r SET claimed_at = ${iso(nowMs)}, first_tried_at = coalesce(r.first_tried_at, ${iso(nowMs)})
        FROM due WHERE r.id = due.id
        RETURNING r.id, r.customer_id, r.meter, r.hour, r.at, r.tokens, due.first_tried_at AS tried`,
    ),
  );
  if (row === undefined) return undefined;
  return {
    id: String(row['id']),
    customerId: String(row['customer_id']),
    meter: String(row['meter']),
    hourMs: msOf(row['hour']) ?? 0,
    atMs: msOf(row['at']) ?? 0,
    tokens: Number(row['tokens']),
    firstTriedMs: msOf(row['tried']),
  };
}

async function meterId(client: Stripe, eventName: string): Promise<string | undefined> {
  for await (const meter of client.billing.meters.list({ status: 'active', limit: 100 }))
    if (meter.event_name === eventName) return meter.id;
  return undefined;
}

/** Tokens of that hour that are known to be there. */
async function sentOf({ database }: OverageSender, { customerId, meter, hourMs: hour }: Report): Promise<number> {
  const [row] = await database.query((executor) =>
    rowsOf(
      executor,
      sql`SELECT coalesce(sum(tokens), 0)::text AS sent FROM overage_reports
        WHERE customer_id = ${customerId} AND meter = ${meter} AND hour = ${iso(hour)} AND sent_at IS NOT NULL`,
    ),
  );
  return Number(row?.['sent'] ?? 0);
}

/**
 * Did a report arrive whose answer did not? Its name may be forgotten by now, but the sum of its hour is there.
 * @throws AppError PAYMENT_PROVIDER_*
 */
async function hasArrived(sender: OverageSender, report: Report): Promise<boolean> {
  const sent = await sentOf(sender, report);
  const total = await sender.stripe.call(async (client) => {
    const id = await meterId(client, report.meter);
    if (id === undefined) return 0;
    const window = { start_time: report.hourMs / 1_000, end_time: (report.hourMs + hourMs) / 1_000 };
    const { data } = await client.billing.meters.listEventSummaries(id, { customer: report.customerId, ...window });
    return data.reduce((all, { aggregated_value: value }) => all + value, 0);
  });
  return total >= sent + report.tokens;
}

/** Stripe refuses a name that it knows: the report is there already. */
function isKnownAlready(error: unknown): boolean {
  const told = stripeErrorOf(error);
  if (told === undefined) return false;
  return told.code === 'duplicate_meter_event' || /already exists with identifier/i.test(told.message);
}

async function deliver(sender: OverageSender, report: Report): Promise<void> {
  const { stripe, clock } = sender;
  const { id, customerId, meter, tokens, firstTriedMs } = report;
  const nowMs = clock.now();
  if (firstTriedMs !== null && nowMs - firstTriedMs > nameKnownMs && (await hasArrived(sender, report))) return;
  try {
    await stripe.call((client) =>
      client.billing.meterEvents.create({
        event_name: meter,
        identifier: id,
        payload: { stripe_customer_id: customerId, value: String(tokens) },
        timestamp: Math.floor(Math.max(report.atMs, nowMs - oldestMs) / 1_000),
      }),
    );
  } catch (error) {
    if (!isKnownAlready(error)) throw error;
  }
}

async function finish(
  { database }: OverageSender,
  id: string,
  end: { readonly sentAtMs: number } | { readonly refused: string },
): Promise<void> {
  const change =
    'refused' in end
      ? sql`refused = ${end.refused.slice(0, 500)}`
      : sql`sent_at = ${iso(end.sentAtMs)}, refused = NULL`;
  await database.query((executor) => executor.execute(sql`UPDATE overage_reports SET ${change} WHERE id = ${id}`));
}

/**
 * Sends to Stripe what was written down and is not there yet. A report is sent until Stripe has surely taken it, under a
 * name by which Stripe knows it again, so a crash at any point bills nothing twice and loses nothing.
 * @returns tokens that are there now
 */
export async function sendOverage(sender: OverageSender): Promise<number> {
  const { clock, logger } = sender;
  let tokens = 0;
  for (let count = 0; count < atOnce; count += 1) {
    const report = await claim(sender);
    if (report === undefined) break;
    try {
      await deliver(sender, report);
      await finish(sender, report.id, { sentAtMs: clock.now() });
      tokens += report.tokens;
    } catch (error) {
      const told = stripeErrorOf(error);
      if (told?.statusCode === 400 || told?.statusCode === 404) {
        await finish(sender, report.id, { refused: told.message });
        logger.error({ report: report.id, code: told.code }, 'Stripe refuses to bill an overage; see overage_reports');
      } else {
        // The claim grows stale, and it is tried again.
        logger.warn({ report: report.id, reason: errorMessage(error) }, 'an overage could not be sent to Stripe yet');
      }
    }
  }
  return tokens;
}
