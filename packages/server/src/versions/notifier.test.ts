import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { createKeyStore } from '../keys/store.ts';
import type { Mail } from '../mail/mailer.ts';
import { createTenantStore } from '../tenants/store.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createContracts } from './contract.ts';
import { versionDeclarations } from './declarations.ts';
import { claimNotice, countVersionKeys, listNotices } from './notice-store.ts';
import { createNotifier, type Notifier } from './notifier.ts';
import { createVersionRegistry } from './version-registry.ts';

const old = '2026-01-15';
const noTimers = { every: () => () => undefined };
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const { deprecated } = createContracts({
  registry: createVersionRegistry(versionDeclarations),
  clock: createManualClock(),
  publicUrl: 'https://api.example',
  deprecationForm: 'rfc9745',
  deprecatedEndpoints: [{ path: '/v1/old/{id}', deprecatedAt: '2026-05-18', successor: '/v1/new/{id}' }],
});
const sixMonthsMs = Date.UTC(2026, 10, 18);
const elevenMonthsMs = Date.UTC(2027, 3, 18);
const sunsetMs = Date.UTC(2027, 4, 18);

describeEachDatabase('the deprecation notices', (database) => {
  let clock: ManualClock;
  let mails: Mail[];
  let open: Notifier[];
  let notifier: Notifier;
  /** One that runs when it is told to; with `by`, by itself too. */
  const openNotifier = (send: (mail: Mail) => Promise<void> = record, by: Partial<Clock> = noTimers) => {
    const fresh = createNotifier({
      database: database(),
      contracts: { deprecated, migrationUrl: 'https://api.example/moving' },
      clock: { ...clock, ...by },
      logger: createRecordingLogger(),
      send,
      brandName: 'Example',
    });
    open.push(fresh);
    return fresh;
  };
  const record = (mail: Mail) => {
    mails.push(mail);
    return Promise.resolve();
  };
  const keys = () => createKeyStore({ database: database(), clock, prefixes: { live: 'sk_', test: 'sk_test_' } });
  const createTenant = async (email?: string, name = 'Example') =>
    (await createTenantStore({ database: database(), clock }).create({ name, plan: 'free', contactEmail: email })).id;
  const createKey = async (tenantId: string, name: string, expiresAt: Date | null = null) =>
    (await keys().create({ tenantId, name, mode: 'live', scopes: ['chat'], models: null, expiresAt })).key.id;
  const use = (keyId: string, version: string, atMs = clock.now()) =>
    database().query((executor) =>
      executor.execute(
        sql`INSERT INTO version_usage VALUES (${keyId}, ${version}, ${new Date(atMs).toISOString()}, ${new Date(atMs).toISOString()})
            ON CONFLICT (version, key_id) DO UPDATE SET last_used_at = excluded.last_used_at`,
      ),
    );
  const goTo = (ms: number) => {
    clock.advance(ms - clock.now());
  };
  const recipients = () => mails.map((mail) => mail.to);

  beforeEach(async () => {
    await database().query((executor) => executor.execute(sql`TRUNCATE tenants CASCADE`));
    clock = createManualClock(sixMonthsMs - 1_000);
    mails = [];
    open = [];
    notifier = openNotifier();
  });
  afterEach(async () => {
    await Promise.all(open.map((one) => one.close()));
  });

  test('go to the owners of keys that really used the version, and to nobody else', async () => {
    const [uses, moved, revoked, nameless, never, expired] = [
      await createTenant('uses@a.example', 'Uses'),
      await createTenant('moved@b.example'),
      await createTenant('revoked@c.example'),
      await createTenant(),
      await createTenant('never@d.example'),
      await createTenant('expired@e.example'),
    ];
    const first = await createKey(uses, 'server');
    const second = await createKey(uses, 'batch');
    const current = await createKey(uses, 'current');
    await use(first, old);
    await use(second, old);
    await use(current, '2026-05-18');
    await use(await createKey(moved, 'old times'), old, clock.now() - 91 * dayMs);
    const gone = await createKey(revoked, 'gone');
    await use(gone, old);
    await keys().revoke(gone);
    await use(await createKey(nameless, 'nobody to write to'), old);
    await use(await createKey(never, 'new'), '2026-05-18');
    await use(await createKey(expired, 'over', new Date(clock.now() - 1)), old);
    goTo(sixMonthsMs);
    expect(await notifier.run()).toBe(1);
    expect(recipients()).toEqual(['uses@a.example']);
    expect(mails[0]?.subject).toBe('API version 2026-01-15 retires on 2027-05-18');
    expect(mails[0]?.text).toContain('Uses,');
    expect(mails[0]?.text).toMatch(/still use it: (server, batch|batch, server)\./);
    expect(mails[0]?.text).not.toContain('current');
    expect(mails[0]?.text).toContain('https://api.example/moving');
    expect(mails[0]?.text).toContain('2026-05-18');
  });

  test('are sent after six and after eleven months, each once, and never after the end', async () => {
    const key = await createKey(await createTenant('owner@a.example'), 'server');
    const step = async (atMs: number) => {
      goTo(atMs);
      await use(key, old);
      return notifier.run();
    };
    expect(await step(sixMonthsMs - 1)).toBe(0);
    expect(await step(sixMonthsMs)).toBe(1);
    expect(await step(sixMonthsMs + hourMs)).toBe(0);
    expect(await step(elevenMonthsMs - 1)).toBe(0);
    expect(await step(elevenMonthsMs)).toBe(1);
    expect(await step(elevenMonthsMs + dayMs)).toBe(0);
    expect(await step(sunsetMs - 1)).toBe(0);
    expect(await step(sunsetMs)).toBe(0);
    expect(mails.map((mail) => mail.subject)).toEqual([
      'API version 2026-01-15 retires on 2027-05-18',
      'Last reminder: API version 2026-01-15 retires on 2027-05-18',
    ]);
    expect(new Set(mails.map((mail) => mail.messageId)).size).toBe(2);
  });

  test('run by themselves', async () => {
    await use(await createKey(await createTenant('owner@a.example'), 'server'), old);
    openNotifier(record, {});
    clock.advance(2 * hourMs);
    await expect.poll(() => mails.length).toBe(1);
  });

  test('after a downtime that began before the first one tell only what is true now', async () => {
    const key = await createKey(await createTenant('owner@a.example'), 'server');
    goTo(elevenMonthsMs + 20 * dayMs);
    await use(key, old);
    expect(await openNotifier().run()).toBe(1);
    expect(mails[0]?.subject).toContain('Last reminder');
    expect(await openNotifier().run()).toBe(0);
  });

  test('are each sent by one of several processes that run at once', async () => {
    for (let index = 0; index < 10; index += 1)
      await use(await createKey(await createTenant(`owner${index}@a.example`), 'server'), old);
    goTo(sixMonthsMs);
    const sent = await Promise.all([notifier.run(), openNotifier().run(), openNotifier().run()]);
    expect(sent.reduce((sum, count) => sum + count, 0)).toBe(10);
    expect(new Set(recipients()).size).toBe(10);
    expect(mails).toHaveLength(10);
  });

  test('that could not be sent are tried again, and do not keep the others', async () => {
    await use(await createKey(await createTenant('broken@a.example'), 'server'), old);
    await use(await createKey(await createTenant('fine@b.example'), 'server'), old);
    goTo(sixMonthsMs);
    let isBroken = true;
    const flaky = openNotifier((mail) =>
      isBroken && mail.to.startsWith('broken') ? Promise.reject(new Error('451 try later')) : record(mail),
    );
    expect(await flaky.run()).toBe(1);
    expect(recipients()).toEqual(['fine@b.example']);
    isBroken = false;
    clock.advance(20 * 60_000);
    expect(await flaky.run()).toBe(1);
    expect(recipients()).toEqual(['fine@b.example', 'broken@a.example']);
  });

  test('claimed by a process that died are sent when its claim has grown old', async () => {
    const tenantId = await createTenant('owner@a.example');
    await use(await createKey(tenantId, 'server'), old);
    goTo(sixMonthsMs);
    const notice = { subject: old, tenantId, kind: 'six-months', recipient: 'owner@a.example' } as const;
    expect(await claimNotice(database(), { ...notice, nowMs: clock.now(), staleMs: 15 * 60_000 })).toBe(true);
    clock.advance(15 * 60_000 - 1);
    expect(await notifier.run()).toBe(0);
    clock.advance(1);
    expect(await notifier.run()).toBe(1);
  });

  test('that are being sent when the process closes are on record, and the rest is left to another', async () => {
    for (const name of ['a', 'b', 'c'])
      await use(await createKey(await createTenant(`owner@${name}.example`), 'server'), old);
    goTo(sixMonthsMs);
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const closing = openNotifier(async (mail) => {
      begun();
      await arrived;
      await record(mail);
    });
    const sent = closing.run();
    await hasBegun;
    const closed = closing.close();
    arrive();
    await closed;
    expect(await sent).toBe(1);
    expect(await listNotices(database())).toMatchObject([{ sentAt: new Date(sixMonthsMs) }]);
    expect(await notifier.run()).toBe(2);
  });

  test('are on record, with the keys still on each version', async () => {
    const tenantId = await createTenant('owner@a.example');
    const key = await createKey(tenantId, 'server');
    await use(key, old);
    await use(key, '2026-05-18');
    await use(await createKey(tenantId, 'second'), '2026-05-18');
    goTo(sixMonthsMs);
    await notifier.run();
    expect(await listNotices(database())).toEqual([
      { subject: old, tenantId, kind: 'six-months', recipient: 'owner@a.example', sentAt: new Date(sixMonthsMs) },
    ]);
    const counts = await countVersionKeys(database(), clock.now() - dayMs);
    expect([...counts].toSorted()).toEqual([
      [old, 1],
      ['2026-05-18', 2],
    ]);
  });

  test('the users of a deprecated endpoint are written to as those of a version are', async () => {
    const tenant = await createTenant('endpoint@example.com');
    await use(await createKey(tenant, 'Caller'), 'endpoint /v1/old/{id}', sixMonthsMs - dayMs);
    goTo(sixMonthsMs);
    expect(await notifier.run()).toBe(1);
    expect(mails[0]).toMatchObject({
      to: 'endpoint@example.com',
      subject: 'The endpoint /v1/old/{id} retires on 2027-05-18',
    });
    expect(mails[0]?.messageId).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(await notifier.run()).toBe(0);
  });
});
