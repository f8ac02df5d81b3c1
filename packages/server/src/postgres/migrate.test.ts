import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/test-database.ts';
import { migrate } from './migrate.ts';

describeEachDatabase('migrations', (database) => {
  test('run once: a second run applies nothing', async () => {
    expect(await migrate(database())).toEqual([]);
  });

  test('refuse a database that is newer than the program', async () => {
    await database().query((executor) =>
      executor.execute(sql`INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future.sql', 'x')`),
    );
    await expect(migrate(database())).rejects.toThrow('9999_future.sql, which this version of Turnpike does not know');
    await database().query((executor) =>
      executor.execute(sql`DELETE FROM schema_migrations WHERE name = '9999_future.sql'`),
    );
  });

  test('a failed transaction leaves nothing behind', async () => {
    await expect(
      database().transaction(async (executor) => {
        await executor.execute(sql`INSERT INTO tenants (id, name, plan) VALUES ('ten_x', 'x', 'x')`);
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    const { rows } = await database().query((executor) => executor.execute(sql`SELECT id FROM tenants`));
    expect(rows).toEqual([]);
  });
});
