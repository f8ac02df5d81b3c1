import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Mail } from '../mail/mailer.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createTrialNotices, dueTrialNotice } from './trial-notices.ts';

const dayMs = 86_400_000;

describe('which mail is due', () => {
  test.each([
    [8, undefined],
    [7, 'week-before'],
    [1.5, 'week-before'],
    [1, 'day-before'],
    [0.1, 'day-before'],
    [0, 'ended'],
    [-13, 'ended'],
    [-15, undefined],
  ])('%d days before the end: %s', (days, kind) => {
    expect(dueTrialNotice(days * dayMs, 0)).toBe(kind);
  });
});

describeEachDatabase('mails about a trial', (database) => {
  const startMs = Date.UTC(2026, 0, 1);
  const run = (statement: ReturnType<typeof sql>) => database().query((executor) => executor.execute(statement));
  let clock = createManualClock(startMs);
  let mails: Mail[] = [];
  const open = (send = (mail: Mail) => Promise.resolve(void mails.push(mail))) =>
    createTrialNotices({
      ...{ database: database(), clock, logger: createRecordingLogger(), send },
      ...{ brandName: 'Brand', publicUrl: 'https://brand.example' },
    });

  beforeEach(async () => {
    clock = createManualClock(startMs);
    mails = [];
    await run(sql`DELETE FROM accounts."user"`);
    await run(sql`DELETE FROM tenants`);
    const end = new Date(startMs + 14 * dayMs).toISOString();
    await run(sql`INSERT INTO tenants (id, name, plan, trial_ends_at) VALUES ('ten_1', 'Ada', 'personal', ${end})`);
    await run(
      sql`INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt") VALUES ('ten_1', 'Ada', 'a', now())`,
    );
    for (const [id, role] of [
      ['ada', 'owner'],
      ['bob', 'developer'],
    ]) {
      await run(sql`INSERT INTO accounts."user" ("id", "name", "email", "emailVerified", "updatedAt")
        VALUES (${id}, ${id}, ${`${id ?? ''}@example.com`}, true, now())`);
      await run(sql`INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
        VALUES (${id}, 'ten_1', ${id}, ${role}, now())`);
    }
  });

  test('go to the owners a week before, a day before and at the end, each once', async () => {
    const counts: number[] = [];
    for (const day of [0, 6, 7, 8, 13, 13.5, 14, 15, 40]) {
      clock = createManualClock(startMs + day * dayMs);
      const notices = open();
      counts.push(await notices.run());
      await notices.run();
      await notices.close();
    }
    expect(counts).toEqual([0, 0, 1, 0, 1, 0, 1, 0, 0]);
    expect(new Set(mails.map(({ to }) => to))).toEqual(new Set(['ada@example.com']));
    expect(mails.map(({ subject }) => subject.includes('trial over'))).toEqual([false, false, true]);
    expect(mails[0]?.text).toContain('https://brand.example/console/billing');
  });

  test('by two processes at once are one mail', async () => {
    clock = createManualClock(startMs + 10 * dayMs);
    const both = [open(), open()];
    const sent = await Promise.all(both.map((notices) => notices.run()));
    expect(sent[0] === undefined || sent[1] === undefined ? -1 : sent[0] + sent[1]).toBe(1);
    for (const notices of both) await notices.close();
  });

  test('that could not be sent are tried again after a while', async () => {
    clock = createManualClock(startMs + 10 * dayMs);
    const broken = open(() => Promise.reject(new Error('no mail server')));
    expect(await broken.run()).toBe(0);
    await broken.close();
    const early = open();
    expect(await early.run()).toBe(0);
    await early.close();
    clock = createManualClock(startMs + 10 * dayMs + 3_600_000);
    const notices = open();
    expect(await notices.run()).toBe(1);
    await notices.close();
  });
});
