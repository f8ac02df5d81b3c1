import { AppError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';

export interface BreakableDatabase extends Database {
  /** While true, every statement fails as with a server that cannot be reached. */
  isGone: boolean;
}

/** A database that a test can take away and bring back. */
export function createBreakableDatabase(database: Database): BreakableDatabase {
  const fail = () => Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'gone'));
  const breakable: BreakableDatabase = {
    ...database,
    isGone: false,
    query: (work) => (breakable.isGone ? fail() : database.query(work)),
    transaction: (work) => (breakable.isGone ? fail() : database.transaction(work)),
  };
  return breakable;
}
