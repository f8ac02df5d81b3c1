import { sql } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/test-database.ts';

const source = new URL('../', import.meta.url);

/** Every table that some capability's tables.ts declares. */
async function declaredTables(): Promise<PgTable[]> {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(^|\/)tables\.ts$/.test(name),
  );
  const modules = await Promise.all(
    files.map((name) => import(new URL(name, source).href) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module)).filter((value) => value instanceof PgTable);
}

interface ColumnRow {
  readonly name: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
}

describeEachDatabase('the declared tables', (database) => {
  test('have the columns of the migrated database, with the same nullability', async () => {
    const tables = await declaredTables();
    expect(tables.length).toBeGreaterThanOrEqual(3);
    for (const table of tables) {
      const { name: tableName, columns } = getTableConfig(table);
      const { rows } = await database().query((executor) =>
        executor.execute(sql`
          SELECT column_name AS name, is_nullable = 'YES' AS nullable,
                 column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS' AS "hasDefault"
          FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ${tableName}`),
      );
      const migrated = new Map((rows as unknown as ColumnRow[]).map((row) => [row.name, row]));
      for (const column of columns) {
        const where = `${tableName}.${column.name}`;
        expect(migrated.has(column.name), `${where} is not in the migrations`).toBe(true);
        expect({ [where]: migrated.get(column.name)?.nullable }).toEqual({ [where]: !column.notNull });
      }
      // A column that the code does not know must not make its inserts fail.
      const unknown = [...migrated.values()].filter((row) => !columns.some((column) => column.name === row.name));
      expect(
        unknown.filter((row) => !row.nullable && !row.hasDefault).map((row) => `${tableName}.${row.name}`),
      ).toEqual([]);
    }
  });
});
