import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import { errorMessage } from './errors.ts';
import type { Logger } from './logger.ts';
import { openEmbeddedDatabase, openServerDatabase, type Database } from './postgres/database.ts';
import { lockFolder } from './postgres/folder-lock.ts';
import { migrate } from './postgres/migrate.ts';
import { becomeSoleProcess } from './postgres/sole-process.ts';
import { isMasterKeyOf } from './secrets/master-key-check.ts';
import { StartError } from './start-error.ts';

interface OpenDatabase {
  readonly database: Database;
  readonly close: () => Promise<void>;
}

interface Options {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
}

async function openEmbedded({ config, logger }: Options): Promise<OpenDatabase> {
  const lock = await lockFolder(config.dataDir, 'turnpike');
  if (lock === undefined)
    throw new StartError(
      `DATA_DIR: ${config.dataDir} is in use by another Turnpike process. Stop it, or give this one another DATA_DIR, or share a PostgreSQL server through DATABASE_URL.`,
    );
  const folder = join(config.dataDir, 'database');
  let database: Database;
  try {
    await mkdir(folder, { recursive: true });
    database = await openEmbeddedDatabase(folder);
  } catch (error) {
    await lock.release();
    throw new StartError(
      `DATA_DIR: the embedded database in ${folder} cannot be opened (${errorMessage(error).split('\n')[0] ?? 'no reason given'}). Restore the folder from a backup, or move it away to start empty.`,
      { cause: error },
    );
  }
  logger.info(
    { folder },
    'embedded database opened: for one process and for evaluation; set DATABASE_URL for production',
  );
  return {
    database,
    close: async () => {
      await database.close();
      await lock.release();
    },
  };
}

async function openServer({ config, clock, logger }: Options, url: string): Promise<OpenDatabase> {
  const database = openServerDatabase(url);
  try {
    await database.pool.query('SELECT 1');
    if (config.redisUrl !== undefined) return { database, close: () => database.close() };
    const sole = await becomeSoleProcess({ url, clock, logger });
    if (sole === undefined)
      throw new StartError(
        'REDIS_URL: not set, and another Turnpike process counts limits on this database. Set REDIS_URL for all of them, so that limits stay exact.',
      );
    return {
      database,
      close: async () => {
        await sole.release();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    if (error instanceof StartError) throw error;
    throw new StartError(`DATABASE_URL: the PostgreSQL server cannot be used (${errorMessage(error)}).`, {
      cause: error,
    });
  }
}

const otherKey =
  'TURNPIKE_MASTER_KEY: the secrets in this database were sealed with another key. Start with that one: the variable, or the file DATA_DIR/master-key, as it was when the database was new. All processes of a database share it. If it is lost: docs/operations.md, "When the master key is lost".';

/**
 * Opens and migrates the database of the configuration.
 * @throws StartError when it is taken, broken or not there, when a migration fails, or the master key is another one's
 */
export async function openDatabase(options: Options): Promise<OpenDatabase> {
  const { databaseUrl } = options.config;
  const opened = databaseUrl === undefined ? await openEmbedded(options) : await openServer(options, databaseUrl);
  try {
    const applied = await migrate(opened.database);
    if (applied.length > 0) options.logger.info({ migrations: applied }, 'database migrated');
    if (!(await isMasterKeyOf(opened.database, options.config.masterKey))) throw new StartError(otherKey);
    return opened;
  } catch (error) {
    await opened.close();
    if (error instanceof StartError) throw error;
    throw new StartError(`the database could not be migrated: ${errorMessage(error)}`, { cause: error });
  }
}
