import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { createBillingHarness, type BillingHarness } from '../testing/billing-harness.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { billingMail, type BillingMailKind } from './billing-mails.ts';
import { orderNotice, sendNotices } from './notices.ts';

describeEachDatabase('mails about money', (database) => {
  let clock: ManualClock;
  let harness: BillingHarness;
  let tenantId = '';

  beforeEach(async () => {
    clock = createManualClock();
    harness = createBillingHarness({ database: database(), clock, stripe: undefined });
    await database().query((executor) => executor.execute(sql`DELETE FROM billing_notices`));
    tenantId = (await harness.tenants.create({ name: 'Ada', plan: 'free', contactEmail: 'ada@example.com' })).id;
  });

  const order = (id: string) =>
    database().query((executor) =>
      orderNotice(executor, {
        ...{ id, tenantId, kind: 'plan-changed', nowMs: clock.now() },
        details: { from: 'small', to: 'large', reason: 'running' },
      }),
    );

  test('go to owners, to those who pay and to the contact, each once', async () => {
    const person = async (name: string, role: string) => {
      const id = `${name}-${tenantId}`;
      await database().query(async (executor) => {
        await executor.execute(sql`INSERT INTO accounts."user" ("id", "name", "email", "emailVerified")
          VALUES (${id}, ${name}, ${`${name}@${tenantId}.example`}, true)`);
        await executor.execute(sql`INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt")
          VALUES (${tenantId}, 'x', ${tenantId}, now()) ON CONFLICT DO NOTHING`);
        await executor.execute(sql`INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
          VALUES (${`mem-${id}`}, ${tenantId}, ${id}, ${role}, now())`);
      });
    };
    for (const role of ['owner', 'billing', 'developer', 'viewer']) await person(role, role);
    await order('n1');
    await order('n1');
    expect(await sendNotices(harness.notices)).toBe(3);
    expect(harness.mails.map(({ to }) => to).toSorted()).toEqual([
      'ada@example.com',
      `billing@${tenantId}.example`,
      `owner@${tenantId}.example`,
    ]);
    expect(await sendNotices(harness.notices)).toBe(0);
  });

  test('are sent once by processes that do so at the same time', async () => {
    for (let index = 0; index < 10; index += 1) await order(`n${index}`);
    const counts = await Promise.all([1, 2, 3].map(() => sendNotices(harness.notices)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10);
    expect(new Set(harness.mails.map(({ messageId }) => messageId)).size).toBe(10);
    expect(harness.mails).toHaveLength(10);
  });

  test('that a mail server does not take are tried again later', async () => {
    await order('n1');
    const broken = { ...harness.notices, send: () => Promise.reject(new Error('no route')) };
    expect(await sendNotices(broken)).toBe(0);
    expect(await sendNotices(harness.notices)).toBe(0);
    clock.advance(6 * 60_000);
    expect(await sendNotices(harness.notices)).toBe(1);
  });

  test('are not ordered by what is rolled back', async () => {
    const failing = database().transaction(async (executor) => {
      await orderNotice(executor, { id: 'n1', tenantId, kind: 'plan-changed', details: {}, nowMs: clock.now() });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await sendNotices(harness.notices)).toBe(0);
  });
});

describe('a mail about money', () => {
  test.each<BillingMailKind>(['payment-failed', 'grace-ending', 'plan-changed'])(
    'says in both languages what happens when, and that nothing is deleted: %s',
    (kind) => {
      const { subject, text, messageId } = billingMail({
        ...{ id: 'x:1', to: 'ada@example.com', kind, brandName: 'Example', publicUrl: 'https://api.example' },
        details: { plan: 'small', nextPlan: 'free', endsAt: '2026-02-03T04:05:06.000Z', from: 'small', to: 'free' },
        titleOf: (name) => name.toUpperCase(),
      });
      expect(subject).toMatch(/^Example: .+ \/ .+$/);
      expect(text.split('\n').filter((line) => line === 'https://api.example/console/billing')).toHaveLength(2);
      expect(text).toContain('SMALL');
      expect(text).toContain('FREE');
      expect(text).toMatch(/Gelöscht wird nichts|bleiben, wie sie sind/);
      expect(text).toMatch(/Nothing is deleted|stay as they are/);
      if (kind !== 'plan-changed') expect(text.match(/2026-02-03/g)).toHaveLength(2);
      expect(messageId).toMatch(/^[A-Za-z0-9._-]+$/);
    },
  );
});
