import { sql, type SQL } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import {
  planStanding,
  readStripeEvent,
  type PurchaseState,
  type StripeEvent,
  type SubscriptionState,
} from './stripe-event.ts';

export interface Purchase {
  readonly id: string;
  readonly kind: 'checkout' | 'invoice' | 'refund';
  readonly status: string;
  readonly tenantId: string | null;
  readonly customerId: string | null;
  /** In the currency's smallest unit. */
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Recorded {
  /** The event was known already; nothing was done. */
  readonly isDuplicate: boolean;
  readonly outcome: 'purchase' | 'subscription' | 'kept';
  /** Tenants whose plan was changed now. */
  readonly changedTenants: readonly string[];
}

export interface PurchaseStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly cipher: Cipher;
  readonly isPlan: (name: string) => boolean;
  readonly planOfPrice: (priceId: string) => string | undefined;
  /** The plan of a tenant whose subscription has ended. */
  readonly planAfterEnd: string;
}

interface Context {
  readonly executor: Executor;
  readonly options: PurchaseStoreOptions;
  readonly event: StripeEvent;
}

function instant(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

async function rowsOf(executor: Executor, statement: SQL): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await executor.execute(statement);
  return rows;
}

/** undefined where it names none there is: a ledger of other sites' purchases may arrive at the same address. */
async function knownTenant(executor: Executor, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const rows = await rowsOf(executor, sql`SELECT id FROM tenants WHERE id = ${id}`);
  return rows.length === 0 ? null : id;
}

/** Remembers whose a customer is, so that events that do not say it can be assigned. */
async function learnCustomer(executor: Executor, customerId: string | null, tenantId: string | null): Promise<void> {
  if (customerId === null || tenantId === null) return;
  await executor.execute(sql`INSERT INTO billing_customers (customer_id, tenant_id) VALUES (${customerId}, ${tenantId})
    ON CONFLICT (customer_id) DO NOTHING`);
  await executor.execute(sql`UPDATE purchases SET tenant_id = ${tenantId}
    WHERE customer_id = ${customerId} AND tenant_id IS NULL`);
  await executor.execute(sql`UPDATE subscriptions SET tenant_id = ${tenantId}
    WHERE customer_id = ${customerId} AND tenant_id IS NULL`);
}

async function tenantOf(executor: Executor, customerId: string | null): Promise<string | null> {
  if (customerId === null) return null;
  const [row] = await rowsOf(executor, sql`SELECT tenant_id FROM billing_customers WHERE customer_id = ${customerId}`);
  return row === undefined ? null : String(row['tenant_id']);
}

async function writePurchase({ executor, options, event }: Context, state: PurchaseState): Promise<void> {
  const said = await knownTenant(executor, state.tenantId);
  await learnCustomer(executor, state.customerId, said);
  const tenantId = said ?? (await tenantOf(executor, state.customerId));
  const { id, kind, status, rank, customerId, amount, currency, description } = state;
  const now = new Date(options.clock.now()).toISOString();
  await executor.execute(sql`INSERT INTO purchases
      (id, kind, status, rank, event_created, event_id, tenant_id, customer_id, amount, currency, description, created_at, updated_at)
    VALUES (${id}, ${kind}, ${status}, ${rank}, ${event.created}, ${event.id}, ${tenantId}, ${customerId}, ${amount},
      ${currency}, ${description}, ${instant(event.created)}, ${now})
    ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, rank = EXCLUDED.rank, event_created = EXCLUDED.event_created,
      event_id = EXCLUDED.event_id, tenant_id = coalesce(EXCLUDED.tenant_id, purchases.tenant_id),
      customer_id = coalesce(EXCLUDED.customer_id, purchases.customer_id), amount = EXCLUDED.amount,
      currency = EXCLUDED.currency, description = coalesce(EXCLUDED.description, purchases.description),
      created_at = least(EXCLUDED.created_at, purchases.created_at), updated_at = EXCLUDED.updated_at
    WHERE (EXCLUDED.rank, EXCLUDED.event_created, EXCLUDED.event_id) > (purchases.rank, purchases.event_created, purchases.event_id)`);
}

async function writeSubscription({ executor, options, event }: Context, state: SubscriptionState): Promise<void> {
  const said = await knownTenant(executor, state.tenantId);
  await learnCustomer(executor, state.customerId, said);
  const tenantId = said ?? (await tenantOf(executor, state.customerId));
  const { id, customerId, status, rank, planName, priceId } = state;
  const named = planName ?? (priceId === null ? undefined : options.planOfPrice(priceId)) ?? null;
  const plan = named !== null && options.isPlan(named) ? named : null;
  const now = new Date(options.clock.now()).toISOString();
  await executor.execute(sql`INSERT INTO subscriptions
      (id, customer_id, tenant_id, status, plan, price_id, rank, event_created, event_id, created_at, updated_at)
    VALUES (${id}, ${customerId}, ${tenantId}, ${status}, ${plan}, ${priceId}, ${rank}, ${event.created}, ${event.id},
      ${instant(event.created)}, ${now})
    ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, plan = EXCLUDED.plan, price_id = EXCLUDED.price_id,
      rank = EXCLUDED.rank, event_created = EXCLUDED.event_created, event_id = EXCLUDED.event_id,
      tenant_id = coalesce(EXCLUDED.tenant_id, subscriptions.tenant_id), updated_at = EXCLUDED.updated_at
    WHERE (EXCLUDED.rank = 2, EXCLUDED.event_created, EXCLUDED.rank, EXCLUDED.event_id)
      > (subscriptions.rank = 2, subscriptions.event_created, subscriptions.rank, subscriptions.event_id)`);
}

/** Gives the customer's tenant the plan that its subscriptions, as they are told so far, mean. @returns the tenant, if it changed */
async function applyPlan({ executor, options }: Context, customerId: string | null): Promise<readonly string[]> {
  const tenantId = await tenantOf(executor, customerId);
  if (tenantId === null) return [];
  const rows = await rowsOf(
    executor,
    sql`SELECT status, plan FROM subscriptions WHERE tenant_id = ${tenantId} ORDER BY event_created DESC, id DESC`,
  );
  const standing = rows.map((row) => planStanding(String(row['status'])));
  const running = rows.find((row, index) => standing[index] === 'own' && row['plan'] !== null);
  const hasEnded = standing.length > 0 && standing.every((each) => each === 'ended');
  const plan = running === undefined ? (hasEnded ? options.planAfterEnd : undefined) : String(running['plan']);
  if (plan === undefined) return [];
  const changed = await rowsOf(
    executor,
    sql`UPDATE tenants SET plan = ${plan}, trial_ends_at = ${running === undefined ? sql`trial_ends_at` : null},
        updated_at = clock_timestamp()
      WHERE id = ${tenantId} AND (plan <> ${plan} OR (trial_ends_at IS NOT NULL AND ${running !== undefined})) RETURNING id`,
  );
  return changed.map((row) => String(row['id']));
}

/** Purchases and subscriptions as Stripe tells them. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class PurchaseStore {
  readonly #options: PurchaseStoreOptions;

  constructor(options: PurchaseStoreOptions) {
    this.#options = options;
  }

  /**
   * Records an event, at most once, with all that follows from it. In whichever order events arrive, the end is the same.
   * @param payload the event as it came
   */
  record(event: StripeEvent, payload: Buffer): Promise<Recorded> {
    const { database, cipher, clock } = this.#options;
    const told = readStripeEvent(event);
    const sealed = cipher.seal(payload, event.id);
    return database.transaction(async (executor) => {
      const fresh = await rowsOf(
        executor,
        sql`INSERT INTO stripe_events (id, type, livemode, created_at, received_at, outcome, payload)
          VALUES (${event.id}, ${event.type}, ${event.livemode}, ${instant(event.created)},
            ${new Date(clock.now()).toISOString()}, ${told.kind}, ${sealed})
          ON CONFLICT (id) DO NOTHING RETURNING id`,
      );
      if (fresh.length === 0) return { isDuplicate: true, outcome: told.kind, changedTenants: [] };
      const context = { executor, options: this.#options, event };
      if (told.kind === 'purchase') await writePurchase(context, told.purchase);
      if (told.kind === 'subscription') await writeSubscription(context, told.subscription);
      const customerId =
        told.kind === 'purchase'
          ? told.purchase.customerId
          : told.kind === 'subscription'
            ? told.subscription.customerId
            : null;
      return { isDuplicate: false, outcome: told.kind, changedTenants: await applyPlan(context, customerId) };
    });
  }

  /** Newest first, after the purchase with id `after`; one more than `limit` when there are more. */
  async list(query: {
    readonly tenantId?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly Purchase[]> {
    const { tenantId, after, limit } = query;
    const own = tenantId === undefined ? sql`true` : sql`tenant_id = ${tenantId}`;
    const later =
      after === undefined
        ? sql`true`
        : sql`(created_at, id) < (SELECT created_at, id FROM purchases WHERE id = ${after})`;
    const rows = await this.#options.database.query((executor) =>
      rowsOf(
        executor,
        sql`SELECT * FROM purchases WHERE ${own} AND ${later} ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`,
      ),
    );
    return rows.map((row) => ({
      id: String(row['id']),
      kind: row['kind'] as Purchase['kind'],
      status: String(row['status']),
      tenantId: row['tenant_id'] as string | null,
      customerId: row['customer_id'] as string | null,
      amount: Number(row['amount']),
      currency: String(row['currency']),
      description: row['description'] as string | null,
      createdAt: new Date(String(row['created_at'])),
      updatedAt: new Date(String(row['updated_at'])),
    }));
  }
}
