import { sql } from 'drizzle-orm';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { askAboutDue, askStripe } from './ask-stripe.ts';
import { settleCheckout, type CheckoutSources } from './checkout.ts';
import { rowsOf } from './customers.ts';
import { endGrace, overGrace, tellEndings } from './grace.ts';
import { iso } from './instants.ts';
import { sendNotices, type NoticeSender } from './notices.ts';
import { reportOverage, type OverageSources } from './report-overage.ts';
import { sendOverage } from './send-overage.ts';
import { stripeErrorOf } from './stripe-client.ts';

export interface SweepSources {
  readonly checkout: Omit<CheckoutSources, 'stripe'> & { readonly stripe: CheckoutSources['stripe'] | undefined };
  readonly notices: NoticeSender;
  readonly overage: OverageSources;
  /** How long a call of Stripe may take, with its retries. */
  readonly longestCallMs: number;
  readonly logger: Logger;
}

export interface Sweep {
  /** Does all that is due. Never rejects. */
  run(): Promise<void>;
  /** Sends at once what is written down of overage. @throws AppError */
  send(): Promise<void>;
  /** Soon, beside whatever goes on now: something has just happened. */
  kick(): void;
  close(): Promise<void>;
}

const everyMs = 30_000;
const overageEveryMs = 5 * 60_000;
/** A checkout whose event does not come is looked at after this. */
const checkoutPatienceMs = 2 * 60_000;
const atOnce = 50;

/** Is it Stripe that is away, as against something that it says? */
function isOutage(error: unknown): boolean {
  const status = stripeErrorOf(error)?.statusCode;
  return status === undefined || status === 429 || status >= 500;
}

/** Plans whose payment is missing for too long end; where Stripe can be asked, it is asked once more before. */
async function endGraces({ checkout, logger }: SweepSources): Promise<void> {
  const { database, rules, clock, stripe, onTenantChanged } = checkout;
  const sources = { database, rules, nowMs: clock.now() };
  for (const { id, tenantId } of await overGrace(sources)) {
    if (tenantId === null) continue;
    try {
      if (stripe !== undefined) await askStripe({ ...checkout, stripe }, id);
    } catch (error) {
      if (isOutage(error)) continue;
    }
    if (!(await endGrace(sources, tenantId))) continue;
    onTenantChanged(tenantId);
    logger.info({ tenant: tenantId, subscription: id }, 'a plan ended because its payment was missing for too long');
  }
  await tellEndings(sources);
}

/** Checkouts that may have been paid although no event has told of it. */
async function settleCheckouts(sources: CheckoutSources): Promise<void> {
  const { database, clock } = sources;
  const rows = await database.query((executor) =>
    rowsOf(
      executor,
      sql`UPDATE billing_accounts SET checkout_checked_at = ${iso(clock.now())} WHERE tenant_id IN (
          SELECT tenant_id FROM billing_accounts WHERE checkout_session IS NOT NULL
            AND checkout_checked_at <= ${iso(clock.now() - checkoutPatienceMs)}
          LIMIT ${atOnce} FOR UPDATE SKIP LOCKED)
        RETURNING checkout_session`,
    ),
  );
  for (const row of rows) await settleCheckout(sources, String(row['checkout_session']));
}

/** The work on money that nobody waits for. Any number of processes may do it at once. */
export function startSweep(sources: SweepSources): Sweep {
  const { checkout, notices, overage, longestCallMs, logger } = sources;
  const { clock, stripe } = checkout;
  let overageDueMs = 0;
  let isClosed = false;
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const step = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    if (isClosed) return;
    try {
      await work();
    } catch (error) {
      logger.warn({ what, reason: errorMessage(error) }, 'work on billing failed; it is tried again');
    }
  };
  const send = async (): Promise<void> => {
    const { database } = checkout;
    if (stripe !== undefined)
      await sendOverage({ ...{ database, clock, stripe, logger }, claimStaleMs: longestCallMs });
  };
  const bill = async (): Promise<void> => {
    if (clock.now() >= overageDueMs) {
      await reportOverage(overage);
      overageDueMs = clock.now() + overageEveryMs;
    }
    await send();
  };
  const once = async (): Promise<void> => {
    if (stripe !== undefined) {
      const online = { ...checkout, stripe };
      await step('subscriptions', () =>
        askAboutDue(online, (subscription, error) => {
          logger.warn({ subscription, reason: errorMessage(error) }, 'Stripe could not be asked; it is tried again');
        }),
      );
      await step('checkouts', () => settleCheckouts(online));
      await step('overage', bill);
    }
    await step('grace', () => endGraces(sources));
    await step('mails', () => sendNotices(notices));
  };
  // Whoever comes while one run waits for another is served by the one that waits.
  const run = (): Promise<void> => {
    waiting ??= running.then(() => {
      waiting = undefined;
      running = once();
      return running;
    });
    return waiting;
  };
  const stop = clock.every(everyMs, () => void run());
  return {
    ...{ run, send },
    kick: () => void run(),
    close: async () => {
      stop();
      isClosed = true;
      await (waiting ?? running);
    },
  };
}
