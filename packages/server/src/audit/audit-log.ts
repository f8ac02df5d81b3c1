import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import type { Database } from '../postgres/database.ts';

/** Who did it: a member, somebody of the vendor's staff, whoever holds the admin token, or the service itself. */
export interface Actor {
  readonly kind: 'member' | 'staff' | 'operator' | 'system';
  readonly id: string;
  /** As people know them: an address. */
  readonly name: string;
}

export interface AuditEntry {
  /** Whose log it belongs to; undefined: the whole service's. */
  readonly tenantId: string | undefined;
  readonly actor: Actor;
  /** The operation, as the API names it: createOwnKey. */
  readonly action: string;
  /** Id of what it was done to. */
  readonly target?: string | undefined;
  /** Never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly address?: string | undefined;
}

export interface AuditEvent {
  readonly id: string;
  readonly tenantId: string | null;
  readonly actor: Actor;
  readonly action: string;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly address: string | null;
  readonly createdAt: Date;
}

type Row = Record<string, unknown> & {
  readonly id: string;
  readonly tenant_id: string | null;
  readonly actor_kind: Actor['kind'];
  readonly actor_id: string;
  readonly actor_name: string;
  readonly action: string;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly address: string | null;
  readonly created_at: string;
};

/** What was changed, by whom and from where; nothing in it is ever changed. Methods may throw AppError DATABASE_UNAVAILABLE. */
export class AuditLog {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  async write({ tenantId, actor, action, target, details, address }: AuditEntry): Promise<void> {
    const nowMs = this.#clock.now();
    await this.#database.query((executor) =>
      executor.execute(sql`INSERT INTO audit_events
        (id, tenant_id, actor_kind, actor_id, actor_name, action, target, details, address, created_at)
        VALUES (${newId('aud', nowMs)}, ${tenantId ?? null}, ${actor.kind}, ${actor.id}, ${actor.name}, ${action},
          ${target ?? null}, ${JSON.stringify(details ?? {})}::jsonb, ${address ?? null}, ${new Date(nowMs).toISOString()})`),
    );
  }

  /**
   * The newest first, after the event with id `after`; one more than `limit` tells that there is more.
   * @param query `tenantId`: whose; undefined: all
   */
  async list(query: {
    readonly tenantId: string | undefined;
    readonly action?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<AuditEvent[]> {
    const { tenantId, action, after, limit } = query;
    const conditions = [
      sql`true`,
      ...(tenantId === undefined ? [] : [sql`tenant_id = ${tenantId}`]),
      ...(action === undefined ? [] : [sql`action = ${action}`]),
      ...(after === undefined ? [] : [sql`id < ${after}`]),
    ];
    const { rows } = await this.#database.query((executor) =>
      executor.execute<Row>(
        sql`SELECT * FROM audit_events WHERE ${sql.join(conditions, sql` AND `)} ORDER BY id DESC LIMIT ${limit + 1}`,
      ),
    );
    return rows.map((row) => ({
      id: row.id,
      tenantId: row.tenant_id,
      actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
      action: row.action,
      target: row.target,
      details: row.details,
      address: row.address,
      createdAt: new Date(row.created_at),
    }));
  }
}
