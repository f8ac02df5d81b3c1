import fc from 'fast-check';
import { sql } from 'drizzle-orm';
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { createBillingHarness, subscriptionObject, type BillingHarness } from '../testing/billing-harness.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { startSweep, type Sweep } from './sweep.ts';

const dayMs = 86_400_000;

describeEachDatabase('a subscription, by its events alone', (database) => {
  let clock: ManualClock;
  let harness: BillingHarness;
  let tenantId = '';
  let id = '';
  let sweeps: Sweep[] = [];

  beforeEach(async () => {
    clock = createManualClock();
    harness = createBillingHarness({ database: database(), clock, stripe: undefined });
    tenantId = (await harness.tenants.create({ name: 'Ada', plan: 'free', contactEmail: 'ada@example.com' })).id;
    id = `sub_${randomBytes(6).toString('hex')}`;
    await database().query((executor) => executor.execute(sql`DELETE FROM billing_notices`));
    // Two processes, always.
    sweeps = [1, 2].map(() =>
      startSweep({
        checkout: { ...harness.online, stripe: undefined },
        ...{ notices: harness.notices, overage: harness.overage, longestCallMs: 1_000, logger: harness.log },
      }),
    );
    return () => Promise.all(sweeps.map((sweep) => sweep.close()));
  });

  const sweep = () => Promise.all(sweeps.map((each) => each.run()));
  const plan = async () => (await harness.tenants.get(tenantId)).plan;
  const object = (status: string, more: object = {}) =>
    subscriptionObject({
      ...{ id, customer: `cus_${id}`, status, prices: ['price_small'], metadata: { tenant_id: tenantId } },
      ...more,
    });
  const seconds = () => Math.floor(clock.now() / 1_000);
  const tell = (status: string, more: object = {}, created = seconds()) =>
    harness.tell(`customer.subscription.${status === 'canceled' ? 'deleted' : 'updated'}`, object(status, more), {
      created,
    });
  const subjects = () => harness.mails.map(({ subject }) => subject.split(' / ')[1]);

  test('whose payment fails keeps its plan for the grace, then the default plan holds, told once by mail', async () => {
    await tell('active');
    expect(await plan()).toBe('small');
    await sweep();
    expect(subjects()).toEqual(['plan Small']);
    clock.advance(dayMs);
    await tell('past_due');
    await sweep();
    expect(await plan()).toBe('small');
    expect(subjects().slice(1)).toEqual(['payment failed']);
    clock.advance(4.9 * dayMs);
    await sweep();
    expect(subjects()).toHaveLength(2);
    clock.advance(0.2 * dayMs);
    await sweep();
    expect(subjects().at(-1)).toMatch(/^plan ends on \d{4}-\d{2}-\d{2}$/);
    clock.advance(1.8 * dayMs);
    await sweep();
    expect(await plan()).toBe('small');
    clock.advance(0.2 * dayMs);
    harness.forgotten.length = 0;
    await sweep();
    await sweep();
    expect(await plan()).toBe('free');
    expect(harness.forgotten).toEqual([tenantId]);
    expect(subjects()).toEqual(['plan Small', 'payment failed', expect.any(String), 'plan free']);
    expect(harness.mails.at(-1)?.text).toContain('because a payment is missing');
    // Paid after all: the plan comes back.
    await tell('active');
    expect(await plan()).toBe('small');
  });

  test('that is paid within the grace loses nothing, and the next failure has a grace of its own', async () => {
    await tell('active');
    clock.advance(dayMs);
    await tell('past_due');
    clock.advance(6 * dayMs);
    await tell('active');
    clock.advance(6 * dayMs);
    await sweep();
    expect(await plan()).toBe('small');
    await tell('past_due');
    clock.advance(6 * dayMs);
    await sweep();
    expect(await plan()).toBe('small');
    clock.advance(1.1 * dayMs);
    await sweep();
    expect(await plan()).toBe('free');
    expect(subjects().filter((subject) => subject === 'payment failed')).toHaveLength(2);
  });

  test('is late since the same instant in whichever order its events come', async () => {
    const base = seconds() - 8 * 86_400;
    const life: readonly (readonly [string, number])[] = [
      ['active', 0],
      ['past_due', 100],
      ['active', 200],
      ['past_due', 300],
      ['past_due', 400],
      ['past_due', 500],
    ];
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), async (order) => {
        const own = `${id}_${(run += 1)}`;
        for (const index of order) {
          const [status, at] = life[index] ?? ['', 0];
          await harness.tell('customer.subscription.updated', { ...object(status), id: own }, { created: base + at });
        }
        const { rows } = await database().query((executor) =>
          executor.execute(sql`SELECT extract(epoch FROM past_due_since)::bigint AS since, past_due_run AS run
            FROM subscriptions WHERE id = ${own}`),
        );
        expect(rows[0]).toEqual({ since: String(base + 300), run: String(base + 200) });
      }),
      { numRuns: 15 },
    );
  });

  test('that is cancelled at the end of its period goes on until then', async () => {
    const end = seconds() + 10 * 86_400;
    await tell('active', { cancel_at: end });
    clock.advance(9 * dayMs);
    await sweep();
    expect(await plan()).toBe('small');
    clock.advance(dayMs);
    await tell('canceled', { ended_at: end });
    expect(await plan()).toBe('free');
    await tell('active', {}, seconds() + 5);
    expect(await plan()).toBe('free');
  });

  test('interrupts a trial, which goes on where it was when the subscription is over', async () => {
    const trialEndsAt = new Date(clock.now() + 10 * dayMs);
    await harness.tenants.update(tenantId, { trialEndsAt });
    await tell('trialing', { trial_end: seconds() + 864_000 });
    expect(await harness.tenants.get(tenantId)).toMatchObject({ plan: 'small', trialEndsAt: null });
    await tell('active', {}, seconds() + 1);
    await tell('canceled', {}, seconds() + 2);
    expect(await harness.tenants.get(tenantId)).toMatchObject({ plan: 'free', trialEndsAt });
  });

  test('does not touch what the operator assigns by hand until it changes itself', async () => {
    await tell('active');
    await harness.tenants.update(tenantId, { plan: 'large' });
    await tell('active', { description: 'renewed' }, seconds() + 1);
    await harness.tell('invoice.paid', { id: `in_${id}`, customer: `cus_${id}`, total: 1, currency: 'eur' });
    await sweep();
    expect(await plan()).toBe('large');
    await tell('active', { prices: ['price_open'] }, seconds() + 2);
    expect(await plan()).toBe('open');
    await tell('canceled', {}, seconds() + 3);
    await harness.tenants.update(tenantId, { plan: 'large' });
    await harness.tell('invoice.paid', { id: `in_${id}_2`, customer: `cus_${id}`, total: 1, currency: 'eur' });
    expect(await plan()).toBe('large');
  });

  test('that never ran takes no plan away', async () => {
    await harness.tenants.update(tenantId, { plan: 'large' });
    await tell('incomplete');
    await tell('incomplete_expired', {}, seconds() + 1);
    expect(await plan()).toBe('large');
  });

  test('leaves a suspended tenant suspended', async () => {
    await harness.tenants.update(tenantId, { suspended: true });
    await tell('active');
    expect(await harness.tenants.get(tenantId)).toMatchObject({ plan: 'small', suspended: true });
    await tell('canceled');
    expect(await harness.tenants.get(tenantId)).toMatchObject({ plan: 'free', suspended: true });
  });

  test('allows more than the plan’s tokens only while it is paid and has the price for it', async () => {
    const overage = async () => {
      const { rows } = await database().query((executor) =>
        executor.execute(sql`SELECT overage FROM tenants WHERE id = ${tenantId}`),
      );
      return rows[0]?.['overage'];
    };
    await tell('active', { prices: ['price_open'] });
    expect(await overage()).toBe(false);
    await tell('trialing', { prices: ['price_open', 'price_meter'] }, seconds() + 1);
    expect(await overage()).toBe(false);
    await tell('active', { prices: ['price_meter', 'price_open'] }, seconds() + 2);
    expect(await overage()).toBe(true);
    await tell('past_due', { prices: ['price_open', 'price_meter'] }, seconds() + 3);
    expect(await overage()).toBe(false);
    expect(await plan()).toBe('open');
  });

  test('that ends deletes nothing', async () => {
    const tables = [
      'api_keys',
      'usage_events',
      'usage_rollups',
      'files',
      'responses',
      'batches',
      'tenants',
      'provider_keys',
    ];
    const counts = async () => {
      const { rows } = await database().query((executor) =>
        executor.execute(
          sql.raw(`SELECT ${tables.map((table) => `(SELECT count(*) FROM ${table})::int AS ${table}`).join(', ')}`),
        ),
      );
      return rows[0];
    };
    await tell('active', { prices: ['price_large'] });
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO api_keys (id, tenant_id, name, mode, scopes)
        VALUES (${`key_${id}`}, ${tenantId}, 'k', 'live', '{chat}')`),
    );
    await harness.use(tenantId, { promptTokens: 100 });
    const before = await counts();
    await tell('active', {}, seconds() + 1);
    await tell('past_due', {}, seconds() + 2);
    clock.advance(8 * dayMs);
    await sweep();
    await tell('canceled');
    expect(await plan()).toBe('free');
    expect(await counts()).toEqual(before);
    expect(Number(before?.['api_keys'])).toBeGreaterThan(0);
    expect(Number(before?.['usage_events'])).toBeGreaterThan(0);
  });
});
