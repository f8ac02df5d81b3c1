import type { SubscribedEventType } from '@turnpike/contract/account-webhooks';
import { sql, type SQL } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import type { Endpoint } from './endpoint.ts';
import { newSigningSecret } from './signature.ts';

export interface EndpointStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
  /** Endpoints of one tenant at most. */
  readonly maxEndpoints: number;
}

export interface NewEndpoint {
  readonly tenantId: string;
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly SubscribedEventType[] | null;
}

/** What of an endpoint can be changed; absent: left as it is. */
export interface EndpointChange {
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly eventTypes?: readonly SubscribedEventType[] | null | undefined;
  readonly enabled?: boolean | undefined;
}

type Row = Record<string, unknown> & {
  readonly id: string;
  readonly tenant_id: string;
  readonly url: string;
  readonly description: string;
  readonly event_types: readonly SubscribedEventType[] | null;
  readonly enabled: boolean;
  readonly disabled_reason: Endpoint['disabledReason'];
  readonly last_success_at: string | null;
  readonly old_secret_expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
};

/** Separates these locks from others on the same numbers. */
const lockClass = 8_420_019;
/** Signatures of so many secrets fit into the header of a delivery. */
const mostSecrets = 3;

const instant = (value: string | null) => (value === null ? null : new Date(value));

function endpointOf(row: Row): Endpoint {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    url: row.url,
    description: row.description,
    eventTypes: row.event_types,
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    lastSuccessAt: instant(row.last_success_at),
    oldSecretExpiresAt: instant(row.old_secret_expires_at),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}

export function endpointNotFound(id: string): AppError {
  return new AppError('RESOURCE_NOT_FOUND', `Your organisation has no webhook ${JSON.stringify(id.slice(0, 64))}.`, {
    param: 'id',
  });
}

function namesOf(eventTypes: NewEndpoint['eventTypes']): string | null {
  return eventTypes === null ? null : JSON.stringify([...new Set(eventTypes)]);
}

/** Endpoints and what signs for them. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class EndpointStore {
  readonly #options: EndpointStoreOptions;

  constructor(options: EndpointStoreOptions) {
    this.#options = options;
  }

  /** @throws AppError CONFLICT: there are too many */
  create({ tenantId, url, description, eventTypes }: NewEndpoint): Promise<{ endpoint: Endpoint; secret: string }> {
    const { database, clock, maxEndpoints } = this.#options;
    return database.transaction(async (executor) => {
      await executor.execute(sql`SELECT pg_advisory_xact_lock(${lockClass}, hashtext(${tenantId}))`);
      const { rows } = await executor.execute(sql`SELECT 1 FROM webhook_endpoints WHERE tenant_id = ${tenantId}`);
      if (rows.length >= maxEndpoints)
        throw new AppError('CONFLICT', `There are ${maxEndpoints} webhooks already. Delete one first.`);
      const id = newId('whe', clock.now());
      await executor.execute(sql`INSERT INTO webhook_endpoints
        (id, tenant_id, url, description, event_types, enabled, enabled_at, created_at, updated_at)
        VALUES (${id}, ${tenantId}, ${url}, ${description}, ${namesOf(eventTypes)}::jsonb, true, ${this.#at()}, ${this.#at()}, ${this.#at()})`);
      const secret = await this.#insertSecret(executor, id);
      return { endpoint: await this.#find(executor, tenantId, id), secret };
    });
  }

  /** @throws AppError RESOURCE_NOT_FOUND */
  get(tenantId: string, id: string): Promise<Endpoint> {
    return this.#options.database.query((executor) => this.#find(executor, tenantId, id));
  }

  /** Oldest first; one more than `limit` tells that there is more. */
  async list(query: {
    readonly tenantId: string;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<Endpoint[]> {
    const { tenantId, after, limit } = query;
    const behind = after === undefined ? sql`true` : sql`e.id > ${after}`;
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<Row>(sql`${this.#selected()} WHERE e.tenant_id = ${tenantId} AND ${behind}
        ORDER BY e.id LIMIT ${limit + 1}`),
    );
    return rows.map(endpointOf);
  }

  /** Enabled again, it is no longer blamed for what failed before. @throws AppError RESOURCE_NOT_FOUND */
  update(tenantId: string, id: string, change: EndpointChange): Promise<Endpoint> {
    const { url, description, eventTypes, enabled } = change;
    const sets: SQL[] = [sql`updated_at = ${this.#at()}`];
    if (url !== undefined) sets.push(sql`url = ${url}`);
    if (description !== undefined) sets.push(sql`description = ${description}`);
    if (eventTypes !== undefined) sets.push(sql`event_types = ${namesOf(eventTypes)}::jsonb`);
    if (enabled !== undefined) sets.push(sql`enabled = ${enabled}, disabled_reason = NULL`);
    if (enabled === true)
      sets.push(sql`enabled_at = CASE WHEN enabled THEN enabled_at ELSE ${this.#at()}::timestamptz END`);
    return this.#options.database.transaction(async (executor) => {
      await executor.execute(sql`UPDATE webhook_endpoints SET ${sql.join(sets, sql`, `)}
        WHERE id = ${id} AND tenant_id = ${tenantId}`);
      return this.#find(executor, tenantId, id);
    });
  }

  /** With all that waits for it. @throws AppError RESOURCE_NOT_FOUND */
  delete(tenantId: string, id: string): Promise<Endpoint> {
    return this.#options.database.transaction(async (executor) => {
      const endpoint = await this.#find(executor, tenantId, id);
      await executor.execute(sql`DELETE FROM webhook_endpoints WHERE id = ${id} AND tenant_id = ${tenantId}`);
      return endpoint;
    });
  }

  /** A new secret; for a while the old one signs too. @throws AppError RESOURCE_NOT_FOUND */
  rotate(tenantId: string, id: string, overlapSeconds: number): Promise<{ endpoint: Endpoint; secret: string }> {
    return this.#options.database.transaction(async (executor) => {
      await executor.execute(
        sql`SELECT 1 FROM webhook_endpoints WHERE id = ${id} AND tenant_id = ${tenantId} FOR UPDATE`,
      );
      await this.#find(executor, tenantId, id);
      await executor.execute(sql`UPDATE webhook_secrets SET expires_at = ${this.#at(overlapSeconds * 1_000)}
        WHERE endpoint_id = ${id} AND (expires_at IS NULL OR expires_at > ${this.#at(overlapSeconds * 1_000)})`);
      const secret = await this.#insertSecret(executor, id);
      await executor.execute(sql`DELETE FROM webhook_secrets WHERE endpoint_id = ${id} AND (expires_at <= ${this.#at()}
        OR id NOT IN (SELECT id FROM webhook_secrets WHERE endpoint_id = ${id}
          ORDER BY expires_at DESC NULLS FIRST LIMIT ${mostSecrets}))`);
      return { endpoint: await this.#find(executor, tenantId, id), secret };
    });
  }

  #at(laterMs = 0): string {
    return new Date(this.#options.clock.now() + laterMs).toISOString();
  }

  #selected(): SQL {
    return sql`SELECT e.*, (SELECT max(s.expires_at) FROM webhook_secrets s
      WHERE s.endpoint_id = e.id AND s.expires_at > ${this.#at()}) AS old_secret_expires_at FROM webhook_endpoints e`;
  }

  async #find(executor: Executor, tenantId: string, id: string): Promise<Endpoint> {
    const { rows } = await executor.execute<Row>(
      sql`${this.#selected()} WHERE e.id = ${id} AND e.tenant_id = ${tenantId}`,
    );
    const [row] = rows;
    if (row === undefined) throw endpointNotFound(id);
    return endpointOf(row);
  }

  async #insertSecret(executor: Executor, endpointId: string): Promise<string> {
    const { clock, cipher } = this.#options;
    const { bytes, shown } = newSigningSecret();
    await executor.execute(sql`INSERT INTO webhook_secrets (id, endpoint_id, secret, created_at)
      VALUES (${newId('whs', clock.now())}, ${endpointId}, ${cipher.seal(bytes, endpointId)}, ${this.#at()})`);
    return shown;
  }
}
