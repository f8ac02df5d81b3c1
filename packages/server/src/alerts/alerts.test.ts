import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import type { PlanConfig } from '../config/schema.ts';
import { createKeyStore } from '../keys/store.ts';
import type { Principal } from '../keys/key.ts';
import { limitsWithOverage, withKeyLimits } from '../limits/plan-limits.ts';
import { sendTenantMails } from '../mail/tenant-mails.ts';
import { createTenantStore } from '../tenants/store.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import type { Mail } from '../mail/mailer.ts';
import { AlertSettingsStore } from './alert-settings.ts';
import { AlertSweep } from './alert-sweep.ts';

const hourMs = 3_600_000;
const plans: Readonly<Record<string, PlanConfig>> = {
  shared: { tokens_per_month: 1_000, requests_per_minute: 5, tokens_per_minute: 10, limits_per: 'tenant' },
  daily: { tokens_per_month: 10_000, tokens_per_day: 100, limits_per: 'key' },
  larger: { tokens_per_month: 2_000, limits_per: 'tenant' },
  open: { requests_per_minute: 5, limits_per: 'tenant' },
};
const everyMs = 60_000;

describeEachDatabase('alerts about limits', (database) => {
  let clock: ManualClock;
  let tenantId = '';
  let settings: AlertSettingsStore;
  const thresholds = [50, 80, 100];

  const tenants = () => createTenantStore({ database: database(), clock });
  const key = async (name = 'mine', limits?: Principal['keyLimits']) => {
    const store = createKeyStore({ database: database(), clock, prefixes: { live: 'sk_live_', test: 'sk_test_' } });
    const order = { tenantId, name, mode: 'live', scopes: ['chat'], models: null, expiresAt: null } as const;
    return (await store.create({ ...order, limits: limits ?? null })).key.id;
  };
  const sweep = () =>
    new AlertSweep({
      ...{ database: database(), clock, logger: createRecordingLogger(), everyMs, thresholds },
      ...{ brandName: 'Example', publicUrl: 'https://api.example', byokModels: ['own'] },
      limitsOf: (who) => {
        const plan = plans[who.plan];
        if (plan === undefined) return [];
        const credit = who.credit !== undefined && clock.now() < who.credit.untilMs ? who.credit.tokens : 0;
        const limits = limitsWithOverage(plan, plan.limits_per === 'key' ? who.keyId : who.tenantId, who.overage);
        const credited = limits.map((limit) =>
          limit.name === 'tpmonth' ? { ...limit, quota: limit.quota + credit } : limit,
        );
        return withKeyLimits(credited, who.keyLimits, who.keyId);
      },
    });
  const use = async (tokens: number, { keyId = 'key_any', model = 'a', agoMs = 0 } = {}) => {
    const hour = new Date(Math.floor((clock.now() - agoMs) / hourMs) * hourMs).toISOString();
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO usage_rollups AS r (hour, tenant_id, key_id, model, surface, mode, currency, requests,
          errors, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, cost_nanos, duration_ms)
        VALUES (${hour}, ${tenantId}, ${keyId}, ${model}, 's', 'live', 'EUR', 1, 0, ${tokens - 1}, 1, 0, 0, 0, 0)
        ON CONFLICT (hour, tenant_id, key_id, model, surface, mode, currency)
          DO UPDATE SET prompt_tokens = r.prompt_tokens + ${tokens}`),
    );
  };
  /** The next look. */
  const look = () => {
    clock.advance(everyMs);
    return sweep().run();
  };
  const mails = async () => {
    const sent: Mail[] = [];
    const send = (mail: Mail) => Promise.resolve(void sent.push(mail));
    await sendTenantMails({ database: database(), clock, logger: createRecordingLogger(), send });
    return sent;
  };
  const events = async () => {
    const { rows } = await database().query((executor) =>
      executor.execute<{ payload: string }>(
        sql`SELECT payload FROM webhook_events WHERE tenant_id = ${tenantId} ORDER BY created_at, id`,
      ),
    );
    return rows.map(({ payload }) => (JSON.parse(payload) as { data: object }).data);
  };

  beforeEach(async () => {
    clock = createManualClock(Date.UTC(2026, 10, 24, 9, 30));
    settings = new AlertSettingsStore({ database: database(), clock, thresholds });
    const input = { name: 'Ada\r\nBcc: thief@evil.example', plan: 'shared', contactEmail: 'Ada@example.com' };
    tenantId = (await tenants().create(input)).id;
    await database().query((executor) => executor.execute(sql`DELETE FROM sweeps`));
    await database().query((executor) => executor.execute(sql`DELETE FROM usage_rollups`));
    await database().query((executor) => executor.execute(sql`DELETE FROM tenant_mails`));
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO webhook_endpoints (id, tenant_id, url, description, enabled, enabled_at, created_at, updated_at)
        VALUES (${`whe_${tenantId}`}, ${tenantId}, 'https://example.com', '', true, now(), now(), now())`),
    );
  });

  test('are given at each threshold once, and again in the next month', async () => {
    await use(494);
    expect(await look()).toBe(0);
    await use(6);
    expect(await look()).toBe(1);
    expect(await look()).toBe(0);
    await use(300);
    expect(await look()).toBe(1);
    await use(200);
    expect(await look()).toBe(1);
    await use(5_000);
    expect(await look()).toBe(0);
    expect(await events()).toMatchObject([
      { threshold: 50, used: 500, quota: 1_000, limit: 'tpmonth', window: 'month', key_id: null },
      { threshold: 80, used: 800 },
      { threshold: 100, used: 1_000, window_start: '2026-11-01T00:00:00.000Z', resets_at: '2026-12-01T00:00:00.000Z' },
    ]);
    const sent = await mails();
    expect(sent.map(({ to, subject }) => [to, subject])).toEqual([
      ['ada@example.com', 'Example: 50 % des Monats verbraucht / 50% of the month used'],
      ['ada@example.com', 'Example: 80 % des Monats verbraucht / 80% of the month used'],
      ['ada@example.com', 'Example: 100 % des Monats verbraucht / 100% of the month used'],
    ]);
    expect(sent[2]?.text).toContain('429');
    expect(sent[0]?.text).toContain('„Ada Bcc: thief@evil.example“');
    expect(await mails()).toEqual([]);

    clock.leap(Date.UTC(2026, 11, 1, 0, 30));
    expect(await look()).toBe(0);
    await use(600);
    expect(await look()).toBe(1);
  });

  test('are one where several thresholds are reached at once: the highest', async () => {
    await use(950);
    expect(await look()).toBe(1);
    expect(await events()).toMatchObject([{ threshold: 80, used: 950 }]);
    // A lower one that is wanted later is no news.
    await settings.update(tenantId, { thresholds: [10, 80, 100] });
    expect(await look()).toBe(0);
    expect((await mails()).length).toBe(1);
  });

  test('are given once by however many processes at once', async () => {
    await use(1_000);
    clock.advance(everyMs);
    const sweeps = Array.from({ length: 6 }, sweep);
    expect((await Promise.all(sweeps.map((each) => each.run()))).reduce((sum, given) => sum + given, 0)).toBe(1);
    expect((await events()).length).toBe(1);
    // Also where all look: a turn was lost and found again.
    await use(1);
    await settings.update(tenantId, { thresholds: [99] });
    await database().query((executor) => executor.execute(sql`DELETE FROM sweeps`));
    expect(await sweep().run()).toBe(0);
  });

  test('are found within an hour also of who used nothing lately', async () => {
    await use(600, { agoMs: 48 * hourMs });
    await settings.update(tenantId, { thresholds: [90] });
    const one = sweep();
    const lookAgain = (ms: number) => {
      clock.advance(ms);
      return one.run();
    };
    expect(await lookAgain(everyMs)).toBe(0);
    await settings.update(tenantId, { thresholds: [50] });
    expect(await lookAgain(everyMs)).toBe(0);
    expect(await lookAgain(hourMs)).toBe(1);
  });

  test('are of each key where the plan counts keys, in days and months', async () => {
    await tenants().update(tenantId, { plan: 'daily' });
    const [one, other] = [await key('Key “one”'), await key('two')];
    await use(60, { keyId: one });
    await use(45, { keyId: other });
    expect(await look()).toBe(1);
    await use(9_000, { keyId: other, agoMs: 48 * hourMs });
    expect(await look()).toBe(1);
    const told = (await events()).filter((data) => 'threshold' in data);
    expect(told).toMatchObject([
      { limit: 'tpd', threshold: 50, used: 60, quota: 100, key_id: one, resets_at: '2026-11-25T00:00:00.000Z' },
      { limit: 'tpmonth', threshold: 80, used: 9_045, key_id: other },
    ]);
    expect((await mails())[0]?.text).toContain('der Schlüssel „Key “one”“ hat 60 von 100 Tokens des Tages');
    clock.leap(Date.UTC(2026, 10, 25, 1));
    await use(70, { keyId: one });
    expect(await look()).toBe(1);
  });

  test('are of a key’s own limits too, and never of minutes', async () => {
    const keyId = await key('small', { tokens_per_day: 20 });
    await use(18, { keyId });
    expect(await look()).toBe(1);
    expect((await events()).at(-1)).toMatchObject({ limit: 'tpd', key_id: keyId, quota: 20, threshold: 80 });
  });

  test('leave out what tenants pay for elsewhere, plans without such limits, and who is suspended', async () => {
    await use(5_000, { model: 'own' });
    expect(await look()).toBe(0);
    await use(5_000);
    await tenants().update(tenantId, { plan: 'open' });
    expect(await look()).toBe(0);
    await tenants().update(tenantId, { plan: 'shared', suspended: true });
    expect(await look()).toBe(0);
    await tenants().update(tenantId, { suspended: false });
    expect(await look()).toBe(1);
  });

  test('are given again for another quota: a larger plan, a credit', async () => {
    await use(1_000);
    expect(await look()).toBe(1);
    await tenants().credit(tenantId, 1_000, new Date(Date.UTC(2026, 11, 1)));
    expect(await look()).toBe(1);
    expect((await events()).at(-1)).toMatchObject({ threshold: 50, quota: 2_000 });
  });

  test('come as they are wanted: not at all, by mail only, by webhook only', async () => {
    expect(await settings.get(tenantId)).toEqual({ thresholds, mail: true, webhook: true });
    await settings.update(tenantId, { thresholds: [] });
    await use(600);
    expect(await look()).toBe(0);
    expect(await settings.update(tenantId, { thresholds: [70, 60, 60], webhook: false })).toEqual({
      thresholds: [60, 70],
      mail: true,
      webhook: false,
    });
    expect(await look()).toBe(1);
    expect([(await mails()).length, (await events()).length]).toEqual([1, 0]);
    expect(await settings.update(tenantId, { mail: false, webhook: true })).toEqual({
      thresholds: [60, 70],
      mail: false,
      webhook: true,
    });
    await use(100);
    expect(await look()).toBe(1);
    expect([(await mails()).length, (await events()).length]).toEqual([0, 1]);
  });

  test('go to all owners who have confirmed their address, and to the contact, once each', async () => {
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt")
        VALUES (${tenantId}, 'Ada', ${tenantId}, now())`),
    );
    for (const [name, role, verified] of [
      ['ada', 'owner', true],
      ['grace', 'owner', true],
      ['unconfirmed', 'owner', false],
      ['viewer', 'viewer', true],
    ] as const) {
      const id = `usr_${name}_${tenantId}`;
      const email = name === 'ada' ? 'ADA@example.com' : `${name}-${tenantId.toLowerCase()}@example.com`;
      await database().query((executor) =>
        executor.execute(sql`INSERT INTO accounts."user" ("id", "name", "email", "emailVerified", "updatedAt")
          VALUES (${id}, ${name}, ${email}, ${verified}, now())`),
      );
      await database().query((executor) =>
        executor.execute(sql`INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
          VALUES (${`mem_${id}`}, ${tenantId}, ${id}, ${role}, now())`),
      );
    }
    await use(600);
    await look();
    const recipients = (await mails()).map(({ to }) => to.split('-')[0]).toSorted();
    expect(recipients).toEqual(['ada@example.com', 'grace']);
  });

  test('that no mail server takes are tried again, for three days', async () => {
    await use(600);
    await look();
    const refusing = {
      ...{ database: database(), clock, logger: createRecordingLogger() },
      send: () => Promise.reject(new Error('no')),
    };
    expect(await sendTenantMails(refusing)).toBe(0);
    expect(await mails()).toEqual([]);
    clock.advance(5 * 60_000);
    const [mail] = await mails();
    expect(mail?.to).toBe('ada@example.com');
    await use(300);
    await look();
    clock.leap(clock.now() + 3 * 24 * hourMs);
    expect(await mails()).toEqual([]);
  });
});
