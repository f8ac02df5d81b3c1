import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Database } from './database.ts';

const folder = new URL('./migrations/', import.meta.url);
/** Any number fixed for this purpose: processes that start together migrate one after the other. */
const advisoryLock = 8_420_001;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database to this program's schema: each file of `migrations/` once, in order, all in one transaction
 * under an advisory lock. A file that was changed after it ran, or a database newer than the program, stops it.
 * @returns the names that were applied now
 */
export async function migrate(database: Database): Promise<string[]> {
  const migrations = await readMigrations();
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await client.query<{ name: string; checksum: string }>(
      'SELECT name, checksum FROM schema_migrations',
    );
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    const known = new Set(migrations.map((migration) => migration.name));
    const unknown = rows.find((row) => !known.has(row.name));
    if (unknown !== undefined)
      throw new Error(
        `the database has migration ${unknown.name}, which this version of Turnpike does not know: start the newer version`,
      );
    const fresh = migrations.filter((migration) => !applied.has(migration.name));
    const changed = migrations.find(
      (migration) => applied.has(migration.name) && applied.get(migration.name) !== migration.checksum,
    );
    if (changed !== undefined) throw new Error(`migration ${changed.name} was changed after it had been applied`);
    for (const migration of fresh) {
      await client.query(migration.sql);
      await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
        migration.name,
        migration.checksum,
      ]);
    }
    await client.query('COMMIT');
    return fresh.map((migration) => migration.name);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
