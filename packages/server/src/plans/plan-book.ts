import type { planOverride } from '@turnpike/contract/admin-plans';
import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { PlanConfig } from '../config/schema.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';

export type PlanOverride = z.output<typeof planOverride>;

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly configured: Readonly<Record<string, PlanConfig>>;
}

export interface PlanEntry {
  readonly name: string;
  readonly plan: PlanConfig;
  /** undefined: staff made it. */
  readonly configured: PlanConfig | undefined;
  readonly override: PlanOverride | undefined;
  readonly tenants: number;
}

const refreshEveryMs = 1_000;
const nothing: PlanConfig = { limits_per: 'tenant' };

/** What staff changed on top of what the configuration says; null takes a bound away. */
export function mergePlan(configured: PlanConfig | undefined, override: PlanOverride): PlanConfig {
  const merged = { ...(configured ?? nothing), ...override };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as PlanConfig;
}

/**
 * The plans there are: those of the configuration, as staff changed them, and those staff made. Changes made by other
 * processes are seen within about a second. Methods that return promises may throw AppError DATABASE_UNAVAILABLE.
 */
export class PlanBook {
  readonly #options: Options;
  readonly #stop: () => void;
  #plans: ReadonlyMap<string, PlanConfig>;
  #overrides: ReadonlyMap<string, PlanOverride> = new Map();
  #seen = '';
  /** Grows with every change: what was worked out from older plans is of no use. */
  version = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#plans = new Map(Object.entries(options.configured));
    this.#stop = options.clock.every(refreshEveryMs, () => {
      this.load().catch((error: unknown) => {
        options.logger.debug({ reason: errorMessage(error) }, 'plans cannot be read; those known go on');
      });
    });
  }

  get(name: string): PlanConfig | undefined {
    return this.#plans.get(name);
  }

  entries(): Iterable<readonly [string, PlanConfig]> {
    return this.#plans.entries();
  }

  /** Reads what staff changed. */
  async load(): Promise<void> {
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<{ name: string; settings: PlanOverride }>(
        sql`SELECT name, settings FROM plan_overrides ORDER BY name`,
      ),
    );
    const seen = JSON.stringify(rows);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#overrides = new Map(rows.map(({ name, settings }) => [name, settings]));
    const { configured } = this.#options;
    this.#plans = new Map([
      ...Object.entries(configured),
      ...rows.map(({ name, settings }) => [name, mergePlan(configured[name], settings)] as const),
    ]);
    this.version += 1;
  }

  /** All plans with how many tenants have each, also those that are on a plan there is none of any more. */
  async list(): Promise<readonly PlanEntry[]> {
    await this.load();
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<{ plan: string; tenants: number }>(
        sql`SELECT plan, count(*)::integer AS tenants FROM tenants GROUP BY plan`,
      ),
    );
    const counts = new Map(rows.map(({ plan, tenants }) => [plan, tenants]));
    return [...this.#plans].map(([name, plan]) => ({
      ...{ name, plan },
      configured: this.#options.configured[name],
      override: this.#overrides.get(name),
      tenants: counts.get(name) ?? 0,
    }));
  }

  async change(name: string, override: PlanOverride): Promise<void> {
    const now = new Date(this.#options.clock.now()).toISOString();
    await this.#options.database.query((executor) =>
      executor.execute(sql`INSERT INTO plan_overrides (name, settings, updated_at)
        VALUES (${name}, ${JSON.stringify(override)}::jsonb, ${now})
        ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at`),
    );
    await this.load();
  }

  /** Back to what the configuration says. @throws AppError CONFLICT where tenants would be left without a plan */
  async reset(name: string): Promise<void> {
    const isConfigured = Object.hasOwn(this.#options.configured, name);
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute(sql`DELETE FROM plan_overrides WHERE name = ${name}
        AND (${isConfigured} OR NOT EXISTS (SELECT 1 FROM tenants WHERE plan = ${name})) RETURNING 1`),
    );
    await this.load();
    if (rows.length > 0) return;
    throw this.#plans.has(name)
      ? new AppError(
          'CONFLICT',
          isConfigured
            ? 'This plan is as the configuration has it.'
            : 'Tenants are on this plan. Give them another one first.',
          { param: 'name' },
        )
      : new AppError('RESOURCE_NOT_FOUND', `There is no plan ${JSON.stringify(name.slice(0, 64))}.`, { param: 'name' });
  }

  close(): void {
    this.#stop();
  }
}
