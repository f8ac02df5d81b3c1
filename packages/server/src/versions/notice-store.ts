import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';
import type { NoticeKind } from './lifecycle.ts';

export interface Notice {
  readonly subject: string;
  readonly tenantId: string;
  readonly kind: NoticeKind;
  readonly recipient: string;
  readonly sentAt: Date | null;
}

/** A tenant to be written to, with the keys it still uses the version by. */
export interface NoticeRecipient {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly email: string;
  readonly keyNames: readonly string[];
}

interface NoticeRow extends Record<string, unknown> {
  subject: string;
  tenant_id: string;
  kind: NoticeKind;
  recipient: string;
  sent_at: Date | string | null;
}

const asDate = (value: Date | string) => (value instanceof Date ? value : new Date(value));

/** How many living keys spoke each version since an instant. */
export async function countVersionKeys(database: Database, sinceMs: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await database.query((executor) =>
    executor.execute<{ version: string; keys: string }>(sql`
      SELECT u.version, count(*) AS keys FROM version_usage u JOIN api_keys k ON k.id = u.key_id
      WHERE u.last_used_at >= ${new Date(sinceMs).toISOString()}::timestamptz AND k.revoked_at IS NULL GROUP BY u.version`),
  );
  return new Map(rows.map((row) => [row.version, Number(row.keys)]));
}

/** A living key that spoke a version, and when last. */
export interface VersionKey {
  readonly keyId: string;
  readonly keyName: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly contactEmail: string | null;
  readonly lastUsedAt: Date;
}

/** Keys that spoke `version` since an instant, in the order of their ids. @param after an id of the page before */
export async function listVersionKeys(
  database: Database,
  {
    version,
    sinceMs,
    after,
    limit,
  }: {
    readonly version: string;
    readonly sinceMs: number;
    readonly after: string | undefined;
    readonly limit: number;
  },
): Promise<VersionKey[]> {
  const { rows } = await database.query((executor) =>
    executor.execute<{
      key_id: string;
      key_name: string;
      tenant_id: string;
      tenant_name: string;
      contact_email: string | null;
      last_used_at: Date | string;
    }>(sql`
      SELECT k.id AS key_id, k.name AS key_name, t.id AS tenant_id, t.name AS tenant_name, t.contact_email, u.last_used_at
      FROM version_usage u JOIN api_keys k ON k.id = u.key_id JOIN tenants t ON t.id = k.tenant_id
      WHERE u.version = ${version} AND u.last_used_at >= ${new Date(sinceMs).toISOString()}::timestamptz
        AND k.revoked_at IS NULL AND k.id > ${after ?? ''}
      ORDER BY k.id LIMIT ${limit + 1}`),
  );
  return rows.map((row) => ({
    keyId: row.key_id,
    keyName: row.key_name,
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    contactEmail: row.contact_email,
    lastUsedAt: asDate(row.last_used_at),
  }));
}

export async function listNotices(database: Database): Promise<Notice[]> {
  const { rows } = await database.query((executor) =>
    executor.execute<NoticeRow>(
      sql`SELECT subject, tenant_id, kind, recipient, sent_at FROM version_notices ORDER BY subject, kind, tenant_id`,
    ),
  );
  return rows.map((row) => ({
    subject: row.subject,
    tenantId: row.tenant_id,
    kind: row.kind,
    recipient: row.recipient,
    sentAt: row.sent_at === null ? null : asDate(row.sent_at),
  }));
}

/** Tenants with living keys that spoke `version` since an instant, and that have not been sent this notice. */
export async function dueRecipients(
  database: Database,
  query: { readonly version: string; readonly kind: NoticeKind; readonly sinceMs: number; readonly nowMs: number },
): Promise<NoticeRecipient[]> {
  const { rows } = await database.query((executor) =>
    executor.execute<{ id: string; name: string; contact_email: string; keys: string[] }>(sql`
      SELECT t.id, t.name, t.contact_email, array_agg(k.name ORDER BY k.id) AS keys
      FROM version_usage u JOIN api_keys k ON k.id = u.key_id JOIN tenants t ON t.id = k.tenant_id
      WHERE u.version = ${query.version} AND u.last_used_at >= ${new Date(query.sinceMs).toISOString()}::timestamptz AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ${new Date(query.nowMs).toISOString()}::timestamptz) AND t.contact_email IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM version_notices n WHERE n.subject = u.version AND n.tenant_id = t.id AND n.kind = ${query.kind} AND n.sent_at IS NOT NULL)
      GROUP BY t.id, t.name, t.contact_email ORDER BY t.id`),
  );
  return rows.map((row) => ({ tenantId: row.id, tenantName: row.name, email: row.contact_email, keyNames: row.keys }));
}

interface NoticeClaim {
  readonly subject: string;
  readonly tenantId: string;
  readonly kind: NoticeKind;
  readonly recipient: string;
  readonly nowMs: number;
  /** A claim older than this, unsent, belongs to a process that died. */
  readonly staleMs: number;
}

/** One process of many may send a notice. @returns whether it is this one */
export async function claimNotice(
  database: Database,
  { subject, tenantId, kind, recipient, nowMs, staleMs }: NoticeClaim,
): Promise<boolean> {
  const now = new Date(nowMs).toISOString();
  const { rows } = await database.query((executor) =>
    executor.execute(sql`
      INSERT INTO version_notices AS n (subject, tenant_id, kind, recipient, claimed_at) VALUES (${subject}, ${tenantId}, ${kind}, ${recipient}, ${now})
      ON CONFLICT (subject, tenant_id, kind) DO UPDATE SET claimed_at = excluded.claimed_at, recipient = excluded.recipient
      WHERE n.sent_at IS NULL AND n.claimed_at <= ${new Date(nowMs - staleMs).toISOString()}
      RETURNING 1`),
  );
  return rows.length > 0;
}

export async function markSent(
  database: Database,
  notice: { readonly subject: string; readonly tenantId: string; readonly kind: NoticeKind; readonly nowMs: number },
): Promise<void> {
  await database.query((executor) =>
    executor.execute(
      sql`UPDATE version_notices SET sent_at = ${new Date(notice.nowMs).toISOString()} WHERE subject = ${notice.subject} AND tenant_id = ${notice.tenantId} AND kind = ${notice.kind}`,
    ),
  );
}
