import { sql } from 'drizzle-orm';
import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { rowsOf } from './customers.ts';
import { iso, msOf } from './instants.ts';
import { hourMs, hourStart, monthAround, overageOf } from './overage.ts';
import { piecesOf } from './overage-usage.ts';
import type { BillingRules } from './rules.ts';

export interface OverageSources {
  readonly database: Database;
  readonly clock: Clock;
  readonly rules: BillingRules;
  readonly byokModels: readonly string[];
  /** Moves what was metered by this process into the ledger. */
  readonly flush: () => Promise<void>;
}

/** So long after its end an hour is billed: until then its requests have reached the ledger. What comes later is billed later. */
const settleMs = 10 * 60_000;
/** The same of a subscription's end, which cannot wait: its last invoice is closed within the hour. */
const endedSettleMs = 2 * 60_000;
/** So long after its end a month is looked at again for what came late. */
const lateMs = 7 * 86_400_000;

interface Month {
  readonly startMs: number;
  readonly endMs: number;
}

/** Tenants that were allowed to go beyond a plan at some time of the month. */
async function tenantsOf(executor: Executor, { startMs, endMs }: Month): Promise<readonly string[]> {
  const rows = await rowsOf(
    executor,
    sql`SELECT DISTINCT p.tenant_id FROM tenant_plans p
      WHERE p.overage AND p.since < ${iso(endMs)}::timestamptz AND NOT EXISTS (
        SELECT 1 FROM tenant_plans later WHERE later.tenant_id = p.tenant_id AND (later.since, later.id) > (p.since, p.id)
          AND later.since <= ${iso(startMs)}::timestamptz)
      ORDER BY 1`,
  );
  return rows.map((row) => String(row['tenant_id']));
}

/** A part of a month that is over, and the hour that its report is named after. */
interface Cut {
  readonly hour: number;
  readonly endMs: number;
}

/**
 * Hours that were used and not reported yet, and the last one, for what came late. A subscription that ended is reported
 * soon after: its last invoice is made within the hour.
 */
async function cutsOf(
  executor: Executor,
  tenantId: string,
  month: Month,
  until: { readonly lastHour: number; readonly nowMs: number },
): Promise<readonly Cut[]> {
  const { lastHour, nowMs } = until;
  const monthName = iso(month.startMs).slice(0, 10);
  const used = await rowsOf(
    executor,
    sql`SELECT DISTINCT hour FROM usage_rollups WHERE tenant_id = ${tenantId}
        AND hour >= ${iso(month.startMs)}::timestamptz AND hour < ${iso(Math.min(month.endMs, lastHour))}::timestamptz
        AND hour > coalesce((SELECT max(hour) FROM overage_reports WHERE tenant_id = ${tenantId} AND month = ${monthName}),
          '-infinity')
      ORDER BY hour`,
  );
  const ended = await rowsOf(
    executor,
    sql`SELECT ended_at FROM subscriptions WHERE tenant_id = ${tenantId}
        AND ended_at > ${iso(Math.max(lastHour + hourMs, month.startMs))}::timestamptz
        AND ended_at <= ${iso(Math.min(nowMs - endedSettleMs, month.endMs))}::timestamptz
      ORDER BY ended_at`,
  );
  const whole = [...used.map((row) => msOf(row['hour']) ?? 0), lastHour];
  const cuts = whole.map((hour) => ({ hour, endMs: Math.min(hour + hourMs, month.endMs) }));
  const last = ended.map((row) => msOf(row['ended_at']) ?? 0).map((endMs) => ({ hour: hourStart(endMs), endMs }));
  return [...cuts, ...last];
}

/** Names a report: at most 100 characters, which is what Stripe takes. */
function reportId(tenantId: string, meter: string, hour: number, monthName: string): string {
  const short = meter.length <= 40 ? meter : hash('sha256', meter).slice(0, 32);
  return `${tenantId}.${short}.${iso(hour).slice(0, 13)}.${monthName.slice(0, 7)}`;
}

interface Payer {
  readonly customerId: string;
  readonly endedAtMs: number | null;
}

/** The instant to bill at: the end, or just before the subscription ended, so that it is on its last invoice. */
function billedAt({ hour, endMs }: Cut, { endedAtMs }: Payer): number {
  const end = Math.max(endMs, hour + 1_000);
  return (endedAtMs !== null && endedAtMs > hour && endedAtMs < end ? endedAtMs : end) - 1_000;
}

async function payerOf(executor: Executor, tenantId: string): Promise<Payer | undefined> {
  const [row] = await rowsOf(
    executor,
    sql`SELECT s.customer_id, s.ended_at FROM subscriptions s LEFT JOIN billing_accounts a ON a.tenant_id = s.tenant_id
      WHERE s.tenant_id = ${tenantId} AND s.rank >= 0
      ORDER BY (s.status IN ('active', 'trialing', 'past_due')) DESC, (s.customer_id = a.customer_id) DESC NULLS LAST,
        s.event_created DESC, s.id DESC LIMIT 1`,
  );
  return row === undefined ? undefined : { customerId: String(row['customer_id']), endedAtMs: msOf(row['ended_at']) };
}

/** Writes down what is beyond the plan until the end of an hour and not written down yet: once, whoever comes first. */
async function reportCut(
  { database, clock, rules, byokModels }: OverageSources,
  place: { readonly tenantId: string; readonly month: Month; readonly cut: Cut },
): Promise<number> {
  const { tenantId, month, cut } = place;
  const { hour, endMs } = cut;
  const monthName = iso(month.startMs).slice(0, 10);
  return database.transaction(async (executor) => {
    // All that reports for the tenant takes turns here.
    const known = await rowsOf(executor, sql`SELECT id FROM tenants WHERE id = ${tenantId} FOR NO KEY UPDATE`);
    const payer = await payerOf(executor, tenantId);
    if (known.length === 0 || payer === undefined) return 0;
    const pieces = await piecesOf(executor, rules, { tenantId, startMs: month.startMs, endMs, byokModels });
    let reported = 0;
    for (const [meter, tokens] of overageOf(pieces)) {
      const [row] = await rowsOf(
        executor,
        sql`SELECT reported FROM overage_months
          WHERE tenant_id = ${tenantId} AND month = ${monthName} AND meter = ${meter}`,
      );
      const fresh = tokens - Number(row?.['reported'] ?? 0);
      if (fresh <= 0) continue;
      const id = reportId(tenantId, meter, hour, monthName);
      const written = await rowsOf(
        executor,
        sql`INSERT INTO overage_reports (id, tenant_id, customer_id, meter, month, hour, at, tokens, created_at)
          VALUES (${id}, ${tenantId}, ${payer.customerId}, ${meter}, ${monthName}, ${iso(hour)},
            ${iso(billedAt(cut, payer))}, ${fresh}, ${iso(clock.now())})
          ON CONFLICT (id) DO NOTHING RETURNING 1`,
      );
      if (written.length === 0) continue;
      await executor.execute(sql`INSERT INTO overage_months AS m (tenant_id, month, meter, reported)
        VALUES (${tenantId}, ${monthName}, ${meter}, ${fresh})
        ON CONFLICT (tenant_id, month, meter) DO UPDATE SET reported = m.reported + EXCLUDED.reported`);
      reported += fresh;
    }
    return reported;
  });
}

/**
 * Writes down, for each tenant that pays for it, the tokens used beyond its plan until the last hour that is over. The
 * sum of what is written down is exactly what the ledger holds beyond the plan, however often and by however many
 * processes this is done, and wherever they die.
 * @returns tokens written down now
 */
export async function reportOverage(sources: OverageSources): Promise<number> {
  const { database, clock, flush } = sources;
  const nowMs = clock.now();
  const lastHour = hourStart(nowMs - settleMs) - hourMs;
  const months = [monthAround(lastHour - lateMs), monthAround(lastHour)].filter(
    (month, index, all) => index === all.findIndex(({ startMs }) => startMs === month.startMs),
  );
  let reported = 0;
  let isFlushed = false;
  for (const month of months) {
    const tenants = await database.query((executor) => tenantsOf(executor, month));
    if (tenants.length > 0 && !isFlushed) await flush();
    isFlushed ||= tenants.length > 0;
    for (const tenantId of tenants)
      for (const cut of await database.query((executor) => cutsOf(executor, tenantId, month, { lastHour, nowMs })))
        reported += await reportCut(sources, { tenantId, month, cut });
  }
  return reported;
}

/**
 * Writes down what a tenant has used beyond its plan until now: before its subscription is changed so that it could not be
 * billed any more.
 */
export async function reportNow(sources: OverageSources, tenantId: string): Promise<void> {
  await sources.flush();
  const endMs = sources.clock.now();
  await reportCut(sources, { tenantId, month: monthAround(endMs), cut: { hour: hourStart(endMs), endMs } });
}
