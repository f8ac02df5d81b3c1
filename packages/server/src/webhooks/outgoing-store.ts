import { sql } from 'drizzle-orm';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { orderMails } from '../mail/tenant-mails.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { attemptContext } from './delivery-store.ts';
import { disabledMail, type DisabledReason } from './disabled-mail.ts';

/** A delivery that this process is to send now. */
export interface Outgoing {
  readonly id: string;
  readonly tenantId: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly url: string;
  readonly payload: string;
  readonly secrets: readonly Buffer[];
  /** Of all attempts, from 1. */
  readonly attempt: number;
  /** The same since it was ordered last. */
  readonly tries: number;
  /** Tells this sending from one after it was taken for dead. */
  readonly lease: string;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** null: there was no answer. */
  readonly status: number | null;
  /** The beginning of the answer. */
  readonly body: Buffer;
  /** null: it was delivered. */
  readonly error: string | null;
}

/** What becomes of a delivery after an attempt. */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'again'; readonly pauseMs: number }
  /** `endpoint`: what it means for the endpoint itself. */
  | { readonly kind: 'failed'; readonly endpoint: 'gone' | 'blamed' | 'unharmed' };

export interface ClaimBounds {
  readonly limit: number;
  readonly perEndpoint: number;
  readonly perTenant: number;
  /** What this process is sending to each already. */
  readonly busyEndpoints: Readonly<Record<string, number>>;
  readonly busyTenants: Readonly<Record<string, number>>;
}

export interface OutgoingStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
  /** A sending that is silent for so long is taken for dead. */
  readonly leaseMs: number;
  readonly brandName: string;
  readonly publicUrl: string;
}

type Row = Record<string, unknown> & {
  readonly id: string;
  readonly tenant_id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly type: string;
  readonly url: string;
  readonly payload: string;
  readonly secrets: readonly string[] | null;
  readonly attempts: number;
  readonly tries: number;
};

/** The queue of what is to be sent. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class OutgoingStore {
  readonly #options: OutgoingStoreOptions;

  constructor(options: OutgoingStoreOptions) {
    this.#options = options;
  }

  /**
   * Takes what is due, each for one process at a time. Endpoints with something to be sent are found by leaps through the
   * index, then each gives its oldest, and tenants take turns: whoever has much does not keep others waiting.
   */
  async claim(bounds: ClaimBounds): Promise<Outgoing[]> {
    const { limit, perEndpoint, perTenant, busyEndpoints, busyTenants } = bounds;
    const lease = randomBytes(12).toString('hex');
    const now = sql`${this.#at()}::timestamptz`;
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<Row>(sql`WITH RECURSIVE waiting AS (
          (SELECT endpoint_id FROM webhook_deliveries WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
          UNION ALL
          SELECT (SELECT n.endpoint_id FROM webhook_deliveries n WHERE n.status = 'pending'
            AND n.endpoint_id > w.endpoint_id ORDER BY n.endpoint_id LIMIT 1)
          FROM waiting w WHERE w.endpoint_id IS NOT NULL
        ), due AS (
          SELECT d.id, d.next_attempt_at, e.tenant_id,
            row_number() OVER (PARTITION BY e.id ORDER BY d.next_attempt_at, d.id)
              + coalesce((${JSON.stringify(busyEndpoints)}::jsonb ->> e.id)::integer, 0) AS place
          FROM waiting w JOIN webhook_endpoints e ON e.id = w.endpoint_id AND e.enabled
          CROSS JOIN LATERAL (SELECT id, next_attempt_at FROM webhook_deliveries
            WHERE endpoint_id = e.id AND status = 'pending' AND next_attempt_at <= ${now}
            ORDER BY next_attempt_at, id LIMIT ${perEndpoint}) d
        ), fair AS (
          SELECT id, next_attempt_at, row_number() OVER (PARTITION BY tenant_id ORDER BY place, next_attempt_at)
            + coalesce((${JSON.stringify(busyTenants)}::jsonb ->> tenant_id)::integer, 0) AS turn
          FROM due WHERE place <= ${perEndpoint}
        ), chosen AS (
          SELECT id FROM fair WHERE turn <= ${perTenant} ORDER BY turn, next_attempt_at LIMIT ${limit}
        ), locked AS (
          SELECT d.id FROM webhook_deliveries d JOIN chosen c ON c.id = d.id
          WHERE d.status = 'pending' AND d.next_attempt_at <= ${now} FOR UPDATE OF d SKIP LOCKED
        )
        UPDATE webhook_deliveries d SET attempts = d.attempts + 1, tries = d.tries + 1, lease = ${lease},
          next_attempt_at = ${this.#at(this.#options.leaseMs)}
        FROM locked l, webhook_events v, webhook_endpoints e
        WHERE d.id = l.id AND v.id = d.event_id AND e.id = d.endpoint_id
        RETURNING d.id, d.tenant_id, d.endpoint_id, d.event_id, d.attempts, d.tries, v.type, v.payload, e.url,
          (SELECT jsonb_agg(encode(s.secret, 'base64') ORDER BY s.expires_at DESC NULLS FIRST) FROM webhook_secrets s
            WHERE s.endpoint_id = d.endpoint_id AND (s.expires_at IS NULL OR s.expires_at > ${now})) AS secrets`),
    );
    return rows.map((row) => this.#outgoingOf(row, lease));
  }

  /** Writes down how an attempt ended. Of one that was taken for dead meanwhile, only that it took place. */
  async finish(outgoing: Outgoing, end: AttemptEnd, verdict: Verdict): Promise<void> {
    const { id, lease } = outgoing;
    const isOver = verdict.kind !== 'again';
    const status = isOver ? verdict.kind : 'pending';
    const endedMs = end.startedAtMs + end.durationMs;
    const next = new Date(endedMs + (isOver ? 0 : verdict.pauseMs)).toISOString();
    await this.#options.database.transaction(async (executor) => {
      await this.#writeAttempt(executor, outgoing, end);
      const { rows } = await executor.execute<{ begun_at: string }>(sql`UPDATE webhook_deliveries
        SET status = ${status}, lease = NULL, next_attempt_at = ${next}, response_status = ${end.status},
          ended_at = ${isOver ? this.#at() : null}
        WHERE id = ${id} AND lease = ${lease} RETURNING begun_at`);
      if (verdict.kind === 'delivered') await this.#praise(executor, outgoing, end);
      const [mine] = rows;
      if (mine === undefined || verdict.kind !== 'failed') return;
      if (verdict.endpoint === 'gone') await this.#disable(executor, outgoing, 'gone');
      if (verdict.endpoint === 'blamed') await this.#disable(executor, outgoing, 'failing', new Date(mine.begun_at));
    });
  }

  /** A process that stops in good order gives back what it could not send: that was no attempt. */
  async putBack({ id, lease }: Outgoing): Promise<void> {
    await this.#options.database.query((executor) =>
      executor.execute(sql`UPDATE webhook_deliveries SET lease = NULL, attempts = attempts - 1, tries = tries - 1,
        next_attempt_at = ${this.#at()} WHERE id = ${id} AND lease = ${lease}`),
    );
  }

  async #writeAttempt(executor: Executor, { id, attempt }: Outgoing, end: AttemptEnd): Promise<void> {
    const { startedAtMs, durationMs, status, body, error } = end;
    const sealed = status === null ? null : this.#options.cipher.seal(body, attemptContext(id, attempt));
    await executor.execute(sql`INSERT INTO webhook_attempts
        (delivery_id, number, started_at, duration_ms, response_status, response_body, error)
      SELECT ${id}, ${attempt}::integer, ${new Date(startedAtMs).toISOString()}::timestamptz, ${durationMs}::integer,
        ${status}::integer, ${sealed}::bytea, ${error}
      WHERE EXISTS (SELECT 1 FROM webhook_deliveries WHERE id = ${id} FOR KEY SHARE)
      ON CONFLICT (delivery_id, number) DO NOTHING`);
  }

  async #praise(executor: Executor, { endpointId }: Outgoing, { startedAtMs }: AttemptEnd): Promise<void> {
    const at = new Date(startedAtMs).toISOString();
    await executor.execute(sql`UPDATE webhook_endpoints SET last_success_at = greatest(last_success_at, ${at}::timestamptz)
      WHERE id = ${endpointId}`);
  }

  /** @param unlessReachedSince nothing happens where something was delivered, or it was enabled, since then */
  async #disable(
    executor: Executor,
    { tenantId, endpointId, url, id }: Outgoing,
    reason: DisabledReason,
    unlessReachedSince?: Date,
  ): Promise<void> {
    const since =
      unlessReachedSince === undefined
        ? sql`true`
        : sql`greatest(last_success_at, enabled_at) <= ${unlessReachedSince.toISOString()}::timestamptz`;
    const { rows } = await executor.execute(sql`UPDATE webhook_endpoints
      SET enabled = false, disabled_reason = ${reason}, updated_at = ${this.#at()}
      WHERE id = ${endpointId} AND enabled AND ${since} RETURNING id`);
    if (rows.length === 0) return;
    const { brandName, publicUrl, clock } = this.#options;
    const mail = disabledMail({ reason, url, brandName, consoleUrl: `${publicUrl}/console/webhooks` });
    await orderMails(executor, { id: `webhook-${reason}-${id}`, tenantId, nowMs: clock.now(), ...mail });
  }

  #at(laterMs = 0): string {
    return new Date(this.#options.clock.now() + laterMs).toISOString();
  }

  #outgoingOf(row: Row, lease: string): Outgoing {
    const { cipher } = this.#options;
    return {
      id: row.id,
      tenantId: row.tenant_id,
      endpointId: row.endpoint_id,
      eventId: row.event_id,
      eventType: row.type,
      url: row.url,
      payload: row.payload,
      secrets: (row.secrets ?? []).map((sealed) => cipher.open(Buffer.from(sealed, 'base64'), row.endpoint_id)),
      attempt: row.attempts,
      tries: row.tries,
      lease,
    };
  }
}
