import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { createTenantStore, type TenantStore } from '../tenants/store.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { closeOwnOrganization } from './close-organization.ts';
import { closeEmptied, paidAlone } from './leave-on-deletion.ts';
import { MemberStore } from './member-store.ts';
import { MembershipStore, type Membership, type Person } from './membership-store.ts';

describeEachDatabase('an organisation', (database) => {
  let clock: ManualClock;
  let tenants: TenantStore;
  let members: MemberStore;
  let memberships: MembershipStore;
  let count = 0;

  beforeEach(() => {
    clock = createManualClock();
    tenants = createTenantStore({ database: database(), clock });
    members = new MemberStore({ database: database(), clock });
    memberships = new MembershipStore({ database: database(), clock, defaultPlan: 'free', trialDays: undefined });
  });

  const run = (statement: ReturnType<typeof sql>) => database().query((executor) => executor.execute(statement));
  const person = async (name: string): Promise<Person> => {
    count += 1;
    const made = { id: `user-${String(count)}`, email: `${name}${String(count)}@example.com`, name };
    await run(sql`INSERT INTO accounts."user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
      VALUES (${made.id}, ${made.name}, ${made.email}, true, now(), now())`);
    return { ...made, emailVerified: true };
  };
  const own = async (who: Person): Promise<Membership> => {
    const [first] = await memberships.ensure(who);
    if (first === undefined) throw new Error('no organisation');
    return first;
  };
  const subscribe = (tenantId: string, more: object = {}) => {
    const { cancel_at: cancelAt = null, status = 'active' } = more as { cancel_at?: string; status?: string };
    return run(sql`INSERT INTO subscriptions
        (id, customer_id, tenant_id, status, rank, event_created, event_id, created_at, updated_at, cancel_at)
      VALUES (${`sub-${tenantId}`}, ${`cus-${tenantId}`}, ${tenantId}, ${status}, 0, 0, 'e', now(), now(), ${cancelAt})
      ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, cancel_at = EXCLUDED.cancel_at`);
  };
  /** Ada owns two organisations and Bob is in the second. */
  const two = async () => {
    const ada = await person('Ada');
    const bob = await person('Bob');
    await own(ada);
    const second = await own(bob);
    const { id } = await members.invite(second, bob, { email: ada.email, role: 'owner' });
    await members.accept(ada, id);
    return { ada, bob, membership: { ...second, role: 'owner' as const } };
  };
  const close = (who: Person, membership: Membership, typedName = membership.tenantName) =>
    closeOwnOrganization(database(), { person: who, membership, typedName, nowMs: clock.now() });

  test('is closed with its name: members leave, keys end, and it stays closed', async () => {
    const { ada, bob, membership } = await two();
    await expect(close(ada, membership, 'another')).rejects.toMatchObject({ code: 'INVALID_REQUEST', param: 'name' });
    await run(sql`INSERT INTO api_keys (id, tenant_id, name, mode, scopes)
      VALUES ('key-close', ${membership.tenantId}, 'k', 'live', '{}')`);
    expect(await close(ada, membership)).toEqual([ada.email, bob.email].toSorted());
    expect(await memberships.list(bob.id)).toEqual([]);
    expect(await memberships.list(ada.id)).toHaveLength(1);
    const { rows } = await run(sql`SELECT revoked_at FROM api_keys WHERE id = 'key-close'`);
    expect(rows[0]?.['revoked_at']).not.toBeNull();
    const closed = await tenants.get(membership.tenantId);
    expect(closed).toMatchObject({ suspended: true, name: 'closed', contactEmail: null });
    expect(closed.closedAt?.getTime()).toBe(clock.now());
    await expect(tenants.update(membership.tenantId, { suspended: false })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('that is paid for is not closed until the subscription is cancelled', async () => {
    const { ada, membership } = await two();
    await subscribe(membership.tenantId);
    await expect(close(ada, membership)).rejects.toMatchObject({ code: 'CONFLICT' });
    await subscribe(membership.tenantId, { cancel_at: '2027-01-01T00:00:00Z' });
    expect(await close(ada, membership)).toHaveLength(2);
  });

  test('that is the only one of its owner is left to the deletion of the account', async () => {
    const carol = await person('Carol');
    const membership = await own(carol);
    await expect(close(carol, membership)).rejects.toMatchObject({ code: 'CONFLICT' });
    await subscribe(membership.tenantId);
    expect(await paidAlone(database(), carol.id)).toEqual([membership.tenantName]);
    await subscribe(membership.tenantId, { status: 'canceled' });
    expect(await paidAlone(database(), carol.id)).toEqual([]);
    await closeEmptied(database(), carol.id, clock.now());
    expect((await tenants.get(membership.tenantId)).closedAt).not.toBeNull();
  });
});
