import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';
import { rowsOf } from './customers.ts';
import { msOf } from './instants.ts';

/** What was written down to be billed by a meter. */
export interface OverageReport {
  readonly id: string;
  readonly tenantId: string;
  readonly customerId: string;
  readonly meter: string;
  readonly hourMs: number;
  readonly tokens: number;
  readonly sentAtMs: number | null;
  readonly refused: string | null;
}

/** The newest first, after the report with id `after`; one more than `limit` tells that there is more. */
export async function listOverage(
  database: Database,
  query: {
    readonly tenantId?: string | undefined;
    readonly isSent?: boolean | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<readonly OverageReport[]> {
  const { tenantId, isSent, after, limit } = query;
  const conditions = [
    sql`true`,
    ...(tenantId === undefined ? [] : [sql`tenant_id = ${tenantId}`]),
    ...(isSent === undefined ? [] : [sql`(sent_at IS NOT NULL) = ${isSent}`]),
    ...(after === undefined ? [] : [sql`(hour, id) < (SELECT hour, id FROM overage_reports WHERE id = ${after})`]),
  ];
  const rows = await database.query((executor) =>
    rowsOf(
      executor,
      sql`SELECT * FROM overage_reports WHERE ${sql.join(conditions, sql` AND `)}
        ORDER BY hour DESC, id DESC LIMIT ${limit + 1}`,
    ),
  );
  return rows.map((row) => ({
    id: String(row['id']),
    tenantId: String(row['tenant_id']),
    customerId: String(row['customer_id']),
    meter: String(row['meter']),
    hourMs: msOf(row['hour']) ?? 0,
    tokens: Number(row['tokens']),
    sentAtMs: msOf(row['sent_at']),
    refused: row['refused'] as string | null,
  }));
}
