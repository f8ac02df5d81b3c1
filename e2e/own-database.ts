import { requireServer } from '../packages/server/src/testing/require-server.ts';
import { createServerDatabase } from '../packages/server/src/testing/test-database.ts';

export interface OwnDatabase {
  /** For a process of Turnpike; nothing where the embedded database is to be used. */
  readonly env: Readonly<Record<string, string>>;
  drop(): Promise<void>;
}

/** A new database on the PostgreSQL server at TEST_DATABASE_URL; without one Turnpike uses its embedded database. */
export async function openOwnDatabase(): Promise<OwnDatabase> {
  const server = requireServer('TEST_DATABASE_URL', 'PostgreSQL');
  if (server === undefined) return { env: {}, drop: () => Promise.resolve() };
  const { url, drop } = await createServerDatabase(server);
  return { env: { DATABASE_URL: url }, drop };
}
