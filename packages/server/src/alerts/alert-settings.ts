import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Database } from '../postgres/database.ts';

/** What a tenant wants to be told of its limits. */
export interface AlertSettings {
  /** Percent, lowest first. */
  readonly thresholds: readonly number[];
  readonly mail: boolean;
  readonly webhook: boolean;
}

interface Row extends Record<string, unknown> {
  readonly thresholds: readonly number[];
  readonly mail: boolean;
  readonly webhook: boolean;
}

/** Every method may throw AppError DATABASE_UNAVAILABLE. */
export class AlertSettingsStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #usual: AlertSettings;

  /** @param options `thresholds`: of tenants that have not chosen any */
  constructor(options: { readonly database: Database; readonly clock: Clock; readonly thresholds: readonly number[] }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#usual = { thresholds: options.thresholds, mail: true, webhook: true };
  }

  async get(tenantId: string): Promise<AlertSettings> {
    const { rows } = await this.#database.query((executor) =>
      executor.execute<Row>(sql`SELECT thresholds, mail, webhook FROM alert_settings WHERE tenant_id = ${tenantId}`),
    );
    return rows[0] ?? this.#usual;
  }

  /** @param change what is absent is left as it is */
  async update(
    tenantId: string,
    change: {
      readonly thresholds?: readonly number[] | undefined;
      readonly mail?: boolean | undefined;
      readonly webhook?: boolean | undefined;
    },
  ): Promise<AlertSettings> {
    const { thresholds, mail, webhook } = change;
    const chosen = thresholds === undefined ? null : JSON.stringify([...new Set(thresholds)].toSorted((a, b) => a - b));
    const usual = this.#usual;
    const now = new Date(this.#clock.now()).toISOString();
    const { rows } = await this.#database.query((executor) =>
      executor.execute<Row>(sql`INSERT INTO alert_settings AS s (tenant_id, thresholds, mail, webhook, updated_at)
        VALUES (${tenantId}, ${chosen ?? JSON.stringify(usual.thresholds)}::jsonb, ${mail ?? usual.mail},
          ${webhook ?? usual.webhook}, ${now})
        ON CONFLICT (tenant_id) DO UPDATE SET thresholds = coalesce(${chosen}::jsonb, s.thresholds),
          mail = coalesce(${mail ?? null}::boolean, s.mail), webhook = coalesce(${webhook ?? null}::boolean, s.webhook),
          updated_at = excluded.updated_at
        RETURNING thresholds, mail, webhook`),
    );
    return rows[0] ?? usual;
  }
}
