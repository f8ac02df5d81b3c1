import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import type { Delivery, DeliveryAttempt, DeliveryDetail, DeliveryStatus } from './endpoint.ts';
import { endpointNotFound } from './endpoint-store.ts';
import { recordEvent } from './record-event.ts';

export interface DeliveryStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
}

type Row = Record<string, unknown> & {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly type: string;
  readonly payload: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly response_status: number | null;
  readonly next_attempt_at: string;
  readonly created_at: string;
  readonly ended_at: string | null;
};

type AttemptRow = Record<string, unknown> & {
  readonly number: number;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly response_status: number | null;
  readonly response_body: Uint8Array | null;
  readonly error: string | null;
};

/** So many of the latest attempts are shown. */
const mostAttempts = 100;

const selected = sql`SELECT d.*, v.type, v.payload FROM webhook_deliveries d JOIN webhook_events v ON v.id = d.event_id`;

function deliveryOf(row: Row): Delivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    eventType: row.type,
    status: row.status,
    attempts: row.attempts,
    responseStatus: row.response_status,
    nextAttemptAt: row.status === 'pending' ? new Date(row.next_attempt_at) : null,
    createdAt: new Date(row.created_at),
    endedAt: row.ended_at === null ? null : new Date(row.ended_at),
  };
}

/** What an attempt's sealed answer is bound to. */
export function attemptContext(deliveryId: string, number: number): string {
  return `${deliveryId} ${number}`;
}

function notFound(id: string): AppError {
  return new AppError('RESOURCE_NOT_FOUND', `This webhook has no delivery ${JSON.stringify(id.slice(0, 64))}.`, {
    param: 'delivery',
  });
}

function disabled(): AppError {
  return new AppError('CONFLICT', 'The webhook is disabled: nothing is sent to it. Enable it first.', { param: 'id' });
}

/** What was and will be sent to a tenant's endpoints. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class DeliveryStore {
  readonly #options: DeliveryStoreOptions;

  constructor(options: DeliveryStoreOptions) {
    this.#options = options;
  }

  /** Newest first; one more than `limit` tells that there is more. @throws AppError RESOURCE_NOT_FOUND (endpoint) */
  list(query: {
    readonly tenantId: string;
    readonly endpointId: string;
    readonly status?: DeliveryStatus | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<Delivery[]> {
    const { tenantId, endpointId, status, after, limit } = query;
    const wanted = status === undefined ? sql`true` : sql`d.status = ${status}`;
    const behind = after === undefined ? sql`true` : sql`d.id < ${after}`;
    return this.#options.database.transaction(async (executor) => {
      await this.#requireEndpoint(executor, tenantId, endpointId);
      const { rows } = await executor.execute<Row>(sql`${selected} WHERE d.endpoint_id = ${endpointId}
        AND d.tenant_id = ${tenantId} AND ${wanted} AND ${behind} ORDER BY d.id DESC LIMIT ${limit + 1}`);
      return rows.map(deliveryOf);
    });
  }

  /** @throws AppError RESOURCE_NOT_FOUND */
  get(tenantId: string, endpointId: string, id: string): Promise<DeliveryDetail> {
    return this.#options.database.transaction(async (executor) => {
      const row = await this.#find(executor, { tenantId, endpointId, id });
      const { rows } = await executor.execute<AttemptRow>(sql`SELECT * FROM webhook_attempts
        WHERE delivery_id = ${id} ORDER BY number DESC LIMIT ${mostAttempts}`);
      const attemptLog = rows.toReversed().map((attempt) => this.#attemptOf(id, attempt));
      return { ...deliveryOf(row), payload: row.payload, attemptLog };
    });
  }

  /** Sends an event that nothing happened for. @throws AppError RESOURCE_NOT_FOUND, CONFLICT (disabled) */
  test(tenantId: string, endpointId: string): Promise<Delivery> {
    const nowMs = this.#options.clock.now();
    return this.#options.database.transaction(async (executor) => {
      const { enabled } = await this.#requireEndpoint(executor, tenantId, endpointId);
      if (!enabled) throw disabled();
      const data = { webhook_id: endpointId, message: 'This is a test. Nothing has happened.' };
      const id = await recordEvent(executor, { tenantId, nowMs, type: 'webhook.test', data }, endpointId);
      const { rows } = await executor.execute<Row>(
        sql`${selected} WHERE d.event_id = ${id} AND d.endpoint_id = ${endpointId}`,
      );
      const [row] = rows;
      if (row === undefined) throw endpointNotFound(endpointId);
      return deliveryOf(row);
    });
  }

  /**
   * Sends a delivery once more, with the same webhook-id; one that waits is sent now, one that is being sent is left alone.
   * @throws AppError RESOURCE_NOT_FOUND, CONFLICT (disabled)
   */
  redeliver(tenantId: string, endpointId: string, id: string): Promise<Delivery> {
    const now = new Date(this.#options.clock.now()).toISOString();
    return this.#options.database.transaction(async (executor) => {
      const { enabled } = await this.#requireEndpoint(executor, tenantId, endpointId);
      if (!enabled) throw disabled();
      await executor.execute(sql`UPDATE webhook_deliveries SET status = 'pending', ended_at = NULL, next_attempt_at = ${now},
          tries = CASE WHEN status = 'pending' THEN tries ELSE 0 END,
          begun_at = CASE WHEN status = 'pending' THEN begun_at ELSE ${now}::timestamptz END
        WHERE id = ${id} AND endpoint_id = ${endpointId} AND tenant_id = ${tenantId} AND lease IS NULL`);
      return deliveryOf(await this.#find(executor, { tenantId, endpointId, id }));
    });
  }

  async #requireEndpoint(executor: Executor, tenantId: string, id: string): Promise<{ readonly enabled: boolean }> {
    const { rows } = await executor.execute<{ enabled: boolean }>(
      sql`SELECT enabled FROM webhook_endpoints WHERE id = ${id} AND tenant_id = ${tenantId}`,
    );
    const [row] = rows;
    if (row === undefined) throw endpointNotFound(id);
    return row;
  }

  async #find(
    executor: Executor,
    { tenantId, endpointId, id }: { readonly tenantId: string; readonly endpointId: string; readonly id: string },
  ): Promise<Row> {
    const { rows } = await executor.execute<Row>(
      sql`${selected} WHERE d.id = ${id} AND d.endpoint_id = ${endpointId} AND d.tenant_id = ${tenantId}`,
    );
    const [row] = rows;
    if (row === undefined) throw notFound(id);
    return row;
  }

  #attemptOf(deliveryId: string, row: AttemptRow): DeliveryAttempt {
    const { number, response_body: sealed } = row;
    return {
      number,
      startedAt: new Date(row.started_at),
      durationMs: row.duration_ms,
      responseStatus: row.response_status,
      responseBody:
        sealed === null
          ? null
          : this.#options.cipher.open(Buffer.from(sealed), attemptContext(deliveryId, number)).toString('utf8'),
      error: row.error,
    };
  }
}
