import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { openEmbeddedDatabase, openServerDatabase, type Database } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { copyPrepared } from './global-setup.ts';
import { requireServer } from './require-server.ts';

/** A migrated, empty embedded database. */
export async function openTestDatabase(): Promise<Database> {
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

/** A new database on the PostgreSQL server at TEST_DATABASE_URL, dropped at `close`. `url` reaches it. */
export async function openTestServerDatabase(adminUrl: string): Promise<Database & { readonly url: string }> {
  const name = `turnpike_test_${randomBytes(6).toString('hex')}`;
  await runOn(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const database = openServerDatabase(url.toString());
  await migrate(database);
  return {
    ...database,
    url: url.toString(),
    close: async () => {
      await database.close();
      await runOn(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
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
