import { sql } from 'drizzle-orm';
import { applyStanding } from '../billing/apply-standing.ts';
import { forgetCheckout } from '../billing/billing-account.ts';
import { knownTenant, learnCustomer, rowsOf, tenantOf } from '../billing/customers.ts';
import type { BillingRules } from '../billing/rules.ts';
import { askAboutSubscription, writeSubscription } from '../billing/subscription-store.ts';
import type { Clock } from '../clock.ts';
import type { Database, Executor } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { readStripeEvent, subscriptionOf, type PurchaseState, type StripeEvent, type Told } from './stripe-event.ts';

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
  readonly rules: BillingRules;
}

interface Context {
  readonly executor: Executor;
  readonly options: PurchaseStoreOptions;
  readonly event: StripeEvent;
}

function instant(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
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

/** @returns tenants that changed */
async function carryOut(context: Context, told: Told): Promise<readonly string[]> {
  const { executor, options, event } = context;
  const { rules, clock } = options;
  const when = { rules, nowMs: clock.now() };
  if (told.kind === 'kept') return [];
  const { customerId } = told.kind === 'purchase' ? told.purchase : told.subscription;
  let said: string | null = null;
  if (told.kind === 'purchase') {
    await writePurchase(context, told.purchase);
    if (told.purchase.kind === 'checkout') await forgetCheckout(executor, told.purchase.id);
  } else {
    const telling = { eventId: event.id, created: event.created };
    said = await writeSubscription(executor, { ...when, telling }, told.subscription);
  }
  const subscriptionId = told.kind === 'purchase' ? subscriptionOf(event) : told.subscription.id;
  if (rules.asksStripe && subscriptionId !== null)
    await askAboutSubscription(executor, { id: subscriptionId, customerId, nowMs: when.nowMs });
  const tenantId = said ?? (await tenantOf(executor, customerId));
  return tenantId !== null && (await applyStanding(executor, when, tenantId)) ? [tenantId] : [];
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
      return { isDuplicate: false, outcome: told.kind, changedTenants: await carryOut(context, told) };
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
