import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { MemberStore } from './member-store.ts';
import type { Membership, Person } from './membership-store.ts';
import { mayAssign, roles, type Role } from './roles.ts';

const startMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

describeEachDatabase('members of an organisation', (database) => {
  const run = (statement: ReturnType<typeof sql>) => database().query((executor) => executor.execute(statement));
  let store: MemberStore;
  const setTime = (nowMs: number) => {
    store = new MemberStore({ database: database(), clock: createManualClock(nowMs) });
  };
  const as = (role: Role, tenantId = 'ten_1'): Membership => ({
    ...{ tenantId, tenantName: 'One', plan: 'p', role, trialEndsAt: null },
  });
  const person = (id: string, emailVerified = true): Person => ({
    ...{ id, email: `${id}@example.com`, name: id, emailVerified },
  });
  const join = async (id: string, role: Role, tenantId = 'ten_1') => {
    await run(sql`INSERT INTO accounts."user" ("id", "name", "email", "emailVerified", "updatedAt")
      VALUES (${id}, ${id}, ${`${id}@example.com`}, true, now()) ON CONFLICT DO NOTHING`);
    await run(sql`INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
      VALUES (${`mem_${id}_${tenantId}`}, ${tenantId}, ${id}, ${role}, now())`);
    return `mem_${id}_${tenantId}`;
  };
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof AppError ? error.code : 'other'),
    );

  beforeEach(async () => {
    setTime(startMs);
    await run(sql`DELETE FROM accounts."user"`);
    await run(sql`DELETE FROM tenants`);
    for (const id of ['ten_1', 'ten_2']) {
      await run(sql`INSERT INTO tenants (id, name, plan) VALUES (${id}, ${id}, 'p')`);
      await run(
        sql`INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt") VALUES (${id}, ${id}, ${id}, now())`,
      );
    }
  });

  test('are changed by each role exactly as the matrix has it', async () => {
    for (const by of roles)
      for (const from of roles)
        for (const to of roles) {
          await run(sql`DELETE FROM accounts."member"`);
          await join('owner', 'owner');
          const target = await join('target', from);
          const outcome = await code(store.changeRole(as(by), target, to));
          expect([by, from, to, outcome]).toEqual([
            by,
            from,
            to,
            mayAssign(by, from, to) ? 'done' : 'INSUFFICIENT_ROLE',
          ]);
        }
  });

  test('of another organisation are not found', async () => {
    await join('owner', 'owner');
    const stranger = await join('stranger', 'viewer', 'ten_2');
    expect(await code(store.changeRole(as('owner'), stranger, 'admin'))).toBe('RESOURCE_NOT_FOUND');
    expect(await code(store.remove(as('owner'), 'owner', stranger))).toBe('RESOURCE_NOT_FOUND');
  });

  test('never lose their last owner, even when two owners remove one another at once', async () => {
    const [ada, bob] = [await join('ada', 'owner'), await join('bob', 'owner')];
    const outcomes = await Promise.all([
      code(store.remove(as('owner'), 'ada', bob)),
      code(store.remove(as('owner'), 'bob', ada)),
    ]);
    expect(outcomes.toSorted()).toEqual(['CONFLICT', 'done']);
    const [left] = await store.list('ten_1');
    expect(await code(store.changeRole(as('owner'), left?.id ?? '', 'viewer'))).toBe('CONFLICT');
  });

  test('may leave by themselves, whatever their role', async () => {
    await join('owner', 'owner');
    const viewer = await join('viewer', 'viewer');
    expect(await code(store.remove(as('viewer'), 'viewer', viewer))).toBe('done');
  });

  describe('by invitation', () => {
    const invite = (role: Role, by: Role = 'owner', email = 'New@example.com') =>
      store.invite(as(by), person('ada'), { email, role });
    beforeEach(async () => {
      await join('ada', 'owner');
      await run(sql`INSERT INTO accounts."user" ("id", "name", "email", "emailVerified", "updatedAt")
        VALUES ('new', 'new', 'new@example.com', true, now())`);
    });

    test('get the role they were invited to, once', async () => {
      const { id } = await invite('developer');
      expect((await store.accept(person('new'), id)).status).toBe('accepted');
      await store.accept(person('new'), id);
      expect((await store.list('ten_1')).map(({ email, role }) => [email, role])).toContainEqual([
        'new@example.com',
        'developer',
      ]);
      expect(await code(invite('viewer'))).toBe('CONFLICT');
    });

    test('are never raised above who invites', async () => {
      expect(await code(invite('owner', 'admin'))).toBe('INSUFFICIENT_ROLE');
      expect(await code(invite('viewer', 'developer'))).toBe('INSUFFICIENT_ROLE');
    });

    test('join with the invited and confirmed address only', async () => {
      const { id } = await invite('admin');
      expect(await code(store.accept(person('ada'), id))).toBe('RESOURCE_NOT_FOUND');
      expect(await code(store.accept(person('new', false), id))).toBe('RESOURCE_NOT_FOUND');
      expect(await code(store.accept(person('new'), 'inv_unknown'))).toBe('RESOURCE_NOT_FOUND');
    });

    test('too late, withdrawn or replaced, do not join', async () => {
      const first = await invite('viewer');
      const second = await invite('admin');
      expect(await code(store.accept(person('new'), first.id))).toBe('RESOURCE_NOT_FOUND');
      setTime(startMs + 8 * dayMs);
      expect(await code(store.accept(person('new'), second.id))).toBe('CONFLICT');
      setTime(startMs);
      await store.withdraw(as('owner'), second.id);
      expect(await code(store.accept(person('new'), second.id))).toBe('RESOURCE_NOT_FOUND');
      expect(await store.openInvitations('ten_1')).toEqual([]);
    });

    test('are bounded', async () => {
      for (let index = 0; index < 50; index += 1) await invite('viewer', 'owner', `p${index}@example.com`);
      expect(await code(invite('viewer', 'owner', 'one-more@example.com'))).toBe('CONFLICT');
    });
  });
});
