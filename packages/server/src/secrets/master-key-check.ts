import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';
import { createCipher } from './cipher.ts';

const context = 'master key check';
const word = Buffer.from('turnpike');

/**
 * Is this the key with which the database's secrets were sealed? The first key that is asked about becomes it; of two
 * processes that start at once with different keys, one is refused.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function isMasterKeyOf(database: Database, masterKey: Buffer): Promise<boolean> {
  const cipher = createCipher(masterKey, context);
  const { rows } = await database.query((executor) =>
    executor.execute<{ sealed: string }>(sql`
      WITH made AS (
        INSERT INTO master_key_check (id, sealed) VALUES (1, ${cipher.seal(word, context)}) ON CONFLICT DO NOTHING RETURNING sealed
      )
      SELECT encode(sealed, 'hex') AS sealed FROM made
      UNION ALL SELECT encode(sealed, 'hex') FROM master_key_check`),
  );
  const [row] = rows;
  // Another process wrote it while this one did: it cannot be seen yet.
  if (row === undefined) return isMasterKeyOf(database, masterKey);
  try {
    return cipher.open(Buffer.from(row.sealed, 'hex'), context).equals(word);
  } catch {
    return false;
  }
}
