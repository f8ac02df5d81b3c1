import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compose, type Composition } from '../packages/server/src/compose.ts';
import { loadConfig } from '../packages/server/src/config/load.ts';
import { createManualClock, type ManualClock } from '../packages/server/src/testing/manual-clock.ts';
import { createRecordingLogger } from '../packages/server/src/testing/recording-logger.ts';
import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';
import { startMailServer } from './mail-server.ts';
import { cleanUp, temporaryFolder } from './turnpike-process.ts';

const databaseUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
const redisUrl = requireServer('TEST_REDIS_URL', 'Redis');
afterAll(cleanUp);

const old = '2026-01-15';

async function open(env: Record<string, string>, clock: ManualClock): Promise<Composition> {
  const root = join(import.meta.dirname, '..');
  const config = await loadConfig({
    env: { ...env, DATA_DIR: await temporaryFolder(), TURNPIKE_PUBLIC_URL: 'https://api.example.com' },
    cwd: root,
    presetsDir: join(root, 'presets'),
  });
  return compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock,
    logger: createRecordingLogger(),
    version: '0',
  });
}

test.skipIf(databaseUrl === undefined || redisUrl === undefined)(
  'the twelve months of a version run by the clock, on two processes, with each mail sent once (set TEST_DATABASE_URL and TEST_REDIS_URL to run)',
  async () => {
    const database = await createServerDatabase(databaseUrl ?? '');
    const mail = await startMailServer();
    const clock = createManualClock(Date.UTC(2026, 4, 17, 12));
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl ?? '',
      SMTP_URL: mail.url,
      TURNPIKE_MASTER_KEY: '0123456789abcdef'.repeat(4),
      TURNPIKE_ADMIN_TOKEN: 'admin-token-of-the-clock-test-000000',
    };
    const processes = await Promise.all([open(env, clock), open(env, clock)]);
    const [first, second] = processes;
    if (first === undefined || second === undefined) throw new Error('two processes');
    const { tenants, keys } = first.services;
    const using = await tenants.create({ name: 'Uses it', plan: 'personal', contactEmail: 'owner@example.com' });
    const moved = await tenants.create({ name: 'Moved on', plan: 'personal', contactEmail: 'moved@example.com' });
    const keyOf = async (tenantId: string, name: string) =>
      (await keys.create({ tenantId, name, mode: 'live', scopes: ['chat', 'models'], models: null, expiresAt: null }))
        .secret;
    const usingKey = await keyOf(using.id, 'Production');
    const movedKey = await keyOf(moved.id, 'New');
    const ask = (secret: string, version: string) =>
      first.app.inject({
        method: 'GET',
        url: '/v1/models',
        headers: { authorization: `Bearer ${secret}`, 'api-version': version },
      });
    const speak = async () => {
      await first.services.gateway.authenticator.refresh();
      const answer = await ask(usingKey, old);
      await first.services.gateway.versionUsage.flush();
      return answer;
    };
    // Both processes look twice; their own hourly look may have been first.
    const mailsAfterLooking = async () => {
      for (let round = 0; round < 2; round += 1)
        await Promise.all(processes.map((composition) => composition.notify()));
      return mail.mails.length;
    };
    const goTo = (instant: number) => clock.leap(instant);

    const dayBefore = await speak();
    expect([dayBefore.statusCode, dayBefore.headers['deprecation']]).toEqual([200, undefined]);
    expect((await ask(movedKey, '2026-05-18')).statusCode).toBe(200);

    goTo(Date.UTC(2026, 4, 18));
    const dayZero = await speak();
    expect(dayZero.headers).toMatchObject({ deprecation: '@1779062400', sunset: 'Tue, 18 May 2027 00:00:00 GMT' });
    expect(dayZero.headers['link']).toContain('rel="successor-version"');
    expect([dayZero.headers['warning'], await mailsAfterLooking()]).toEqual([undefined, 0]);

    goTo(Date.UTC(2026, 10, 18) - 1);
    await speak();
    expect(await mailsAfterLooking()).toBe(0);
    goTo(Date.UTC(2026, 10, 18));
    await expect.poll(mailsAfterLooking).toBe(1);
    expect(mail.mails[0]).toContain('owner@example.com');
    expect(mail.mails[0]).toContain('Production');

    goTo(Date.UTC(2027, 3, 18));
    const lastMonth = await speak();
    expect(lastMonth.headers['warning']).toContain('299');
    await expect.poll(mailsAfterLooking).toBe(2);
    expect(mail.mails[1]).toMatch(/Last reminder/);
    expect(mail.mails.join('')).not.toContain('moved@example.com');

    const asStaff = (url: string) =>
      first.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${env.TURNPIKE_ADMIN_TOKEN}` } });
    const board = await asStaff('/admin/v1/versions');
    const row = board
      .json<{
        data: { version: string; status: string; keys: number; notices: { kind: string; sent_at: string | null }[] }[];
      }>()
      .data.find((entry) => entry.version === old);
    expect(row).toMatchObject({
      ...{ status: 'final-month', keys: 1, deprecated_at: '2026-05-18', sunset_at: '2027-05-18' },
      ...{ first_notice_at: '2026-11-18', final_notice_at: '2027-04-18' },
    });
    const onIt = await asStaff(`/admin/v1/version-keys?subject=${old}`);
    expect(onIt.json<{ data: object[] }>().data).toMatchObject([
      { tenant_name: 'Uses it', key_name: 'Production', contact_email: 'owner@example.com' },
    ]);
    const unknown = await asStaff('/admin/v1/version-keys?subject=1999-01-01');
    expect([unknown.statusCode, unknown.json<{ error: { param: string } }>().error.param]).toEqual([404, 'subject']);
    expect(row?.notices.map((notice) => notice.kind).sort()).toEqual(['final-month', 'six-months']);

    goTo(Date.UTC(2027, 4, 18));
    await first.services.gateway.authenticator.refresh();
    const retired = await ask(usingKey, old);
    expect(retired.statusCode).toBe(410);
    expect(retired.json<{ error: { message: string } }>().error.message).toContain(
      'https://api.example.com/developers/api-versioning.md',
    );
    expect([(await ask(movedKey, '2026-05-18')).statusCode, await mailsAfterLooking()]).toEqual([200, 2]);

    await Promise.all(processes.map((composition) => composition.close()));
    await mail.close();
    await database.drop();
  },
);
