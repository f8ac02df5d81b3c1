import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { openEmbeddedDatabase, openServerDatabase, type Database } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { copyPrepared } from './global-setup.ts';
import { requireServer } from './require-server.ts';

/** A migrated, empty embedded database. */
async function openTestDatabase(): Promise<Database> {
  const folder = await copyPrepared(inject('preparedDatabase'));
  const database = await openEmbeddedDatabase(folder);
  return {
    ...database,
    close: async () => {
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A new, empty database on the PostgreSQL server at `adminUrl`. */
export async function createServerDatabase(adminUrl: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `turnpike_test_${randomBytes(6).toString('hex')}`;
  await runOn(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => runOn(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** A migrated database on the PostgreSQL server at `adminUrl`, dropped at `close`. */
async function openTestServerDatabase(adminUrl: string): Promise<Database> {
  const { url, drop } = await createServerDatabase(adminUrl);
  const database = openServerDatabase(url);
  await migrate(database);
  return {
    ...database,
    close: async () => {
      await database.close();
      await drop();
    },
  };
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Runs a suite on the embedded database and on a PostgreSQL server. `database()` is the one at hand. */
export function describeEachDatabase(title: string, suite: (database: () => Database) => void): void {
  const serverUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
  const kinds: { kind: string; open: (() => Promise<Database>) | undefined }[] = [
    { kind: 'embedded database', open: openTestDatabase },
    { kind: 'PostgreSQL server', open: serverUrl === undefined ? undefined : () => openTestServerDatabase(serverUrl) },
  ];
  for (const { kind, open } of kinds) {
    describe.skipIf(open === undefined)(
      `${title} on the ${kind}${open === undefined ? ' (set TEST_DATABASE_URL to run)' : ''}`,
      () => {
        let database: Database | undefined;
        beforeAll(async () => {
          database = await open?.();
        });
        afterAll(() => database?.close());
        suite(() => {
          if (database === undefined) throw new Error('the database is not open yet');
          return database;
        });
      },
    );
  }
}
