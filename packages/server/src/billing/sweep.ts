import { sql } from 'drizzle-orm';
import { after } from '../clock.ts';
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
const atOnce = 20;
const closePatienceMs = 5_000;

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
      // It will not answer about the others either. Nobody loses a plan while it cannot be asked.
      if (isOutage(error)) break;
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

class BillingSweep implements Sweep {
  readonly #sources: SweepSources;
  readonly #stop: () => void;
  #overageDueMs = 0;
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(sources: SweepSources) {
    this.#sources = sources;
    this.#stop = sources.checkout.clock.every(everyMs, () => {
      this.kick();
    });
  }

  /** Whoever comes while one run waits for another is served by the one that waits. */
  run(): Promise<void> {
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined;
      this.#running = this.#once();
      return this.#running;
    });
    return this.#waiting;
  }

  kick(): void {
    void this.run();
  }

  async send(): Promise<void> {
    const { checkout, longestCallMs, logger } = this.#sources;
    const { database, clock, stripe } = checkout;
    if (stripe === undefined) return;
    await sendOverage({ ...{ database, clock, stripe, logger }, claimStaleMs: longestCallMs });
  }

  async close(): Promise<void> {
    this.#stop();
    this.#isClosed = true;
    // All of it may be cut off at any point: what Stripe keeps waiting is gone on with after the next start.
    let cancel: () => void = () => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = after(this.#sources.checkout.clock, closePatienceMs, resolve);
    });
    await Promise.race([this.#waiting ?? this.#running, patience]);
    cancel();
  }

  async #once(): Promise<void> {
    const { checkout, notices, overage, logger } = this.#sources;
    const { clock, stripe } = checkout;
    if (stripe !== undefined) {
      const online = { ...checkout, stripe };
      await this.#step('subscriptions', () =>
        askAboutDue(online, (subscription, error) => {
          logger.warn({ subscription, reason: errorMessage(error) }, 'Stripe could not be asked; it is tried again');
        }),
      );
      await this.#step('checkouts', () => settleCheckouts(online));
      if (clock.now() >= this.#overageDueMs)
        await this.#step('overage', async () => {
          await reportOverage(overage);
          this.#overageDueMs = clock.now() + overageEveryMs;
        });
      await this.#step('overage to send', () => this.send());
    }
    await this.#step('grace', () => endGraces(this.#sources));
    await this.#step('mails', () => sendNotices(notices));
  }

  async #step(what: string, work: () => Promise<unknown>): Promise<void> {
    if (this.#isClosed) return;
    try {
      await work();
    } catch (error) {
      this.#sources.logger.warn({ what, reason: errorMessage(error) }, 'work on billing failed; it is tried again');
    }
  }
}

/** The work on money that nobody waits for. Any number of processes may do it at once. */
export function startSweep(sources: SweepSources): Sweep {
  return new BillingSweep(sources);
}
