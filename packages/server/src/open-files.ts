import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import { errorMessage } from './errors.ts';
import { createFileStore, type FileStore } from './files/file-store.ts';
import { openFolderStorage } from './files/folder-storage.ts';
import type { FileStorage } from './files/storage.ts';
import type { Logger } from './logger.ts';
import type { Database } from './postgres/database.ts';
import { StartError } from './start-error.ts';

interface Options {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

async function openStorage({ config, database }: Options): Promise<FileStorage> {
  const { s3 } = config.settings.files;
  if (s3 !== undefined) {
    // Loaded only where it is used: the client is large.
    const { openS3Storage } = await import('./files/s3-storage.ts');
    return openS3Storage(s3);
  }
  const folder = join(config.dataDir, 'files');
  try {
    return await openFolderStorage({ folder, isSoleUser: database.kind === 'embedded' });
  } catch (error) {
    throw new StartError(`DATA_DIR: the folder ${folder} cannot be used for files (${errorMessage(error)})`, {
      cause: error,
    });
  }
}

/** Uploaded files: in a bucket where one is configured, else in the data folder. @throws StartError */
export async function openFiles(options: Options): Promise<FileStore> {
  const { config, database, clock, logger } = options;
  const storage = await openStorage(options);
  return createFileStore({ database, clock, logger, storage, settings: config.settings.files });
}
