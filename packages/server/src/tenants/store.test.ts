import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createTenantStore, type TenantStore } from './store.ts';

describeEachDatabase('tenants', (database) => {
  let clock: ManualClock;
  let tenants: TenantStore;

  beforeEach(() => {
    clock = createManualClock();
    tenants = createTenantStore({ database: database(), clock });
  });

  test('are none at first, and then some', async () => {
    expect(await tenants.isEmpty()).toBe(true);
    const made = await tenants.create({ name: 'Łódź & Söhne', plan: 'free' });
    expect(made).toMatchObject({ name: 'Łódź & Söhne', plan: 'free', suspended: false });
    expect(made.id).toMatch(/^ten_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(await tenants.get(made.id)).toEqual(made);
    expect(await tenants.isEmpty()).toBe(false);
  });

  test('change only in what is named', async () => {
    const { id } = await tenants.create({ name: 'Example', plan: 'free' });
    expect(await tenants.update(id, { suspended: true })).toMatchObject({ plan: 'free', suspended: true });
    expect(await tenants.update(id, { plan: 'pro' })).toMatchObject({ plan: 'pro', suspended: true });
    expect(await tenants.update(id, {})).toMatchObject({ name: 'Example', plan: 'pro', suspended: true });
  });

  test('that are not there are 404', async () => {
    await expect(tenants.get('ten_x')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND', param: 'id' });
    await expect(tenants.update('ten_x', { plan: 'pro' })).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  });

  test('with a character that cannot be stored are the caller’s mistake, not ours', async () => {
    await expect(tenants.create({ name: 'a\u0000b', plan: 'free' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('are listed in the order of their making, page by page', async () => {
    const made: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      clock.advance(86_400_000);
      made.push((await tenants.create({ name: `t${String(index)}`, plan: 'free' })).id);
    }
    const all = (await tenants.list({ limit: 1000 })).map((tenant) => tenant.id);
    expect(all.filter((id) => made.includes(id))).toEqual(made);
    const page = await tenants.list({ after: made[0], limit: 2 });
    expect(page.map((tenant) => tenant.id)).toEqual(made.slice(1, 4));
  });

  test('are found by id, a part of the name, the contact’s address or a member’s', async () => {
    const made = await tenants.create({ name: 'Möbel 100% Krause', plan: 'free', contactEmail: 'k_a@krause.example' });
    const other = await tenants.create({ name: 'Möbel 1000 Schmidt', plan: 'free' });
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO accounts."user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
        VALUES ('u-search', 'Eva', 'eva@schmidt.example', true, now(), now());
        INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt")
          VALUES ('${sql.raw(other.id)}', 'x', 'x-search', now());
        INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
          VALUES ('m-search', '${sql.raw(other.id)}', 'u-search', 'owner', now())`),
    );
    const found = async (search: string) => (await tenants.list({ search, limit: 10 })).map(({ id }) => id);
    expect((await found('möbel')).toSorted()).toEqual([made.id, other.id].toSorted());
    expect(await found('100%')).toEqual([made.id]);
    expect(await found('k_a@')).toEqual([made.id]);
    expect(await found('kxa@')).toEqual([]);
    expect(await found('EVA@schmidt')).toEqual([other.id]);
    expect(await found(made.id)).toEqual([made.id]);
    expect(await found('\\')).toEqual([]);
  });
});
