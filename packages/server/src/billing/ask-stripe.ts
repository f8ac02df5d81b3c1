import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { applyStanding } from './apply-standing.ts';
import { rowsOf } from './customers.ts';
import { iso } from './instants.ts';
import type { BillingRules } from './rules.ts';
import { isMissing, type Stripe, type StripeClient } from './stripe-client.ts';
import { readSubscription } from './subscription.ts';
import { askAboutSubscription, writeSubscription } from './subscription-store.ts';

export interface AskSources {
  readonly database: Database;
  readonly stripe: StripeClient;
  readonly clock: Clock;
  readonly rules: BillingRules;
  /** Called when a tenant's plan has changed. */
  readonly onTenantChanged: (tenantId: string) => void;
}

/** Where Stripe does not answer, it is asked again after so long. */
const askAgainMs = 5 * 60_000;
/** After the end of its period a subscription was renewed, or not: Stripe is asked in case its event was lost. */
const afterPeriodMs = 3_600_000;
/** So far Stripe's clock, by which events are dated, may be behind ours. */
const skewMs = 60_000;
const endStates = ['canceled', 'incomplete_expired'];

/** Announces a question. @returns its number; undefined: there is no such subscription here */
async function announce({ database, clock }: AskSources, id: string): Promise<number | undefined> {
  const [row] = await database.query((executor) =>
    rowsOf(
      executor,
      sql`UPDATE subscriptions SET asked = asked + 1, ask_at = ${iso(clock.now() + askAgainMs)}
        WHERE id = ${id} RETURNING asked`,
    ),
  );
  return row === undefined ? undefined : Number(row['asked']);
}

/** What Stripe says now counts as told after all events that are known, and as told now. */
async function keepAnswer(
  sources: AskSources,
  executor: Executor,
  answer: { readonly subscription: Stripe.Subscription; readonly number: number },
): Promise<{ readonly isKept: boolean; readonly changed?: string }> {
  const { rules, clock } = sources;
  const { subscription, number } = answer;
  const { id, status } = subscription;
  const [row] = await rowsOf(executor, sql`SELECT asked, event_created FROM subscriptions WHERE id = ${id} FOR UPDATE`);
  if (row === undefined || Number(row['asked']) !== number) return { isKept: false };
  const rank = endStates.includes(status) ? 2 : 3;
  const state = readSubscription(subscription as unknown as Readonly<Record<string, unknown>>, { rank });
  if (state === undefined) return { isKept: false };
  const nowMs = clock.now();
  const created = Math.max(Number(row['event_created']), Math.floor((nowMs - skewMs) / 1_000));
  const telling = { eventId: `asked:${String(number).padStart(12, '0')}`, created };
  const tenantId = await writeSubscription(executor, { rules, nowMs, telling }, state);
  const nextMs = rank === 2 || state.periodEnd === null ? null : state.periodEnd * 1_000 + afterPeriodMs;
  await executor.execute(sql`UPDATE subscriptions SET ask_at = ${nextMs === null ? null : iso(Math.max(nextMs, nowMs + afterPeriodMs))}
    WHERE id = ${id}`);
  const hasChanged = tenantId !== null && (await applyStanding(executor, { rules, nowMs }, tenantId));
  return hasChanged ? { isKept: true, changed: tenantId } : { isKept: true };
}

/** Keeps a subscription as Stripe has just given it. @returns whether: not where an event has come since it was asked */
async function keep(sources: AskSources, subscription: Stripe.Subscription, number: number): Promise<boolean> {
  const { isKept, changed } = await sources.database.transaction((executor) =>
    keepAnswer(sources, executor, { subscription, number }),
  );
  if (changed !== undefined) sources.onTenantChanged(changed);
  return isKept;
}

/**
 * Asks Stripe how a subscription stands now and applies it. An answer that was overtaken by an event or a later question
 * is dropped.
 * @throws AppError PAYMENT_PROVIDER_*; it is asked again later by itself
 */
export async function askStripe(sources: AskSources, id: string): Promise<void> {
  const number = await announce(sources, id);
  if (number === undefined) return;
  try {
    const subscription = await sources.stripe.call((client) => client.subscriptions.retrieve(id));
    await keep(sources, subscription, number);
  } catch (error) {
    // Another account's, or a test's: Stripe will never know it, so what events told holds.
    if (!isMissing(error, 'id')) throw error;
    await sources.database.query((executor) =>
      executor.execute(sql`UPDATE subscriptions SET ask_at = NULL WHERE id = ${id} AND asked = ${number}`),
    );
  }
}

/** Changes a subscription at Stripe and keeps what it has become at once. */
export async function changeAtStripe(
  sources: AskSources,
  id: string,
  change: (client: Stripe) => Promise<Stripe.Subscription>,
): Promise<void> {
  const number = await announce(sources, id);
  if (number === undefined) throw new AppError('CONFLICT', 'This subscription is not there any more.');
  const isKept = await keep(sources, await sources.stripe.call(change), number);
  // The event of this very change may be faster than its answer.
  if (!isKept) await askStripe(sources, id);
}

/** A subscription that Stripe names, of which nothing may have been told yet. */
export async function adoptSubscription(sources: AskSources, id: string, customerId: string): Promise<void> {
  const nowMs = sources.clock.now();
  await sources.database.transaction((executor) => askAboutSubscription(executor, { id, customerId, nowMs }));
  await askStripe(sources, id);
}

/** So many in one go: each may keep us waiting. */
const atOnce = 20;

/** Asks about those of which it is due: after events, and after the end of their periods. Each by one process. */
export async function askAboutDue(sources: AskSources, onError: (id: string, error: unknown) => void): Promise<number> {
  const { database, clock } = sources;
  const nowMs = clock.now();
  const rows = await database.query((executor) =>
    rowsOf(
      executor,
      sql`UPDATE subscriptions SET ask_at = ${iso(nowMs + askAgainMs)} WHERE id IN (
          SELECT id FROM subscriptions WHERE ask_at <= ${iso(nowMs)} ORDER BY ask_at LIMIT ${atOnce} FOR UPDATE SKIP LOCKED)
        RETURNING id`,
    ),
  );
  for (const { id } of rows) {
    try {
      await askStripe(sources, String(id));
    } catch (error) {
      onError(String(id), error);
    }
  }
  return rows.length;
}
