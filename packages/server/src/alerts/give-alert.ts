import { sql } from 'drizzle-orm';
import { windowEnd } from '../limits/window.ts';
import { orderMails } from '../mail/tenant-mails.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { recordEvent } from '../webhooks/record-event.ts';
import { alertMail } from './alert-mail.ts';
import type { Alert } from './alert.ts';

export interface AlertOutlets {
  readonly database: Database;
  readonly brandName: string;
  readonly publicUrl: string;
}

/** Writes down the thresholds that are reached. @returns the highest, where nobody was told of it or a higher one yet */
async function claimThreshold(executor: Executor, alert: Alert, nowMs: number): Promise<number | undefined> {
  const { tenantId, limit, windowStartMs, used, reached } = alert;
  const start = new Date(windowStartMs).toISOString();
  const values = reached.map(
    (threshold) => sql`(${tenantId}, ${limit.subject}, ${limit.name}, ${start}, ${limit.quota}, ${threshold}, ${used},
      ${new Date(nowMs).toISOString()})`,
  );
  const { rows: fresh } = await executor.execute<{ threshold: number }>(sql`INSERT INTO limit_alerts
      (tenant_id, subject, limit_name, window_start, quota, threshold, used, created_at)
    VALUES ${sql.join(values, sql`, `)} ON CONFLICT DO NOTHING RETURNING threshold`);
  const highest = Math.max(...fresh.map(({ threshold }) => threshold));
  if (fresh.length === 0) return undefined;
  const { rows: higher } = await executor.execute(sql`SELECT 1 FROM limit_alerts
    WHERE tenant_id = ${tenantId} AND subject = ${limit.subject} AND limit_name = ${limit.name}
      AND window_start = ${start}::timestamptz AND quota = ${limit.quota} AND threshold > ${highest} LIMIT 1`);
  return higher.length === 0 ? highest : undefined;
}

/**
 * Tells a tenant once, whatever the number of processes, that a threshold is reached: by mail and webhook, as it wishes. Of
 * several that are reached at once it is told the highest.
 * @returns whether this process told it
 */
export function giveAlert(outlets: AlertOutlets, alert: Alert, nowMs: number): Promise<boolean> {
  return outlets.database.transaction(async (executor) => {
    const threshold = await claimThreshold(executor, alert, nowMs);
    if (threshold === undefined) return false;
    const { tenantId, limit, windowStartMs, used, keyId, settings } = alert;
    const start = new Date(windowStartMs).toISOString();
    if (settings.webhook) {
      const data = {
        ...{ limit: limit.name, counts: limit.counts, window: limit.window, threshold, used, quota: limit.quota },
        ...{ key_id: keyId, window_start: start },
        resets_at: new Date(windowEnd(limit.window, windowStartMs)).toISOString(),
      };
      await recordEvent(executor, { tenantId, type: 'limit.reached', data, nowMs });
    }
    if (settings.mail) {
      const id = `limit-${limit.subject}-${limit.name}-${start.slice(0, 10)}-${limit.quota}-${threshold}`;
      await orderMails(executor, { id, tenantId, nowMs, ...alertMail(alert, threshold, outlets) });
    }
    return true;
  });
}
