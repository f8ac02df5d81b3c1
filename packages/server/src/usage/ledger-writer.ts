import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { insertEvents, sqlState } from './ledger.ts';

export interface LedgerWriterOptions {
  readonly database: Database;
  readonly logger: Logger;
  /** Where an event is kept that the ledger does not take. */
  readonly folder: string;
}

export interface LedgerWriter {
  /** Puts `close` lines of a journal into the ledger. @throws AppError DATABASE_UNAVAILABLE and other failures of the database */
  write(lines: readonly string[]): Promise<void>;
  /** Events that the ledger did not take since the start. */
  readonly refusedCount: number;
}

/** Class 22 (data exception) and 23 (integrity): the event is at fault, and would be again at each further try. */
function isRefusal(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error) ?? '');
}

/** One event that the ledger refuses must not hold up those behind it: it is kept in `refused.ndjson` for a person to see to. */
export function createLedgerWriter({ database, logger, folder }: LedgerWriterOptions): LedgerWriter {
  let refusedCount = 0;
  const write = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    try {
      await insertEvents(database, lines);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [line] = lines;
      if (lines.length === 1 && line !== undefined) {
        const file = join(folder, 'refused.ndjson');
        await appendFile(file, line.endsWith('\n') ? line : `${line}\n`);
        refusedCount += 1;
        logger.error({ file, sqlState: sqlState(error) }, 'the ledger refuses a usage event; it is kept aside');
        return;
      }
      const middle = Math.ceil(lines.length / 2);
      await write(lines.slice(0, middle));
      await write(lines.slice(middle));
    }
  };
  return {
    write,
    get refusedCount() {
      return refusedCount;
    },
  };
}
