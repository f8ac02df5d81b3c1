import { sql } from 'drizzle-orm';
import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { rowsOf } from './customers.ts';
import { iso, msOf } from './instants.ts';
import { billedAt, hourStart, monthAround, overageOf } from './overage.ts';
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

const hourMs = 3_600_000;
/** So long after its end an hour is billed: until then its requests have reached the ledger. What comes later is billed later. */
const settleMs = 10 * 60_000;
/** So long after its end a month is looked at again for what came late. */
const lateMs = 3 * 86_400_000;

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

/** Hours that were used and not reported yet, and the last one, for what came late. */
async function hoursOf(executor: Executor, tenantId: string, month: Month, lastHourMs: number): Promise<number[]> {
  const monthName = iso(month.startMs).slice(0, 10);
  const rows = await rowsOf(
    executor,
    sql`SELECT DISTINCT hour FROM usage_rollups WHERE tenant_id = ${tenantId}
        AND hour >= ${iso(month.startMs)}::timestamptz AND hour < ${iso(Math.min(month.endMs, lastHourMs))}::timestamptz
        AND hour > coalesce((SELECT max(hour) FROM overage_reports WHERE tenant_id = ${tenantId} AND month = ${monthName}),
          '-infinity')
      ORDER BY hour`,
  );
  return [...rows.map((row) => msOf(row['hour']) ?? 0), lastHourMs];
}

/** Names a report: at most 100 characters, which is what Stripe takes. */
function reportId(tenantId: string, meter: string, hour: number, monthName: string): string {
  const short = meter.length <= 40 ? meter : hash('sha256', meter).slice(0, 32);
  return `${tenantId}.${short}.${iso(hour).slice(0, 13)}.${monthName.slice(0, 7)}`;
}

interface Payer {
  readonly customerId: string;
  /** Instants at which a period of his ended. */
  readonly boundaries: readonly number[];
}

async function payerOf(executor: Executor, tenantId: string): Promise<Payer | undefined> {
  const rows = await rowsOf(
    executor,
    sql`SELECT customer_id, period_start, ended_at FROM subscriptions WHERE tenant_id = ${tenantId}
      ORDER BY (status IN ('active', 'trialing', 'past_due')) DESC, event_created DESC, id DESC`,
  );
  const customerId = rows[0]?.['customer_id'];
  if (typeof customerId !== 'string') return undefined;
  const boundaries = rows.flatMap((row) => [msOf(row['period_start']), msOf(row['ended_at'])]);
  return { customerId, boundaries: boundaries.filter((boundary) => boundary !== null) };
}

/** Writes down what is beyond the plan until the end of an hour and not written down yet: once, whoever comes first. */
async function reportHour(
  { database, clock, rules, byokModels }: OverageSources,
  place: { readonly tenantId: string; readonly month: Month; readonly hour: number },
): Promise<number> {
  const { tenantId, month, hour } = place;
  const monthName = iso(month.startMs).slice(0, 10);
  const endMs = Math.min(hour + hourMs, month.endMs);
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
            ${iso(billedAt(hour, payer.boundaries))}, ${fresh}, ${iso(clock.now())})
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
      for (const hour of await database.query((executor) => hoursOf(executor, tenantId, month, lastHour)))
        reported += await reportHour(sources, { tenantId, month, hour });
  }
  return reported;
}
